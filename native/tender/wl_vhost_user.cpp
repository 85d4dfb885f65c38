#include "wl_vhost_user.h"

#include "../vswitch/wl_device_queue.h"

#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>

namespace wl {

namespace {

enum Request : uint32_t {
  kGetFeatures = 1,
  kSetFeatures = 2,
  kSetOwner = 3,
  kResetOwner = 4,
  kSetMemTable = 5,
  kSetVringNum = 8,
  kSetVringAddr = 9,
  kSetVringBase = 10,
  kGetVringBase = 11,
  kSetVringKick = 12,
  kSetVringCall = 13,
  kSetVringErr = 14,
  kGetProtocolFeatures = 15,
  kSetProtocolFeatures = 16,
  kSetVringEnable = 18,
};

constexpr uint32_t kVersion = 1, kVersionMask = 3, kReply = 4, kNeedReply = 8;
constexpr uint64_t kProtocolFeatures = uint64_t{1} << 30;
constexpr uint64_t kNeeded = uint64_t{1} << WL_VIRTIO_F_VERSION_1 | uint64_t{1} << WL_VIRTIO_NET_F_MRG_RXBUF;
constexpr uint64_t kReplyAck = uint64_t{1} << 3;
constexpr uint64_t kNoDescriptor = 1 << 8;
constexpr uint32_t kPayloadMax = 8 + VhostUser::kRegionsMax * 32;

bool broken(const std::string &what, Failure &failure) {
  return failure.set("WL5018", "QEMU's network back-end: " + what, "Run with --vmm kvm or --vmm process; report the QEMU version if it is a released one.");
}

} // namespace

// Numbers are in the byte order of the machine, which is the same for both sides.
struct VhostUser::Message {
  struct Header {
    uint32_t request, flags, bytes;
  } header;
  union {
    uint64_t number;
    struct {
      uint32_t queue, value;
    } state;
    struct {
      uint32_t queue, flags;
      uint64_t descriptors, used, available, log;
    } addresses;
    struct {
      uint32_t count, padding;
      Region regions[kRegionsMax];
    } memory;
    uint8_t bytes[kPayloadMax];
  };
  std::array<Descriptor, kRegionsMax> files;
};

uint64_t VhostUser::offered() const { return interface_.features & kDeviceFeatures; }

bool VhostUser::listen(Failure &failure) {
  listener_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socklen_t bytes = sizeof(sa_family_t); // no name: the kernel picks one
  const auto failed = [&] { return broken(std::string("no socket: ") + reason(errno), failure); };
  if (!listener_.open() || bind(listener_.get(), reinterpret_cast<sockaddr *>(&address), bytes) != 0 || ::listen(listener_.get(), 1) != 0) return failed();
  bytes = sizeof address;
  if (getsockname(listener_.get(), reinterpret_cast<sockaddr *>(&address), &bytes) != 0) return failed();
  name_.assign(address.sun_path + 1, bytes - offsetof(sockaddr_un, sun_path) - 1);
  return true;
}

bool VhostUser::take(int peer, Failure &failure) {
  if (!connection_.open()) return accept(peer, failure);
  Message message;
  return receive(message, failure) && handle(message, failure);
}

// Names of the abstract namespace have no owner: anybody may connect, so who did is looked at.
bool VhostUser::accept(int peer, Failure &failure) {
  Descriptor connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection.open()) return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED || broken("no connection: " + reason(errno), failure);
  ucred who{};
  socklen_t bytes = sizeof who;
  if (getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &who, &bytes) != 0 || who.pid != peer) return true;
  // A message comes in one piece from an honest front-end; a front-end that stops in the middle must not stop us.
  const timeval patience{2, 0};
  setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  connection_ = std::move(connection);
  listener_.reset();
  return true;
}

bool VhostUser::receive(Message &message, Failure &failure) {
  iovec part{&message.header, sizeof message.header};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(kRegionsMax * sizeof(int))];
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  const ssize_t got = recvmsg(connection_.get(), &header, MSG_CMSG_CLOEXEC | MSG_WAITALL);
  if (got == 0) return broken("the connection of interface \"" + std::string(interface_.name) + "\" was closed", failure);
  size_t count = 0;
  for (cmsghdr *item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
    const size_t files = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t index = 0; index < files && count < kRegionsMax; index += 1) {
      int number;
      memcpy(&number, CMSG_DATA(item) + index * sizeof(int), sizeof number);
      message.files[count++].reset(number);
    }
  }
  if (got != sizeof message.header) return broken("a message without its beginning", failure);
  if ((message.header.flags & kVersionMask) != kVersion || message.header.bytes > kPayloadMax) return broken("a message of another protocol", failure);
  memset(message.bytes, 0, kPayloadMax);
  if (message.header.bytes > 0 && recv(connection_.get(), message.bytes, message.header.bytes, MSG_WAITALL) != message.header.bytes) {
    return broken("a message without its end", failure);
  }
  return true;
}

