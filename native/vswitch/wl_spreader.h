// Between a port and an appliance of several processors: the port puts its frames on a ring here, and each goes on to the
// processor that its flow belongs to. A frame whose processor has no room waits, and those behind it with it, so that a
// port is slowed down as by one processor.
#ifndef WL_SPREADER_H
#define WL_SPREADER_H

#include <memory>
#include <vector>

#include "wl_driver_ring.h"
#include "wl_steering.h"

namespace wl {

class Spreader {
public:
  // `to`: the rings of the processors; they stay where they are. Fails with WL5013.
  static std::unique_ptr<Spreader> create(const Steering &steering, uint32_t interface, std::vector<ReceiveQueue> &to, Failure &failure);
  ~Spreader();

  // What the port fills.
  ReceiveQueue &intake() { return intake_; }
  // Hands on what there is room for; how many frames. The rings of `to` are to be published then. Time is in microseconds.
  uint32_t spread(uint64_t now_us);
  // Whether frames wait here for a processor that has no room, and for which: it is to say when it has.
  bool waits() const { return at_ < count_; }
  ReceiveQueue &awaited();
  // Whether a frame that waits would find room now.
  bool may_go();
  // Copies that were made of frames for all processors, besides the first of each, and notes of others.
  uint64_t copies() const { return copies_; }

private:
  Spreader(const Steering &steering, uint32_t interface, std::vector<ReceiveQueue> &to) : steering_(steering), interface_(interface), to_(to) {}
  bool hand_on(const FrameView &frame, uint64_t now_us);
  bool all_have_room(uint32_t length);

  const Steering steering_;
  const uint32_t interface_;
  std::vector<ReceiveQueue> &to_;
  uint8_t *bytes_ = nullptr;
  GuestMemory memory_;
  DriverReceiveRing ring_;
  ReceiveQueue intake_;
  FrameView frames_[kDrainBatch];
  uint32_t count_ = 0, at_ = 0; // of frames_
  uint32_t awaited_ = 0;
  bool news_ = false; // of the frame that waits
  uint64_t copies_ = 0;
};

} // namespace wl

#endif
