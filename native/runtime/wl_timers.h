/*
 * The timers of a graph, by the tables that the generated unit has put before this: wl_timers (their times),
 * wl_timer_functions, wl_timer_background; WL_TIMER_COUNT of them. Twin of the timers in
 * src/run/node/engine.ts: those due when a round begins fire once each, earliest first, equals in graph order.
 */
#ifndef WL_TIMERS_H
#define WL_TIMERS_H

#include "wl_clock.h"

#if WL_TIMER_COUNT == 0

static bool wl_graph_fire_timers(void) { return false; }
static uint64_t wl_graph_next_timer(bool work) {
  (void)work;
  return WL_TIMER_NEVER;
}

#else

WL_COLD void wl_fire_due(int64_t now) {
  int64_t due[WL_TIMER_COUNT];
  for (uint32_t index = 0; index < WL_TIMER_COUNT; index += 1) {
    due[index] = *wl_timers[index] <= now ? *wl_timers[index] : WL_TIMER_OFF;
  }
  for (;;) {
    uint32_t earliest = WL_TIMER_COUNT;
    for (uint32_t index = 0; index < WL_TIMER_COUNT; index += 1) {
      if (due[index] == WL_TIMER_OFF) continue;
      if (earliest == WL_TIMER_COUNT || due[index] < due[earliest]) earliest = index;
    }
    if (earliest == WL_TIMER_COUNT) return;
    due[earliest] = WL_TIMER_OFF;
    const int64_t time = *wl_timers[earliest];
    /* Another timer's function may have moved or cancelled this one. */
    if (time == WL_TIMER_OFF || time > now) continue;
    *wl_timers[earliest] = WL_TIMER_OFF;
    wl_timer_functions[earliest]();
#ifdef WL_DRIVEN
    /* The others are fired by other code: addon/wl_driven.h. */
    if (wl_driven_stale) return;
#endif
  }
}

static bool wl_graph_fire_timers(void) {
  const int64_t now = wl_now_microseconds();
  bool any = false;
  for (uint32_t index = 0; index < WL_TIMER_COUNT; index += 1) {
    any |= *wl_timers[index] != WL_TIMER_OFF && *wl_timers[index] <= now;
  }
  if (WL_UNLIKELY(any)) wl_fire_due(now);
  return any;
}

static uint64_t wl_graph_next_timer(bool work) {
  uint64_t next = WL_TIMER_NEVER;
  for (uint32_t index = 0; index < WL_TIMER_COUNT; index += 1) {
    if (work && wl_timer_background[index]) continue;
    const uint64_t time = wl_timer_ns(*wl_timers[index]);
    if (time < next) next = time;
  }
  return next;
}

#endif
#endif
