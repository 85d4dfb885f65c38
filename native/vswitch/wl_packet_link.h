// A port of the switch that is an interface of this machine: a packet socket (packet(7)), whose frames come in a ring of
// the kernel's, and go by a system call for each batch.
#ifndef WL_PACKET_LINK_H
#define WL_PACKET_LINK_H

#include <memory>
#include <string>
#include <sys/socket.h>

#include "wl_link.h"
#include "wl_packet_ring.h"

namespace wl {

class PacketLink final : public Link {
public:
  // Takes all frames that come to the device, whomever they are for. Fails with WL4032.
  static std::unique_ptr<PacketLink> open(const std::string &device, Failure &failure);

  uint32_t take(FrameView *frames, uint32_t most) override;
  void release() override { ring_.give_back(); }
  bool send(const Frame &frame) override;
  void flush() override;
  int descriptor() const override { return socket_.get(); }
  uint64_t malformed() const override { return malformed_; }
  uint64_t lost() const override { return lost_ += ring_.lost(); }

private:
  static constexpr uint32_t kBatch = 32;
  static constexpr uint32_t kFrameBytes = WL_FRAME_BYTES_MAX + kTagBytes;
  explicit PacketLink(Descriptor socket);

  Descriptor socket_;
  PacketRing ring_;
  std::unique_ptr<uint8_t[]> out_;
  mmsghdr outgoing_[kBatch];
  iovec out_pieces_[kBatch];
  uint32_t waiting_ = 0; // frames to be sent
  uint64_t malformed_ = 0;
  mutable uint64_t lost_ = 0; // in both directions
};

} // namespace wl

#endif
