#include "wl_ring_link.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace wl {

namespace {

constexpr uint64_t kMalformedMax = 4096; // buffers

// Whether a ring of that size lies in [base, base + bytes), aligned (virtio 1.2, 2.7).
bool sound(const wl_ring_info &ring, uint64_t base, uint64_t bytes) {
  const auto within = [&](uint64_t address, uint64_t length, uint64_t alignment) {
    return address % alignment == 0 && address >= base && address - base <= bytes && length <= bytes - (address - base);
  };
  const uint64_t size = ring.size;
  return size >= 2 && size <= 32768 && (size & (size - 1)) == 0 && within(ring.descriptors, 16 * size, 16) && within(ring.available, 6 + 2 * size, 2) &&
         within(ring.used, 6 + 8 * size, 4);
}

// The message and its descriptors; false: it is none.
bool receive_handover(int connection, Handover &handover, Descriptor (&files)[kHandoverFiles]) {
  alignas(cmsghdr) char room[CMSG_SPACE(kHandoverFiles * sizeof(int))];
  iovec text{&handover, sizeof handover};
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = sizeof room;
  const ssize_t got = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
  int count = 0;
  for (cmsghdr *header = got < 0 ? nullptr : CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t numbers = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t index = 0; index < numbers; index += 1) {
      int number;
      memcpy(&number, CMSG_DATA(header) + index * sizeof number, sizeof number);
      if (count < kHandoverFiles) files[count++].reset(number);
      else close(number);
    }
  }
  return got == static_cast<ssize_t>(sizeof handover) && count == kHandoverFiles && (message.msg_flags & MSG_CTRUNC) == 0;
}

} // namespace

std::unique_ptr<RingLink> RingLink::ask(const std::string &path, Failure &failure) {
  const auto failed = [&](const std::string &why) {
    failure.set("WL4233", "no rings from " + path + ": " + why, "The virtual machine may have ended; wirelet ps tells.");
    return nullptr;
  };
  std::unique_ptr<RingLink> link(new RingLink());
  link->path_ = path;
  link->connection_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return failed("the path is too long");
  memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (connect(link->connection_.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) != 0) return failed(reason(errno));
  return link;
}

bool RingLink::meet(Failure &failure) {
  Handover handover{};
  Descriptor files[kHandoverFiles];
  if (!receive_handover(connection_.get(), handover, files)) return failure.set("WL4233", "no rings from " + path_ + ": the answer is none", "The virtual machine may have ended; wirelet ps tells.");
  memory_file_ = std::move(files[0]);
  guest_ = std::move(files[1]);
  kick_ = std::move(files[2]);
  return take_over(handover, failure);
}

bool RingLink::take_over(const Handover &handover, Failure &failure) {
  const auto failed = [&](const char *why) { return failure.set("WL4233", "no rings from " + path_ + ": " + why, "Tender and switch must be of one version of Wirelet."); };
  if (handover.magic != kHandoverMagic || handover.version != kHandoverVersion) return failed("another version of the contract");
  if (handover.base < WL_PAGE_BYTES || handover.bytes == 0 || handover.bytes > WL_MEMORY_BYTES_MAX || handover.base > WL_MEMORY_BYTES_MAX) return failed("its memory is out of bounds");
  struct stat status;
  // A file that could become shorter would end us at the first touch of what is gone.
  const int seals = fcntl(memory_file_.get(), F_GET_SEALS);
  if (fstat(memory_file_.get(), &status) != 0 || static_cast<uint64_t>(status.st_size) < handover.bytes || seals < 0 || (seals & F_SEAL_SHRINK) == 0) return failed("its memory is not sealed");
  if (!sound(handover.receive, handover.base, handover.bytes) || !sound(handover.transmit, handover.base, handover.bytes)) return failed("its rings are out of bounds");
  // Bells that would block us when they are rung are none.
  for (const int bell : {guest_.get(), kick_.get()}) {
    const int flags = fcntl(bell, F_GETFL);
    if (flags < 0 || fcntl(bell, F_SETFL, flags | O_NONBLOCK) != 0) return failed("its bells are none");
  }
  mapping_bytes_ = handover.bytes;
  void *const mapping = mmap(nullptr, mapping_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, memory_file_.get(), 0);
  if (mapping == MAP_FAILED) return failed("its memory cannot be mapped");
  mapping_ = mapping;
  memory_file_.reset();
  wl_image_info extent{};
  extent.base = handover.base;
  extent.memory_bytes = handover.bytes;
  extent.shared_base = handover.base + handover.bytes;
  memory_.adopt(extent, static_cast<uint8_t *>(mapping));
  const Agreement agreed{handover.features, (handover.flags & kHandoverBare) != 0};
  receive_.attach(memory_, handover.receive, agreed);
  transmit_.attach(memory_, handover.transmit, agreed);
  receive_.resume();
  transmit_.resume();
  takes_ = handover.receives != 0;
  polls_ = (handover.flags & kHandoverPolls) != 0;
  disarm();
  return true;
}

RingLink::~RingLink() {
  if (mapping_ != nullptr) munmap(mapping_, mapping_bytes_);
}

void RingLink::release() {
  if (!transmit_.holding()) return;
  transmit_.give_back();
  // A guest may sleep because these buffers were all it had.
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (transmit_.wants_calls()) ring_guest();
}

bool RingLink::send(const Frame &frame) {
  uint32_t capacity = 0;
  uint8_t *const to = receive_.room(&capacity);
  if (__builtin_expect(to == nullptr, 0)) return false;
  const uint32_t bytes = frame.bytes();
  if (__builtin_expect(bytes > capacity, 0)) {
    frame.copy_to(whole_);
    return receive_.put(whole_, bytes);
  }
  frame.copy_to(to);
  receive_.commit(bytes);
  return true;
}

uint32_t RingLink::send_all(const Frame *frames, uint32_t count) {
  uint32_t sent = 0;
  while (sent < count) {
    const Frame *const next = frames + sent;
    const uint32_t filled = receive_.fill(count - sent, [next](uint32_t index, uint8_t *to, uint32_t capacity) {
      const Frame &frame = next[index];
      const uint32_t bytes = frame.bytes();
      if (__builtin_expect(bytes > capacity, 0)) return ReceiveQueue::kNoFit;
      frame.copy_to(to);
      return bytes;
    });
    sent += filled;
    // One that takes several buffers, or a buffer that is none.
    if (sent < count && filled < ReceiveQueue::kRoomsMax && !send(frames[sent++])) return sent - 1;
  }
  return sent;
}

// Honest machines put no malformed buffer on their rings; one whose element goes astray may, and is counted.
const char *RingLink::fault() const {
  if (__builtin_expect(transmit_.lies() || receive_.lies(), 0)) return "the index of a ring is beyond the ring";
  if (__builtin_expect(malformed() > kMalformedMax, 0)) return "its rings are full of what is no frame";
  return nullptr;
}

void RingLink::flush() {
  receive_.publish();
  // Our index is written before the guest's word is read, as the guest's word is before it looks at our index.
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (!receive_.wants_calls()) return;
  ring_guest();
  woken_ = true;
}

void RingLink::ring_guest() const {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(guest_.get(), &one, sizeof one);
}

bool RingLink::arm(bool for_room) {
  if (polls_) return false;
  transmit_.want_kicks(true);
  if (for_room) receive_.want_kicks(true);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (for_room ? receive_.pending() == 0 : transmit_.pending() == 0) return true;
  disarm();
  return false;
}

void RingLink::disarm() {
  transmit_.want_kicks(false);
  receive_.want_kicks(false);
}

} // namespace wl
