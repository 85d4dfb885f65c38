// A port of the switch that is a tap device of this machine.
#ifndef WL_TAP_LINK_H
#define WL_TAP_LINK_H

#include <memory>
#include <string>

#include "wl_link.h"

namespace wl {

class TapLink final : public Link {
public:
  // Attaches to the device, which is made if it is not there and then goes away with us, and sets it up. Fails with
  // WL4030 or WL4031.
  static std::unique_ptr<TapLink> open(const std::string &device, Failure &failure);

  uint32_t take(FrameView *frames, uint32_t most) override;
  bool send(const Frame &frame) override;
  int descriptor() const override { return tap_.get(); }
  uint64_t malformed() const override { return too_long_; }

private:
  static constexpr uint32_t kBatch = 32, kFrameBytes = WL_FRAME_BYTES_MAX + kTagBytes + 1; // one more shows that it is too long
  explicit TapLink(Descriptor tap) : tap_(std::move(tap)), frames_(new uint8_t[kBatch * kFrameBytes]) {}

  Descriptor tap_;
  std::unique_ptr<uint8_t[]> frames_;
  uint64_t too_long_ = 0;
};

} // namespace wl

#endif
