// Frames for a port whose other side is being replaced by another one: they wait here, in order, until it is there.
#ifndef WL_PARKED_FRAMES_H
#define WL_PARKED_FRAMES_H

#include <algorithm>
#include <sys/mman.h>

#include "wl_link.h"

namespace wl {

class ParkedFrames {
public:
  // A second of the least frames at a million a second, and a tenth of one of the longest at 40 Gbit/s.
  static constexpr size_t kBytesMax = 96 << 20;

  // `holding`: nothing leaves before let_go().
  explicit ParkedFrames(bool holding) : holding_(holding) {
    // Pages come as they are touched.
    void *const memory = mmap(nullptr, kBytesMax, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory != MAP_FAILED) memory_ = static_cast<uint8_t *>(memory);
  }
  ~ParkedFrames() {
    if (memory_ != nullptr) munmap(memory_, kBytesMax);
  }
  ParkedFrames(const ParkedFrames &) = delete;
  ParkedFrames &operator=(const ParkedFrames &) = delete;

  // False: there is no room for it.
  bool put(const Frame &frame) {
    const uint32_t length = frame.bytes();
    if (memory_ == nullptr || kBytesMax - end_ < size(length)) return false;
    memcpy(memory_ + end_, &length, sizeof length);
    frame.copy_to(memory_ + end_ + sizeof length);
    end_ += size(length);
    count_ += 1;
    return true;
  }
  // How many frames of any length it would take.
  uint32_t room() const {
    const size_t frames = memory_ == nullptr ? 0 : (kBytesMax - end_) / size(WL_FRAME_BYTES_MAX + kTagBytes);
    return static_cast<uint32_t>(std::min<size_t>(frames, kLinkBatch));
  }
  // The first one; `frame` is valid until the next put() or drop(). False: there is none.
  bool first(Frame &frame) const {
    if (begin_ == end_) return false;
    uint32_t length;
    memcpy(&length, memory_ + begin_, sizeof length);
    return frame.read({memory_ + begin_ + sizeof length, length});
  }
  void drop() {
    uint32_t length;
    memcpy(&length, memory_ + begin_, sizeof length);
    begin_ += size(length);
  }
  bool empty() const { return begin_ == end_; }
  bool holding() const { return holding_; }
  void hold() { holding_ = true; }
  void let_go() { holding_ = false; }
  // Frames that ever waited here.
  uint64_t count() const { return count_; }

private:
  static constexpr size_t size(size_t length) { return (sizeof(uint32_t) + length + 7) & ~size_t{7}; }

  uint8_t *memory_ = nullptr;
  size_t begin_ = 0, end_ = 0;
  uint64_t count_ = 0;
  bool holding_;
};

} // namespace wl

#endif
