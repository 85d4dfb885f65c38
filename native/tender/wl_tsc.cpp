#include "wl_tsc.h"

namespace wl {

ClockPair read_clocks() {
  constexpr uint32_t kReadings = 5;
  ClockPair best{};
  uint64_t least = UINT64_MAX;
  for (uint32_t reading = 0; reading < kReadings; reading += 1) {
    const uint64_t before = tsc();
    const uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
    const uint64_t ticks = tsc() - before;
    if (ticks >= least) continue;
    least = ticks;
    best = {before + ticks / 2, now_ns};
  }
  return best;
}

// CLOCK_MONOTONIC against the TSC. A span of 4 ms is right to some hundred-thousandths; where the guest's time is that of
// its captures, only durations for people hang on it, and a millisecond will do.
uint64_t measure_tsc_hz(bool roughly) {
  const uint64_t span_ns = roughly ? 1000000 : 4000000;
  const ClockPair start = read_clocks();
  if (!roughly) {
    const timespec most{0, static_cast<long>(span_ns / 10 * 9)};
    nanosleep(&most, nullptr);
  }
  while (clock_ns(CLOCK_MONOTONIC) - start.monotonic_ns < span_ns) __builtin_ia32_pause();
  const ClockPair end = read_clocks();
  return static_cast<uint64_t>(static_cast<unsigned __int128>(end.tsc - start.tsc) * 1000000000u / (end.monotonic_ns - start.monotonic_ns));
}

} // namespace wl
