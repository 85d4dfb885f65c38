// The processor's time-stamp counter: the clock that host and guest share.
#ifndef WL_TSC_H
#define WL_TSC_H

#include <cstdint>
#include <ctime>

namespace wl {

inline uint64_t tsc() { return __builtin_ia32_rdtsc(); }

inline uint64_t clock_ns(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000000000u + static_cast<uint64_t>(time.tv_nsec);
}

// One moment by the TSC and by CLOCK_MONOTONIC. Of several readings the one is taken between whose halves the least
// time went by, as a thread may lose its processor between any two.
struct ClockPair {
  uint64_t tsc, monotonic_ns;
};
ClockPair read_clocks();

// A moment in both kinds of time, and how many ticks a second has.
struct TscClock {
  uint64_t hz = 1000000000u;
  uint64_t base = 0;         // TSC
  uint64_t monotonic_ns = 0; // CLOCK_MONOTONIC at `base`
  uint64_t epoch_ns = 0;     // CLOCK_REALTIME at `base`

  void set_base() {
    const ClockPair now = read_clocks();
    base = now.tsc;
    monotonic_ns = now.monotonic_ns;
    epoch_ns = clock_ns(CLOCK_REALTIME);
  }
  int64_t ticks_to_ns(int64_t ticks) const {
    return static_cast<int64_t>(static_cast<__int128>(ticks) * 1000000000 / static_cast<int64_t>(hz));
  }
  uint64_t ns_to_ticks(uint64_t ns) const {
    return static_cast<uint64_t>(static_cast<unsigned __int128>(ns) * hz / 1000000000u);
  }
  int64_t monotonic(uint64_t at_tsc) const {
    return static_cast<int64_t>(monotonic_ns) + ticks_to_ns(static_cast<int64_t>(at_tsc - base));
  }
  // Nanoseconds since 1970, as the guest computes them.
  uint64_t now_ns() const { return epoch_ns + static_cast<uint64_t>(ticks_to_ns(static_cast<int64_t>(tsc() - base))); }
};

// Ticks of the TSC a second, measured.
uint64_t measure_tsc_hz(bool roughly);

} // namespace wl

#endif
