// Latencies as counts in log-linear buckets: each at most 1/128 as wide as the least value in it, exact below 256 ns.
#ifndef WL_LATENCY_HISTOGRAM_H
#define WL_LATENCY_HISTOGRAM_H

#include <algorithm>
#include <cstdint>
#include <vector>

namespace wl {

class LatencyHistogram {
public:
  // What takes longer is counted in the last bucket; minimum, maximum and sum are exact all the same.
  static constexpr uint64_t kLongestNs = 100000000000u;

  void add(uint64_t nanoseconds) {
    counts_[bucket_of(std::clamp<uint64_t>(nanoseconds, 1, kLongestNs))] += 1;
    count_ += 1;
    sum_ns_ += nanoseconds;
    min_ns_ = std::min(min_ns_, nanoseconds);
    max_ns_ = std::max(max_ns_, nanoseconds);
  }

  uint64_t count() const { return count_; }
  uint64_t min_ns() const { return count_ == 0 ? 0 : min_ns_; }
  uint64_t max_ns() const { return max_ns_; }
  uint64_t sum_ns() const { return sum_ns_; }

  // Calls `visit(greatest value of the bucket, count)` for each bucket that is not empty, ascending.
  template <typename Visit> void each(Visit visit) const {
    for (uint32_t bucket = 0; bucket < counts_.size(); bucket += 1) {
      if (counts_[bucket] != 0) visit(upper_ns(bucket), counts_[bucket]);
    }
  }

private:
  static constexpr uint32_t kBits = 7; // of a value that are told apart, after its highest
  static constexpr uint32_t kHalf = 1 << kBits;

  // Values up to 255 have buckets of their own; from there on, each power of two is divided by 128.
  static constexpr uint32_t bucket_of(uint64_t value) {
    const uint32_t shift = value < 2 * kHalf ? 0 : 63 - kBits - static_cast<uint32_t>(__builtin_clzll(value));
    return shift * kHalf + static_cast<uint32_t>(value >> shift);
  }
  static constexpr uint64_t upper_ns(uint32_t bucket) {
    if (bucket < 2 * kHalf) return bucket;
    const uint32_t shift = bucket / kHalf - 1;
    return ((uint64_t{bucket % kHalf + kHalf} + 1) << shift) - 1;
  }

  std::vector<uint64_t> counts_ = std::vector<uint64_t>(bucket_of(kLongestNs) + 1);
  uint64_t count_ = 0, sum_ns_ = 0, min_ns_ = UINT64_MAX, max_ns_ = 0;
};

} // namespace wl

#endif
