#include "wl_switch_port.h"

#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace wl {

std::unique_ptr<SwitchPort> SwitchPort::listen(const std::string &path, const wl_interface_info &interface, const wl_control &control, const GuestMemory &memory, const Bell &guest, bool polls, Failure &failure) {
  const auto failed = [&](const char *what) {
    failure.set("WL4033", "no socket for a switch at " + path + ": " + what + ": " + reason(errno), "Another program may have it; choose another path.");
    return nullptr;
  };
  Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.open()) return failed("socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path.c_str(), path.size() + 1);
  // Whoever may connect may read and write the guest's memory.
  const mode_t before = umask(0077);
  const int bound = bind(listener.get(), reinterpret_cast<sockaddr *>(&address), sizeof address);
  umask(before);
  if (bound != 0) return failed("bind");
  if (::listen(listener.get(), 4) != 0) return failed("listen");
  Handover handover{};
  handover.magic = kHandoverMagic;
  handover.version = kHandoverVersion;
  handover.receives = interface.receives;
  handover.base = memory.base();
  handover.bytes = memory.shared_base() - memory.base();
  handover.receive = interface.receive;
  handover.transmit = interface.transmit;
  if (polls) handover.flags = kHandoverPolls;
  std::unique_ptr<SwitchPort> port(new SwitchPort(std::move(listener), handover, control, memory.file(), guest.get()));
  if (!port->bell_.create()) return failed("bell");
  return port;
}

uint32_t SwitchPort::receive(ReceiveQueue *, uint32_t, uint64_t, PortFigures &) {
  Descriptor connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!connection.open()) return 0;
  ucred who{};
  socklen_t bytes = sizeof who;
  if (getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &who, &bytes) != 0 || (who.uid != 0 && who.uid != user_)) return 0;
  if (give(connection.get())) connection_ = std::move(connection);
  return 0;
}

bool SwitchPort::give(int connection) const {
  const int files[kHandoverFiles] = {memory_, guest_, bell_.get()};
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof files)] = {};
  Handover handover = handover_;
  handover.features = __atomic_load_n(&control_.features, __ATOMIC_RELAXED);
  if ((__atomic_load_n(&control_.flags, __ATOMIC_RELAXED) & WL_BARE_FRAMES) != 0) handover.flags |= kHandoverBare;
  iovec text{&handover, sizeof handover};
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = sizeof room;
  cmsghdr *const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof files);
  memcpy(CMSG_DATA(header), files, sizeof files);
  return sendmsg(connection, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof handover);
}

} // namespace wl