bool VhostUser::handle(Message &message, Failure &failure) {
  switch (message.header.request) {
    case kGetFeatures:
      return answer(message, offered() | kProtocolFeatures, failure);
    case kGetProtocolFeatures:
      return answer(message, kReplyAck, failure);
    case kSetFeatures:
      if ((message.number & kNeeded) != kNeeded) return broken("it does not offer the guest what the guest needs (VERSION_1, MRG_RXBUF)", failure);
      features_.store(message.number & offered(), std::memory_order_release);
      break;
    case kSetProtocolFeatures:
    case kSetOwner:
    case kResetOwner:
      break;
    case kSetMemTable:
      if (!set_memory(message, failure)) return false;
      break;
    default:
      return handle_queue(message, failure);
  }
  return (message.header.flags & kNeedReply) == 0 || answer(message, 0, failure);
}

bool VhostUser::handle_queue(Message &message, Failure &failure) {
  const uint32_t number = message.header.request == kSetVringKick || message.header.request == kSetVringCall || message.header.request == kSetVringErr
                            ? static_cast<uint32_t>(message.number & 0xff)
                            : message.state.queue;
  const auto refuse = [&](const char *what) { return broken(std::string(what) + " (request " + std::to_string(message.header.request) + ", queue " + std::to_string(number) + ")", failure); };
  if (number >= kQueues) return refuse("a queue that the interface does not have");
  Queue &queue = queues_[number];
  switch (message.header.request) {
    case kSetVringNum:
      queue.size = message.state.value;
      break;
    case kSetVringAddr:
      if (!set_addresses(message, failure)) return false;
      break;
    case kSetVringBase:
      if (message.state.value != 0) return refuse("a queue that was in use before");
      break;
    case kGetVringBase: // the queue stops: the device is reset
      queue.enabled = false;
      message.state.value = 0;
      return answer(message, message.number, failure);
    case kSetVringKick:
      if ((message.number & kNoDescriptor) == 0) queue.kick = std::move(message.files[0]);
      break;
    case kSetVringCall: // the guest polls: it is never called
    case kSetVringErr:
      break;
    case kSetVringEnable:
      queue.enabled = message.state.value != 0;
      break;
    default:
      return refuse("a request that was not agreed on");
  }
  bool all = true;
  for (const Queue &each : queues_) all = all && each.enabled && each.placed;
  ready_.store(all, std::memory_order_release);
  return (message.header.flags & kNeedReply) == 0 || answer(message, 0, failure);
}

bool VhostUser::set_memory(const Message &message, Failure &failure) {
  const uint32_t count = message.memory.count;
  if (count > kRegionsMax || message.header.bytes < 8 + count * sizeof(Region)) return broken("a table of memory that is too long", failure);
  regions_.assign(message.memory.regions, message.memory.regions + count);
  return true;
}

bool VhostUser::guest_address(uint64_t user, uint64_t *guest) const {
  for (const Region &region : regions_) {
    if (user < region.user || user - region.user >= region.bytes) continue;
    *guest = region.guest + (user - region.user);
    return true;
  }
  return false;
}

bool VhostUser::set_addresses(const Message &message, Failure &failure) {
  const auto &given = message.addresses;
  const wl_ring_info &ring = given.queue == 0 ? interface_.receive : interface_.transmit;
  uint64_t descriptors, available, used;
  const bool known = guest_address(given.descriptors, &descriptors) && guest_address(given.available, &available) && guest_address(given.used, &used);
  if (!known || descriptors != ring.descriptors || available != ring.available || used != ring.used || queues_[given.queue].size != ring.size) {
    return broken("a ring of interface \"" + std::string(interface_.name) + "\" is not where the image has it", failure);
  }
  queues_[given.queue].placed = true;
  return true;
}

bool VhostUser::answer(const Message &message, uint64_t value, Failure &failure) {
  struct {
    Message::Header header;
    uint64_t value;
  } __attribute__((packed)) reply{{message.header.request, kVersion | kReply, sizeof value}, value};
  if (send(connection_.get(), &reply, sizeof reply, MSG_NOSIGNAL) != sizeof reply) return broken("no answer possible: " + reason(errno), failure);
  return true;
}

} // namespace wl
