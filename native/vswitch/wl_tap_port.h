// A tap device of this machine (Linux: Documentation/networking/tuntap.rst).
#ifndef WL_TAP_PORT_H
#define WL_TAP_PORT_H

#include <string>

#include "../tender/wl_descriptor.h"
#include "../tender/wl_failure.h"
#include "wl_port.h"

namespace wl {

// A descriptor for frames of a tap, which is made if it is not there. Fails with WL4030 (taps cannot be used) or
// WL4031 (this one is in use).
bool open_tap(const std::string &device, Descriptor &tap, Failure &failure);

// Whether the device is set up, wherever it was moved: a tap takes frames only then, and says so to who polls it.
bool tap_is_up(int tap);

class TapPort final : public Port {
public:
  // Attaches to the device, which is made for the run if it is not there, and sets it up. Fails with WL4030 (not
  // permitted, no tun driver) or WL4031 (somebody else has it).
  static std::unique_ptr<TapPort> open(const std::string &device, Observer &observer, Failure &failure);
  ~TapPort() override;

  uint32_t receive(ReceiveQueue *queue, uint32_t budget, uint64_t now, PortFigures &figures) override;
  void transmit(SentFrames &frames, uint64_t now, PortFigures &figures) override;
  Source source() const override { return Source::world; }
  int descriptor() const override { return tap_.get(); }
  bool blocked() const override { return blocked_; }
  bool carrier() override { return tap_.open() && tap_is_up(tap_.get()); }

private:
  TapPort(std::string device, Descriptor tap, Descriptor control, Observer &observer)
      : device_(std::move(device)), tap_(std::move(tap)), control_(std::move(control)), observer_(observer) {}
  bool set_up(bool up);
  bool receive_one(ReceiveQueue *queue, PortFigures &figures);
  void lose(int error);

  std::string device_;
  Descriptor tap_;
  Descriptor control_; // a socket for what is asked of the device
  Observer &observer_;
  bool was_down_ = false;
  bool blocked_ = false;
  uint8_t overflow_[WL_FRAME_BYTES_MAX + 1]; // of a frame longer than a buffer; one more shows that it is too long
};

} // namespace wl

#endif
