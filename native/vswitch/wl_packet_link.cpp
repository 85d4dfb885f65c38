#include "wl_packet_link.h"

namespace wl {

std::unique_ptr<PacketLink> PacketLink::open(const std::string &device, Failure &failure) {
  Descriptor socket;
  if (!open_packet_socket(device, socket, failure)) return nullptr;
  return std::unique_ptr<PacketLink>(new PacketLink(std::move(socket)));
}

PacketLink::PacketLink(Descriptor socket) : socket_(std::move(socket)), in_(new uint8_t[kBatch * kFrameBytes]), out_(new uint8_t[kBatch * kFrameBytes]), incoming_{}, outgoing_{} {
  for (uint32_t index = 0; index < kBatch; index += 1) {
    in_pieces_[index] = {in_.get() + index * kFrameBytes + kRestoredBytes, kFrameBytes - kRestoredBytes};
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

bool PacketLink::see(uint32_t index, FrameView &frame) {
  const uint32_t bytes = incoming_[index].msg_len;
  if (bytes < kEthernetBytes || bytes > WL_FRAME_BYTES_MAX) return false;
  tpacket_auxdata notes{};
  const cmsghdr *const note = CMSG_FIRSTHDR(&incoming_[index].msg_hdr);
  if (note != nullptr && note->cmsg_level == SOL_PACKET && note->cmsg_type == PACKET_AUXDATA) memcpy(&notes, CMSG_DATA(note), sizeof notes);
  const ReceivedFrame restored = restore_frame(in_.get() + index * kFrameBytes + kRestoredBytes, bytes, notes);
  frame = {restored.data, restored.length};
  return restored.length <= WL_FRAME_BYTES_MAX;
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
