// An interface of this machine, by a packet socket: the appliance sees all frames that come in there, beside the machine itself.
#ifndef WL_PACKET_PORT_H
#define WL_PACKET_PORT_H

#include <string>

#include "wl_packet_socket.h"
#include "wl_port.h"

namespace wl {

class PacketPort final : public Port {
public:
  // Opens the interface, which must be there. Fails with WL4032.
  static std::unique_ptr<PacketPort> open(const std::string &device, Observer &observer, Failure &failure);

  uint32_t receive(ReceiveQueue *queue, uint32_t budget, uint64_t now, PortFigures &figures) override;
  void transmit(SentFrames &frames, uint64_t now, PortFigures &figures) override;
  Source source() const override { return Source::world; }
  int descriptor() const override { return socket_.get(); }
  bool blocked() const override { return blocked_; }
  bool carrier() override { return socket_.open() && interface_is_up(socket_.get(), device_); }

private:
  PacketPort(std::string device, Descriptor socket, Observer &observer) : device_(std::move(device)), socket_(std::move(socket)), observer_(observer) {}
  void lose(int error);

  std::string device_;
  Descriptor socket_;
  Observer &observer_;
  bool blocked_ = false;
  bool warned_of_length_ = false;
  uint8_t frame_[WL_FRAME_BYTES_MAX + kRestoredBytes + 1]; // one byte more shows that a frame is too long
};

} // namespace wl

#endif
