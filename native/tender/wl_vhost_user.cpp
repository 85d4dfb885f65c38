#include "wl_vhost_user.h"

#include "../vswitch/wl_device_queue.h"

#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>

namespace wl {

namespace {

constexpr uint64_t kNeeded = uint64_t{1} << WL_VIRTIO_F_VERSION_1 | uint64_t{1} << WL_VIRTIO_NET_F_MRG_RXBUF;

bool broken(const std::string &what, Failure &failure) {
  return failure.set("WL5018", "QEMU's network back-end: " + what, "Run with --vmm kvm or --vmm process; report the QEMU version if it is a released one.");
}

} // namespace

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
  if (!channel_.is_open()) return accept(peer, failure);
  switch (channel_.receive()) {
    case VhostChannel::Got::message: return handle(channel_.message(), failure);
    case VhostChannel::Got::nothing: return true;
    case VhostChannel::Got::closed: return broken("the connection of interface \"" + std::string(interface_.name) + "\" was closed", failure);
    case VhostChannel::Got::cut_off: return broken("a message without its end", failure);
    case VhostChannel::Got::foreign: break;
  }
  return broken("a message of another protocol", failure);
}

// Names of the abstract namespace have no owner: anybody may connect, so who did is looked at.
bool VhostUser::accept(int peer, Failure &failure) {
  Descriptor connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection.open()) return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED || broken("no connection: " + reason(errno), failure);
  ucred who{};
  socklen_t bytes = sizeof who;
  if (getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &who, &bytes) != 0 || who.pid != peer) return true;
  channel_.open(std::move(connection));
  listener_.reset();
  return true;
}

bool VhostUser::handle(VhostMessage &message, Failure &failure) {
  switch (message.header.request) {
    case kGetFeatures:
      return answer(offered() | kVhostProtocolFeatures, failure);
    case kGetProtocolFeatures:
      return answer(kVhostReplyAck, failure);
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
  return !message.wants_answer() || answer(0, failure);
}

bool VhostUser::handle_queue(VhostMessage &message, Failure &failure) {
  const uint32_t number = message.queue();
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
      return answer(message.number, failure);
    case kSetVringKick:
      if ((message.number & kVhostNoDescriptor) == 0) queue.kick = std::move(message.files[0]);
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
  return !message.wants_answer() || answer(0, failure);
}

bool VhostUser::set_memory(const VhostMessage &message, Failure &failure) {
  const uint32_t count = message.memory.count;
  if (count > kVhostRegionsMax || message.header.bytes < 8 + count * sizeof(VhostRegion)) return broken("a table of memory that is too long", failure);
  regions_.assign(message.memory.regions, message.memory.regions + count);
  return true;
}

bool VhostUser::guest_address(uint64_t user, uint64_t *guest) const {
  for (const VhostRegion &region : regions_) {
    if (user < region.user || user - region.user >= region.bytes) continue;
    *guest = region.guest + (user - region.user);
    return true;
  }
  return false;
}

bool VhostUser::set_addresses(const VhostMessage &message, Failure &failure) {
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

bool VhostUser::answer(uint64_t value, Failure &failure) { return channel_.answer(value) || broken("no answer possible: " + reason(errno), failure); }

} // namespace wl
