// The last frames that a virtual machine was given, for whoever asks what came before its end. Small frames take little
// memory and few cache lines: two halves of 256 frames are filled in turns, each from its beginning.
#ifndef WL_FLIGHT_RECORD_H
#define WL_FLIGHT_RECORD_H

#include <memory>

#include "wl_frame.h"

namespace wl {

class FlightRecord {
public:
  static constexpr uint32_t kFrames = 256;       // at least so many are there
  static constexpr uint32_t kFrameBytes = 1536;  // of a longer one this much is kept

  struct Entry {
    uint64_t at_ns; // CLOCK_MONOTONIC
    const uint8_t *data;
    uint32_t kept;
    uint32_t length;
  };

  void put(const Frame &frame, uint64_t now_ns) {
    const auto place = static_cast<uint32_t>(count_ % (2 * kFrames));
    if (place % kFrames == 0) next_ = memory_.get() + size_t{place} * kFrameBytes;
    const uint32_t length = frame.bytes();
    const uint32_t kept = length < kFrameBytes ? length : kFrameBytes;
    entries_[place] = {now_ns, next_, kept, length};
    frame.copy_to(next_, kept);
    next_ += (kept + 7) & ~7u;
    count_ += 1;
  }
  // Frames ever given.
  uint64_t count() const { return count_; }
  // How many of them are here; the last of them is number count() - 1.
  uint32_t kept() const { return static_cast<uint32_t>(count_ < kFrames ? count_ : kFrames); }
  const Entry &entry(uint64_t number) const { return entries_[number % (2 * kFrames)]; }

private:
  // Neither is written to before it is used: pages come as they are touched.
  std::unique_ptr<uint8_t[]> memory_{new uint8_t[size_t{2 * kFrames} * kFrameBytes]};
  std::unique_ptr<Entry[]> entries_{new Entry[2 * kFrames]};
  uint8_t *next_ = nullptr;
  uint64_t count_ = 0;
};

} // namespace wl

#endif
