#include "wl_packet_socket.h"

#include <algorithm>
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "wl_ethernet.h"

namespace wl {

namespace {

constexpr uint32_t kAddressesBytes = 12;
constexpr uint32_t kIpv4Bytes = 20, kIpv6Bytes = 40;
constexpr int kSocketBytes = 4 << 20; // of frames that wait

uint32_t sum_of(const uint8_t *at, uint32_t length) {
  uint64_t sum = 0;
  for (; length > 1; at += 2, length -= 2) sum += load16(at);
  if (length == 1) sum += static_cast<uint32_t>(at[0] << 8);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint32_t>(sum);
}

// The sender left the sum of the pseudo-header in the checksum's place: all that is missing is the rest.
void complete_checksum(uint8_t *frame, uint32_t length) {
  uint32_t at = kAddressesBytes;
  if (length < at + 2) return;
  uint32_t type = load16(frame + at);
  for (; (type == ETHERTYPE_VLAN || type == 0x88a8) && length >= at + kTagBytes + 2; type = load16(frame + at)) at += kTagBytes;
  at += 2;
  uint32_t protocol = 0, end = length;
  if (type == ETHERTYPE_IP && length >= at + kIpv4Bytes) {
    protocol = frame[at + 9];
    end = std::min(length, at + load16(frame + at + 2));
    at += (frame[at] & 15u) * 4;
  } else if (type == ETHERTYPE_IPV6 && length >= at + kIpv6Bytes) {
    protocol = frame[at + 6];
    end = std::min(length, at + kIpv6Bytes + load16(frame + at + 4));
    at += kIpv6Bytes;
  }
  const uint32_t place = protocol == IPPROTO_TCP ? 16 : protocol == IPPROTO_UDP ? 6 : 0;
  if (place == 0 || at + place + 2 > end) return;
  uint32_t checksum = sum_of(frame + at, end - at) ^ 0xffff;
  if (checksum == 0 && protocol == IPPROTO_UDP) checksum = 0xffff;
  frame[at + place] = static_cast<uint8_t>(checksum >> 8);
  frame[at + place + 1] = static_cast<uint8_t>(checksum);
}

} // namespace

bool interface_is_up(int socket, const std::string &device) {
  ifreq request{};
  if (device.size() >= sizeof request.ifr_name) return false;
  memcpy(request.ifr_name, device.c_str(), device.size() + 1);
  constexpr int kBoth = IFF_UP | IFF_RUNNING;
  return ioctl(socket, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & kBoth) == kBoth;
}

bool open_packet_socket(const std::string &device, Descriptor &socket, Failure &failure) {
  socket.reset(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.open()) {
    return failure.set("WL4032", "no permission to open a packet socket: " + reason(errno), "Run as root, or: setcap cap_net_raw+ep on the tender.", kExitMissing);
  }
  const unsigned index = if_nametoindex(device.c_str());
  if (index == 0) return failure.set("WL4032", "there is no network interface " + device, "ip link lists those of this machine.");
  const int yes = 1;
  setsockopt(socket.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes);
  setsockopt(socket.get(), SOL_PACKET, PACKET_AUXDATA, &yes, sizeof yes);
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kSocketBytes, sizeof kSocketBytes);
  packet_mreq all{};
  all.mr_ifindex = static_cast<int>(index);
  all.mr_type = PACKET_MR_PROMISC;
  setsockopt(socket.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(index);
  // Only from here on frames come in, and of this interface alone.
  if (bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0) return true;
  return failure.set("WL4032", "network interface " + device + " cannot be used: " + reason(errno), errno == ENETDOWN ? "ip link set " + device + " up" : "");
}

ReceivedFrame restore_frame(uint8_t *frame, uint32_t length, const tpacket_auxdata &notes) {
  if ((notes.tp_status & TP_STATUS_VLAN_VALID) != 0 && length >= kAddressesBytes) {
    const uint32_t protocol = (notes.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? notes.tp_vlan_tpid : ETHERTYPE_VLAN;
    memmove(frame - kTagBytes, frame, kAddressesBytes);
    frame -= kTagBytes;
    length += kTagBytes;
    const uint8_t tag[kTagBytes] = {static_cast<uint8_t>(protocol >> 8), static_cast<uint8_t>(protocol), static_cast<uint8_t>(notes.tp_vlan_tci >> 8), static_cast<uint8_t>(notes.tp_vlan_tci)};
    memcpy(frame + kAddressesBytes, tag, kTagBytes);
  }
  if ((notes.tp_status & TP_STATUS_CSUMNOTREADY) != 0) complete_checksum(frame, length);
  return {frame, length};
}

ReceivedFrame receive_frame(int socket, uint8_t *buffer, uint32_t size) {
  iovec piece{buffer + kRestoredBytes, size - kRestoredBytes};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(tpacket_auxdata))];
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t got = recvmsg(socket, &message, MSG_TRUNC | MSG_DONTWAIT);
  if (got <= 0) return {buffer, 0};
  tpacket_auxdata notes{};
  const cmsghdr *const note = CMSG_FIRSTHDR(&message);
  if (note != nullptr && note->cmsg_level == SOL_PACKET && note->cmsg_type == PACKET_AUXDATA) memcpy(&notes, CMSG_DATA(note), sizeof notes);
  const auto length = static_cast<uint32_t>(got);
  // What was cut off is of no use: its checksum cannot be completed.
  if (length > size - kRestoredBytes) return {buffer, length};
  return restore_frame(buffer + kRestoredBytes, length, notes);
}

} // namespace wl
