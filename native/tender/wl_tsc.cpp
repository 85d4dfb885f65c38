#include "wl_tsc.h"

namespace wl {

// CLOCK_MONOTONIC against the TSC. A span of 4 ms is right to some hundred-thousandths; where the guest's time is that of
// its captures, only durations for people hang on it, and a millisecond will do.
uint64_t measure_tsc_hz(bool roughly) {
  const uint64_t span_ns = roughly ? 1000000 : 4000000;
  const uint64_t start_ns = clock_ns(CLOCK_MONOTONIC);
  const uint64_t start = tsc();
  uint64_t now_ns = start_ns;
  if (!roughly) {
    const timespec most{0, static_cast<long>(span_ns / 10 * 9)};
    nanosleep(&most, nullptr);
  }
  while (now_ns - start_ns < span_ns) now_ns = clock_ns(CLOCK_MONOTONIC);
  const uint64_t ticks = tsc() - start;
  return static_cast<uint64_t>(static_cast<unsigned __int128>(ticks) * 1000000000u / (now_ns - start_ns));
}

} // namespace wl
