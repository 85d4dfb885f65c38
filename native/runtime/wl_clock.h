/* Time and timers as the elements see them: microseconds since 1970. */
#ifndef WL_CLOCK_H
#define WL_CLOCK_H

#include "wl_graph.h"

/* A timer that is not set. */
#define WL_TIMER_OFF INT64_C(-1)

WL_INLINE int64_t wl_now_microseconds(void) { return wl_now_us; }

WL_INLINE uint32_t wl_now_seconds(void) { return (uint32_t)(wl_now_microseconds() / 1000000); }

/* The time of a timer in nanoseconds, as the host wants it. */
WL_INLINE uint64_t wl_timer_ns(int64_t microseconds) {
  return microseconds == WL_TIMER_OFF ? WL_TIMER_NEVER : (uint64_t)microseconds * 1000;
}

#endif
