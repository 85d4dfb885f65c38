// How long a guest sleeps at WL_PORT_WAIT: until its next timer, in real time; else until it is woken.
#ifndef WL_WAIT_H
#define WL_WAIT_H

#include <ctime>

#include "../abi/wirelet_abi.h"

namespace wl {

constexpr uint64_t kSleepNsMax = 1000000000u; // a lost wake-up costs a second, not the run

// Free of library calls: it runs in a confined process as well.
inline __attribute__((always_inline)) timespec sleep_time(const wl_control *control) {
  const uint64_t until = __atomic_load_n(&control->next_timer_ns, __ATOMIC_RELAXED);
  uint64_t sleep = kSleepNsMax;
  if (!(control->flags & WL_CLOCK_VIRTUAL) && until != WL_TIMER_NEVER && control->tsc_hz != 0) {
    const uint64_t ticks = __builtin_ia32_rdtsc() - control->tsc_base;
    const uint64_t seconds = ticks / control->tsc_hz;
    const uint64_t rest = ticks % control->tsc_hz;
    const uint64_t now = control->epoch_ns + seconds * 1000000000u + rest * 1000000000u / control->tsc_hz;
    const uint64_t left = until > now ? until - now : 0;
    if (left < sleep) sleep = left;
  }
  return {static_cast<time_t>(sleep / 1000000000u), static_cast<long>(sleep % 1000000000u)};
}

} // namespace wl

#endif
