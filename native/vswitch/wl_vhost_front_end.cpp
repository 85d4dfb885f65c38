#include "wl_vhost_front_end.h"

#include <fcntl.h>
#include <sys/mman.h>

namespace wl {

namespace {

constexpr uint64_t kBase = 1 << 20; // where our memory is, as the other side is told: no address of ours leaves the process
constexpr uint64_t kMemoryBytes = VhostLink::kQueues * DriverRing::kBytes;

} // namespace

std::unique_ptr<VhostFrontEnd> VhostFrontEnd::create(Failure &failure) {
  std::unique_ptr<VhostFrontEnd> link(new VhostFrontEnd());
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  link->file_.reset(memfd_create("wirelet-vhost-user", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  bool good = link->file_.open() && ftruncate(link->file_.get(), kMemoryBytes) == 0 && fcntl(link->file_.get(), F_ADD_SEALS, kSeals) == 0;
  void *const memory = good ? mmap(nullptr, kMemoryBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, link->file_.get(), 0) : MAP_FAILED;
  if (memory != MAP_FAILED) link->memory_ = static_cast<uint8_t *>(memory);
  good = memory != MAP_FAILED;
  for (uint32_t queue = 0; good && queue < kQueues; queue += 1) good = link->kicks_to_[queue].create() && link->calls_[queue].create();
  if (good) return link;
  failure.set("WL4034", "no memory for a vhost-user port: " + reason(errno));
  return nullptr;
}

VhostFrontEnd::~VhostFrontEnd() {
  if (memory_ != nullptr) munmap(memory_, kMemoryBytes);
}

bool VhostFrontEnd::say(VhostRequest request, const void *payload, uint32_t bytes, int file) {
  const bool said = file < 0 ? channel().send(request, payload, bytes) : channel().send(request, payload, bytes, {file});
  if (!said) blame("it does not listen");
  return said;
}

void VhostFrontEnd::meet() {
  features_ = 0;
  say(kGetFeatures, nullptr, 0);
}

void VhostFrontEnd::handle(VhostMessage &message) {
  if (message.header.request == kGetFeatures && features_ == 0) return agree(message.number);
  if (message.header.request == kGetProtocolFeatures && !running_) {
    say_number(kSetProtocolFeatures, 0);
    return start();
  }
  blame("it answers what was not asked (request " + std::to_string(message.header.request) + ")");
}

// A frame is in one buffer here, and its checksums are there: nothing else that may be offered is of use.
void VhostFrontEnd::agree(uint64_t offered) {
  features_ = offered & (kVhostModern | kVhostProtocolFeatures);
  header_bytes_ = (features_ & kVhostModern) != 0 ? WL_VIRTIO_NET_HEADER_BYTES : kVhostOldHeaderBytes;
  if ((features_ & kVhostProtocolFeatures) != 0) say(kGetProtocolFeatures, nullptr, 0);
  else start();
}

void VhostFrontEnd::start() {
  memset(memory_, 0, DriverRing::kBuffers);
  memset(memory_ + DriverRing::kBytes, 0, DriverRing::kBuffers);
  receive_.start(memory_, kBase, header_bytes_);
  transmit_.start(memory_ + DriverRing::kBytes, kBase + DriverRing::kBytes, header_bytes_);
  say_number(kSetFeatures, features_);
  say(kSetOwner, nullptr, 0);
  const struct {
    uint32_t count, padding;
    VhostRegion region;
  } table{1, 0, {kBase, kMemoryBytes, kBase, 0}};
  say(kSetMemTable, &table, sizeof table, file_.get());
  for (uint32_t queue = 0; queue < kQueues; queue += 1) {
    const wl_ring_info ring = DriverRing::places(kBase + queue * DriverRing::kBytes);
    const struct {
      uint32_t queue, value;
    } size{queue, ring.size}, base{queue, 0}, enable{queue, 1};
    const struct {
      uint32_t queue, flags;
      uint64_t descriptors, used, available, log;
    } places{queue, 0, ring.descriptors, ring.used, ring.available, 0};
    say(kSetVringNum, &size, sizeof size);
    say(kSetVringBase, &base, sizeof base);
    say(kSetVringAddr, &places, sizeof places);
    say_number(kSetVringKick, queue, kicks_to_[queue].get());
    say_number(kSetVringCall, queue, calls_[queue].get());
    if ((features_ & kVhostProtocolFeatures) != 0) say(kSetVringEnable, &enable, sizeof enable);
    watch_kicks(calls_[queue].get());
  }
  running_ = fault() == nullptr;
}

void VhostFrontEnd::part() {
  for (const Bell &call : calls_) forget_kicks(call.get());
  malformed_before_ = malformed();
  running_ = false;
}

// ---- frames ------------------------------------------------------------------------------------------------------

bool VhostFrontEnd::sound() {
  if (__builtin_expect(receive_.lies() || transmit_.lies(), 0)) blame("the index of a ring is beyond the ring");
  if (__builtin_expect(malformed() - malformed_before_ > kMalformedMax, 0)) blame("its rings are full of what is no frame");
  return fault() == nullptr;
}

void VhostFrontEnd::kick(uint32_t queue, const DriverRing &ring) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (ring.wants_kicks()) kicks_to_[queue].ring();
}

uint32_t VhostFrontEnd::take(FrameView *frames, uint32_t most) {
  if (!running_) return 0;
  const uint32_t count = receive_.take(frames, most < kDrainBatch ? most : kDrainBatch);
  return sound() ? count : 0;
}

void VhostFrontEnd::release() {
  if (running_ && receive_.give_back()) kick(0, receive_);
}

void VhostFrontEnd::flush() {
  if (running_ && transmit_.publish()) kick(1, transmit_);
}

bool VhostFrontEnd::arm(bool for_room) {
  if (!running_) return true;
  receive_.want_calls(true);
  if (for_room) transmit_.want_calls(true);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (for_room ? transmit_.room() == 0 : receive_.pending() == 0) return true;
  disarm();
  return false;
}

void VhostFrontEnd::disarm() {
  silence_kicks();
  if (!running_) return;
  receive_.want_calls(false);
  transmit_.want_calls(false);
}

} // namespace wl
