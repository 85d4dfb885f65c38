#include "wl_packet_port.h"

#include <sys/socket.h>

namespace wl {

std::unique_ptr<PacketPort> PacketPort::open(const std::string &device, Observer &observer, Failure &failure) {
  Descriptor socket;
  if (!open_packet_socket(device, socket, failure)) return nullptr;
  return std::unique_ptr<PacketPort>(new PacketPort(device, std::move(socket), observer));
}

uint32_t PacketPort::receive(ReceiveQueue *queue, uint32_t budget, uint64_t, PortFigures &figures) {
  uint32_t count = 0;
  blocked_ = false;
  for (; count < budget && socket_.open(); count += 1) {
    uint32_t capacity = 0;
    if (queue != nullptr && queue->room(&capacity) == nullptr) {
      blocked_ = true;
      break;
    }
    const ReceivedFrame frame = receive_frame(socket_.get(), frame_, sizeof frame_);
    if (frame.length == 0) {
      if (errno != EAGAIN && errno != EINTR) lose(errno);
      break;
    }
    if (frame.length > WL_FRAME_BYTES_MAX && !warned_of_length_) {
      warned_of_length_ = true;
      observer_.warning(device_, "frames of " + std::to_string(frame.length) + " bytes come in, longer than any on the wire: they are dropped", "Turn off what joins them: ethtool -K " + device_ + " gro off lro off, and at a sender on this machine tso off gso off.");
    }
    if (queue == nullptr || frame.length > WL_FRAME_BYTES_MAX || !queue->put(frame.data, frame.length)) {
      figures.drops += 1;
      continue;
    }
    figures.rx_packets += 1;
    figures.rx_bytes += frame.length;
  }
  return count;
}

void PacketPort::transmit(SentFrames &frames, uint64_t, PortFigures &figures) {
  frames.each([&](const FrameView &frame) {
    // A full queue, an interface that is down, a frame longer than its MTU: the network drops it.
    if (!socket_.open() || send(socket_.get(), frame.data, frame.length, MSG_DONTWAIT) < 0) {
      figures.drops += 1;
      return;
    }
    figures.tx_packets += 1;
    figures.tx_bytes += frame.length;
  });
}

void PacketPort::lose(int error) {
  if (error == ENETDOWN) return; // it may come up again
  observer_.warning(device_, "the interface is gone: " + reason(error), "The run goes on without it.");
  socket_.reset();
}

} // namespace wl
