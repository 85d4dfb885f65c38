#include "wl_vhost_back_end.h"

namespace wl {

namespace {

constexpr uint64_t kMerged = uint64_t{1} << WL_VIRTIO_NET_F_MRG_RXBUF;
constexpr uint64_t kOffered = kMerged | kVhostModern | kVhostProtocolFeatures;

} // namespace

// ---- messages ----------------------------------------------------------------------------------------------------

void VhostBackEnd::handle(VhostMessage &message) {
  switch (message.header.request) {
    case kGetFeatures:
      answer(kOffered);
      return;
    case kGetProtocolFeatures:
      answer(kVhostReplyAck);
      return;
    case kSetFeatures:
      if ((message.number & ~kOffered) != 0) return blame("it wants features that were not offered");
      features_ = message.number;
      break;
    case kSetMemTable:
      if (!set_memory(message)) return;
      break;
    case kSetProtocolFeatures:
    case kSetOwner:
    case kResetOwner:
      break;
    default:
      return handle_queue(message);
  }
  refresh();
  if (message.wants_answer() && fault() == nullptr) answer(0);
}

void VhostBackEnd::handle_queue(VhostMessage &message) {
  const uint32_t number = message.queue();
  if (number >= kQueues) return blame("it speaks of queue " + std::to_string(number) + ", and a port has two");
  Said &said = said_[number];
  switch (message.header.request) {
    case kSetVringNum:
      if (message.state.value < 2 || message.state.value > VhostQueue::kSizeMax || (message.state.value & (message.state.value - 1)) != 0) return blame("a queue of " + std::to_string(message.state.value) + " descriptors");
      stop(number);
      said.size = message.state.value;
      break;
    case kSetVringAddr:
      stop(number);
      said.placed = true;
      said.descriptors = message.addresses.descriptors;
      said.available = message.addresses.available;
      said.used = message.addresses.used;
      break;
    case kSetVringBase:
      stop(number);
      said.base = static_cast<uint16_t>(message.state.value);
      break;
    case kGetVringBase:
      stop(number);
      said.kicked = false;
      message.state.value = said.base;
      answer(message.number);
      return;
    case kSetVringKick:
      set_kick(said, message);
      break;
    case kSetVringCall:
      said.call.drop();
      if ((message.number & kVhostNoDescriptor) == 0 && !said.call.take(std::move(message.files[0]))) return blame("what it is to be called by is no eventfd");
      break;
    case kSetVringErr:
      break;
    case kSetVringEnable:
      said.enabled = message.state.value != 0;
      break;
    default:
      return blame("request " + std::to_string(message.header.request) + " was not agreed on");
  }
  refresh();
  if (message.wants_answer() && fault() == nullptr) answer(0);
}

bool VhostBackEnd::answer(uint64_t value) {
  if (channel().answer(value)) return true;
  blame("it takes no answer");
  return false;
}

bool VhostBackEnd::set_memory(VhostMessage &message) {
  for (uint32_t number = 0; number < kQueues; number += 1) stop(number);
  memory_.clear();
  const uint32_t count = message.memory.count;
  std::string why;
  if (count > kVhostRegionsMax || message.header.bytes < 8 + count * sizeof(VhostRegion)) why = "its table of memory is longer than its message";
  for (uint32_t index = 0; why.empty() && index < count; index += 1) memory_.add(message.memory.regions[index], message.files[index], why);
  if (!why.empty()) blame(why);
  return why.empty();
}

void VhostBackEnd::set_kick(Said &said, VhostMessage &message) {
  if (said.kick.open()) forget_kicks(said.kick.get());
  said.kick.reset();
  said.kicked = true;
  if ((message.number & kVhostNoDescriptor) != 0) return;
  said.kick = std::move(message.files[0]);
  if (!watch_kicks(said.kick.get())) blame("what it kicks by is no eventfd");
}

void VhostBackEnd::stop(uint32_t number) {
  if (!queue(number).attached()) return;
  queue(number).publish();
  said_[number].base = queue(number).base();
  queue(number).detach();
}

// Queues of which all is known run.
void VhostBackEnd::refresh() {
  for (uint32_t number = 0; number < kQueues && fault() == nullptr; number += 1) {
    Said &said = said_[number];
    const bool enabled = said.enabled || (features_ & kVhostProtocolFeatures) == 0;
    const bool runs = said.size != 0 && said.placed && said.kicked && enabled;
    if (!runs) stop(number);
    if (!runs || queue(number).attached()) continue;
    VhostQueue::Rings rings;
    if (!place(said, rings)) return blame("a ring is not within its memory");
    queue(number).attach(memory_, rings, said.base, (features_ & (kMerged | kVhostModern)) != 0 ? WL_VIRTIO_NET_HEADER_BYTES : kVhostOldHeaderBytes);
    queue(number).want_kicks(true);
    // It may have waited for us.
    said.call.ring();
  }
}

bool VhostBackEnd::place(const Said &said, VhostQueue::Rings &rings) const {
  rings.size = said.size;
  rings.descriptors = memory_.at_user(said.descriptors, 16 * uint64_t{said.size}, 16);
  rings.available = reinterpret_cast<const uint16_t *>(memory_.at_user(said.available, 6 + 2 * uint64_t{said.size}, 2));
  rings.used = memory_.at_user(said.used, 6 + 8 * uint64_t{said.size}, 4);
  return rings.descriptors != nullptr && rings.available != nullptr && rings.used != nullptr;
}

void VhostBackEnd::part() {
  for (uint32_t number = 0; number < kQueues; number += 1) {
    queue(number).detach();
    if (said_[number].kick.open()) forget_kicks(said_[number].kick.get());
    said_[number] = {};
  }
  holding_ = false;
  malformed_before_ = malformed();
  features_ = 0;
  memory_.clear();
}

// ---- frames ------------------------------------------------------------------------------------------------------

// Whether what the other side writes can still be believed.
bool VhostBackEnd::sound() {
  if (__builtin_expect(memory_.lost(), 0)) blame("it took memory away that it had lent");
  if (__builtin_expect(receive_.lies() || transmit_.lies(), 0)) blame("the index of a ring is beyond the ring");
  if (__builtin_expect(malformed() - malformed_before_ > kMalformedMax, 0)) blame("its rings are full of what is no frame");
  return fault() == nullptr;
}

uint32_t VhostBackEnd::take(FrameView *frames, uint32_t most) {
  if (!transmit_.attached()) return 0;
  holding_ = true;
  const uint32_t count = transmit_.take(frames, most);
  return sound() ? count : 0;
}

void VhostBackEnd::release() {
  if (!holding_) return;
  holding_ = false;
  transmit_.give_back();
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (transmit_.wants_calls()) said_[1].call.ring();
}

uint32_t VhostBackEnd::room() { return receive_.attached() ? receive_.pending() : kLinkBatch; }

bool VhostBackEnd::send(const Frame &frame) {
  return receive_.attached() && receive_.put(frame, (features_ & kMerged) != 0);
}

void VhostBackEnd::flush() {
  if (!receive_.attached() || !receive_.publish()) return;
  // Our index is written before the driver's word is read, as the driver's word is before it looks at our index.
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (receive_.wants_calls()) said_[0].call.ring();
  sound();
}

bool VhostBackEnd::arm(bool for_room) {
  if (transmit_.attached()) transmit_.want_kicks(true);
  if (for_room && receive_.attached()) receive_.want_kicks(true);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  const bool idle = for_room ? !receive_.attached() || receive_.pending() == 0 : !transmit_.attached() || transmit_.pending() == 0;
  if (idle) return true;
  disarm();
  return false;
}

void VhostBackEnd::disarm() {
  silence_kicks();
  if (transmit_.attached()) transmit_.want_kicks(false);
  if (receive_.attached()) receive_.want_kicks(false);
}

} // namespace wl
