// How many frames a second may pass, and how many at once.
#ifndef WL_TOKEN_BUCKET_H
#define WL_TOKEN_BUCKET_H

#include <cstdint>

namespace wl {

class TokenBucket {
public:
  // `rate` frames a second; as many in one go as in a tenth of a second, and no fewer than 64. 0: no limit.
  void set(uint64_t rate) {
    rate_ = rate;
    depth_ = (rate / 10 > 64 ? rate / 10 : 64) * kSecond;
    tokens_ = depth_;
  }
  bool take(uint64_t now_ns) {
    if (rate_ == 0) return true;
    const uint64_t gone = now_ns - last_ns_;
    last_ns_ = now_ns;
    // A second fills any bucket.
    tokens_ = gone >= kSecond ? depth_ : tokens_ + gone * rate_;
    if (tokens_ > depth_) tokens_ = depth_;
    if (tokens_ < kSecond) return false;
    tokens_ -= kSecond;
    return true;
  }

private:
  static constexpr uint64_t kSecond = 1000000000u; // a frame's worth: rate * nanoseconds
  uint64_t rate_ = 0, depth_ = 0, tokens_ = 0, last_ns_ = 0;
};

} // namespace wl

#endif
