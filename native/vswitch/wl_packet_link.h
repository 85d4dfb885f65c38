// A port of the switch that is an interface of this machine: a packet socket, a system call for each batch (packet(7)).
#ifndef WL_PACKET_LINK_H
#define WL_PACKET_LINK_H

#include <memory>
#include <string>
#include <sys/socket.h>

#include "wl_link.h"
#include "wl_packet_socket.h"

namespace wl {

class PacketLink final : public Link {
public:
  // Takes all frames that come to the device, whomever they are for. Fails with WL4032.
  static std::unique_ptr<PacketLink> open(const std::string &device, Failure &failure);

  uint32_t take(FrameView *frames, uint32_t most) override;
  bool send(const Frame &frame) override;
  void flush() override;
  int descriptor() const override { return socket_.get(); }
  uint64_t malformed() const override { return malformed_; }
  uint64_t lost() const override { return lost_; }

private:
  static constexpr uint32_t kBatch = 32;
  // A byte more than the longest frame shows a longer one.
  static constexpr uint32_t kFrameBytes = kRestoredBytes + WL_FRAME_BYTES_MAX + 1;
  explicit PacketLink(Descriptor socket);
  bool see(uint32_t index, FrameView &frame);

  Descriptor socket_;
  std::unique_ptr<uint8_t[]> in_, out_;
  struct Auxiliary {
    alignas(cmsghdr) char bytes[CMSG_SPACE(sizeof(tpacket_auxdata))];
  };
  Auxiliary auxiliary_[kBatch];
  mmsghdr incoming_[kBatch], outgoing_[kBatch];
  iovec in_pieces_[kBatch], out_pieces_[kBatch];
  uint32_t waiting_ = 0; // frames to be sent
  uint64_t malformed_ = 0, lost_ = 0;
};

} // namespace wl

#endif
