#include "wl_packet_link.h"

namespace wl {

std::unique_ptr<PacketLink> PacketLink::open(const std::string &device, Failure &failure) {
  Descriptor socket;
  if (!open_packet_socket(device, socket, failure)) return nullptr;
  std::unique_ptr<PacketLink> link(new PacketLink(std::move(socket)));
  if (link->ring_.open(link->socket_.get())) return link;
  failure.set("WL4032", "the kernel has no memory for a ring of packets: " + reason(errno), "Free some memory.");
  return nullptr;
}

PacketLink::PacketLink(Descriptor socket) : socket_(std::move(socket)), out_(new uint8_t[kBatch * kFrameBytes]), outgoing_{} {
  for (uint32_t index = 0; index < kBatch; index += 1) {
    out_pieces_[index] = {out_.get() + index * kFrameBytes, 0};
    outgoing_[index].msg_hdr.msg_iov = &out_pieces_[index];
    outgoing_[index].msg_hdr.msg_iovlen = 1;
  }
}

uint32_t PacketLink::take(FrameView *frames, uint32_t most) {
  uint32_t count = 0;
  for (uint32_t looked = 0; looked < kLinkBatch && count < most && ring_.next(frames[count]); looked += 1) {
    if (frames[count].length >= kEthernetBytes) count += 1;
    else malformed_ += 1;
  }
  return count;
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
