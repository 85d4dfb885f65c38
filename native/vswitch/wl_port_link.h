// A port of the switch that plays or records a capture, or makes frames up: what a run's interface is plugged into
// (wl_port.h), over a ring within this process.
#ifndef WL_PORT_LINK_H
#define WL_PORT_LINK_H

#include "wl_attachment.h"
#include "wl_driver_ring.h"
#include "wl_link.h"

namespace wl {

class PortLink final : public Link {
public:
  // `text` as after `--port NAME=`: `pcap:in=a.pcap`, `gen:size=64,rate=1000`. Fails with the port's own codes.
  static std::unique_ptr<PortLink> open(const std::string &text, Failure &failure);
  ~PortLink() override;

  uint32_t take(FrameView *frames, uint32_t most) override;
  void release() override { ring_.give_back(); }
  bool send(const Frame &frame) override;
  int descriptor() const override { return timer_.get(); }
  bool arm(bool for_room) override;
  uint64_t lost() const override { return attachment_.figures.drops; }
  StreamOutcome stream() const override;

private:
  PortLink() = default;
  void measure();

  Attachment attachment_;
  Descriptor timer_;
  std::shared_ptr<Stream> stream_;
  uint8_t *memory_bytes_ = nullptr;
  GuestMemory memory_;
  DriverReceiveRing ring_;
  uint8_t whole_[WL_FRAME_BYTES_MAX + kTagBytes];
};

} // namespace wl

#endif
