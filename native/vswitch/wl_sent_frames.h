// Frames that an appliance sent, on their way to the port they go to.
#ifndef WL_SENT_FRAMES_H
#define WL_SENT_FRAMES_H

#include "wl_device_queue.h"

namespace wl {

class SentFrames {
public:
  // Those on a ring, up to a batch. Each is looked at when its turn comes: as a list they would be written down and read again.
  explicit SentFrames(TransmitQueue &queue) : queue_(&queue) {}
  // Those of a list.
  SentFrames(const FrameView *frames, uint32_t count) : frames_(frames), count_(count) {}

  // Calls each(frame) for each of them, in order; they may not be kept. Whoever is given frames calls it once.
  template <typename Each> void each(Each each) {
    if (queue_ != nullptr) {
      count_ = queue_->take_each(each);
      return;
    }
    for (uint32_t index = 0; index < count_; index += 1) each(frames_[index]);
  }

  // How many there were, after each().
  uint32_t count() const { return count_; }

private:
  TransmitQueue *queue_ = nullptr;
  const FrameView *frames_ = nullptr;
  uint32_t count_ = 0;
};

} // namespace wl

#endif
