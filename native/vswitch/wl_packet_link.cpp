#include "wl_packet_link.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>

namespace wl {

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

static_assert(sizeof(tpacket_auxdata) == 20);

std::unique_ptr<PacketLink> PacketLink::open(const std::string &device, Failure &failure) {
  const auto failed = [&](const std::string &why, const char *hint, int status) {
    failure.set("WL4234", "frames of " + device + " cannot be taken: " + why, hint, status);
    return nullptr;
  };
  Descriptor socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.open()) return failed(reason(errno), "Packet sockets need CAP_NET_RAW: run as root.", kExitMissing);
  ifreq request{};
  memcpy(request.ifr_name, device.c_str(), device.size() + 1);
  if (ioctl(socket.get(), SIOCGIFINDEX, &request) != 0) return failed(reason(errno), "ip link shows the interfaces that there are.", kExitFailed);
  const int one = 1;
  packet_mreq everything{};
  everything.mr_ifindex = request.ifr_ifindex;
  everything.mr_type = PACKET_MR_PROMISC;
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = request.ifr_ifindex;
  // Nothing comes before the socket is bound, so what we send ourselves is never among it.
  if (setsockopt(socket.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) != 0 || setsockopt(socket.get(), SOL_PACKET, PACKET_AUXDATA, &one, sizeof one) != 0 ||
      setsockopt(socket.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything, sizeof everything) != 0 || bind(socket.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) != 0) {
    return failed(reason(errno), "It needs Linux 4.20, and an Ethernet interface.", kExitFailed);
  }
  return std::unique_ptr<PacketLink>(new PacketLink(std::move(socket)));
}

PacketLink::PacketLink(Descriptor socket) : socket_(std::move(socket)), in_(new uint8_t[kBatch * kFrameBytes]), out_(new uint8_t[kBatch * kFrameBytes]), incoming_{}, outgoing_{} {
  for (uint32_t index = 0; index < kBatch; index += 1) {
    in_pieces_[index] = {in_.get() + index * kFrameBytes + kTagBytes, kFrameBytes - kTagBytes};
    out_pieces_[index] = {out_.get() + index * kFrameBytes, 0};
    incoming_[index].msg_hdr.msg_iov = &in_pieces_[index];
    incoming_[index].msg_hdr.msg_iovlen = 1;
    incoming_[index].msg_hdr.msg_control = auxiliary_[index].bytes;
    outgoing_[index].msg_hdr.msg_iov = &out_pieces_[index];
    outgoing_[index].msg_hdr.msg_iovlen = 1;
  }
}

uint32_t PacketLink::take(FrameView *frames, uint32_t most) {
  if (most > kBatch) most = kBatch;
  for (uint32_t index = 0; index < most; index += 1) incoming_[index].msg_hdr.msg_controllen = sizeof auxiliary_[index].bytes;
  const int got = recvmmsg(socket_.get(), incoming_, most, MSG_DONTWAIT, nullptr);
  uint32_t count = 0;
  for (int index = 0; index < got; index += 1) {
    if (see(static_cast<uint32_t>(index), frames[count])) count += 1;
    else malformed_ += 1;
  }
  return count;
}

// The frame as it came from the wire: with the tag that the kernel has taken out.
bool PacketLink::see(uint32_t index, FrameView &frame) {
  uint8_t *const data = in_.get() + index * kFrameBytes + kTagBytes;
  const uint32_t bytes = incoming_[index].msg_len;
  if (bytes < kEthernetBytes || bytes > WL_FRAME_BYTES_MAX) return false;
  frame = {data, bytes};
  msghdr &header = incoming_[index].msg_hdr;
  for (cmsghdr *item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_level != SOL_PACKET || item->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata about;
    memcpy(&about, CMSG_DATA(item), sizeof about);
    if ((about.tp_status & TP_STATUS_VLAN_VALID) == 0) break;
    uint8_t *const begin = data - kTagBytes;
    memmove(begin, data, 12);
    const uint16_t protocol = (about.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? about.tp_vlan_tpid : 0x8100;
    const uint8_t tag[kTagBytes] = {static_cast<uint8_t>(protocol >> 8), static_cast<uint8_t>(protocol), static_cast<uint8_t>(about.tp_vlan_tci >> 8), static_cast<uint8_t>(about.tp_vlan_tci)};
    memcpy(begin + 12, tag, sizeof tag);
    frame = {begin, bytes + kTagBytes};
  }
  return true;
}

bool PacketLink::send(const Frame &frame) {
  if (waiting_ == kBatch) flush();
  frame.copy_to(out_.get() + waiting_ * kFrameBytes);
  out_pieces_[waiting_].iov_len = frame.bytes();
  waiting_ += 1;
  return true;
}

// What the device does not take now, such as when it is down, it drops, as a wire does.
void PacketLink::flush() {
  for (uint32_t sent = 0; sent < waiting_;) {
    const int count = sendmmsg(socket_.get(), outgoing_ + sent, waiting_ - sent, MSG_DONTWAIT);
    if (count > 0) sent += static_cast<uint32_t>(count);
    else {
      lost_ += 1;
      sent += 1;
    }
  }
  waiting_ = 0;
}

} // namespace wl
