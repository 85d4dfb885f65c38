// When each frame of a constant rate is due, and how well that was kept.
#ifndef WL_PACER_H
#define WL_PACER_H

#include <algorithm>

#include "../tender/wl_tsc.h"

namespace wl {

class Pacer {
public:
  // `rate` is in frames a second, at least one.
  Pacer(uint64_t rate, const TscClock &clock) : rate_(rate), clock_(clock) {}

  // Another rate, for frames to come; not started.
  void set_rate(uint64_t rate) {
    rate_ = rate;
    stop();
  }
  bool started() const { return start_ != 0; }
  void stop() { start_ = 0; }
  // The first frame is due at `now`.
  void start(uint64_t now) {
    start_ = now;
    last_ = now;
    frames_ = 0;
    late_ = 0;
  }

  // Frames that are due by `now`, in all.
  uint64_t due(uint64_t now) const { return static_cast<uint64_t>(static_cast<unsigned __int128>(now - start_) * rate_ / clock_.hz) + 1; }
  // The TSC value at which frame `index` is due: the first that due() counts it at.
  uint64_t moment(uint64_t index) const {
    return start_ + static_cast<uint64_t>((static_cast<unsigned __int128>(index) * clock_.hz + rate_ - 1) / rate_);
  }

  // The turn of frames [first, first + count) has come now, `count` at least one.
  void note(uint64_t first, uint64_t count, uint64_t now) {
    const uint64_t due = moment(first);
    if (now > due) late_ = std::max(late_, now - due);
    frames_ = first + count;
    last_ = now;
  }

  uint64_t start_tsc() const { return start_; }
  uint64_t max_late_ns() const { return static_cast<uint64_t>(clock_.ticks_to_ns(static_cast<int64_t>(late_))); }
  // From the first frame's turn to the last's, against what it was to be. `hz` is what the TSC made over the run.
  double error_ppm(uint64_t hz) const {
    if (frames_ < 2) return 0;
    const double taken = static_cast<double>(last_ - start_) / static_cast<double>(hz);
    const double wanted = static_cast<double>(frames_ - 1) / static_cast<double>(rate_);
    return (taken / wanted - 1) * 1e6;
  }

private:
  uint64_t rate_;
  const TscClock &clock_; // its hz is known by start()
  uint64_t start_ = 0, last_ = 0;
  uint64_t frames_ = 0, late_ = 0;
};

} // namespace wl

#endif
