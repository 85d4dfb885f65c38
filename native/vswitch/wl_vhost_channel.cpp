#include "wl_vhost_channel.h"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>

namespace wl {

void VhostChannel::open(Descriptor connection) {
  connection_ = std::move(connection);
  got_ = 0;
}

void VhostChannel::close() { connection_.reset(); }

VhostChannel::Got VhostChannel::receive() {
  constexpr uint32_t kHead = sizeof(VhostMessage::Header);
  if (got_ == 0) {
    for (Descriptor &file : message_.files) file.reset();
    message_.file_count = 0;
    memset(message_.bytes, 0, sizeof message_.bytes);
  }
  while (got_ < kHead) {
    const Got got = more(reinterpret_cast<uint8_t *>(&message_.header), kHead);
    if (got != Got::message) return got;
  }
  if ((message_.header.flags & kVhostVersionMask) != kVhostVersion || message_.header.bytes > VhostMessage::kPayloadMax) return Got::foreign;
  while (got_ < kHead + message_.header.bytes) {
    const Got got = more(message_.bytes - kHead, kHead + message_.header.bytes);
    if (got != Got::message) return got;
  }
  got_ = 0;
  return Got::message;
}

// Some more bytes of the message, of which `bytes` are wanted; `to` is where its first one goes.
VhostChannel::Got VhostChannel::more(uint8_t *to, uint32_t bytes) {
  iovec part{to + got_, bytes - got_};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(kVhostRegionsMax * sizeof(int))];
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  const ssize_t got = recvmsg(connection_.get(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? Got::nothing : Got::closed;
  for (cmsghdr *item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
    const size_t files = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t index = 0; index < files; index += 1) {
      int number;
      memcpy(&number, CMSG_DATA(item) + index * sizeof number, sizeof number);
      Descriptor file(number);
      if (message_.file_count < kVhostRegionsMax) message_.files[message_.file_count++] = std::move(file);
    }
  }
  if (got == 0) return got_ == 0 ? Got::closed : Got::cut_off;
  got_ += static_cast<uint32_t>(got);
  return Got::message;
}

bool VhostChannel::send(VhostRequest request, const void *payload, uint32_t bytes, std::initializer_list<int> files, uint32_t flags) {
  VhostMessage::Header head{request, kVhostVersion | flags, bytes};
  iovec parts[2] = {{&head, sizeof head}, {const_cast<void *>(payload), bytes}};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = bytes == 0 ? 1 : 2;
  if (files.size() == 1) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr *const item = CMSG_FIRSTHDR(&message);
    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(item), files.begin(), sizeof(int));
  }
  return sendmsg(connection_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(sizeof head + bytes);
}

} // namespace wl
