/*
 * How an idle appliance rests under another VMM than ours: the processor halts, and the timer of its interrupt controller (Intel SDM
 * volume 3, 11.5.4) wakes it. No device interrupts: what comes meanwhile waits for the alarm.
 */
#ifndef WL_REST_H
#define WL_REST_H

#include "wl_window.h"

/* So long. At a million frames a second it is a ring full of them; at 5 us an alarm, a fortieth of a processor. */
#define WL_REST_NS 200000u
#define WL_APIC_ADDRESS 0xfee00000u
#define WL_APIC_ALARM 31 /* boot.S */
#define WL_APIC_MASKED 0x10000u
enum {
  WL_APIC_VERSION = 0x30 / 4,
  WL_APIC_SPURIOUS = 0xf0 / 4,
  WL_APIC_REQUESTS = 0x200 / 4, /* of the first 32 vectors */
  WL_APIC_TIMER = 0x320 / 4,
  WL_APIC_LINE0 = 0x350 / 4,
  WL_APIC_LINE1 = 0x360 / 4,
  WL_APIC_COUNT = 0x380 / 4,
  WL_APIC_LEFT = 0x390 / 4,
  WL_APIC_DIVIDE = 0x3e0 / 4,
};

/* Ticks of the timer that are WL_REST_NS; 0 if there is none, or it does not ring. Interrupts are off, so that its request stays. */
WL_APART uint32_t wl_rest_prepare(uint64_t tsc_hertz) {
  volatile uint32_t *const apic = (volatile uint32_t *)wl_window_map(WL_PLACE_APIC, WL_APIC_ADDRESS);
  if (apic == NULL || apic[WL_APIC_VERSION] + 1 <= 1) return 0;
  apic[WL_APIC_SPURIOUS] = 0x100 | WL_APIC_ALARM;
  /* What firmware let through of the older interrupt controllers. */
  apic[WL_APIC_LINE0] = apic[WL_APIC_LINE1] = WL_APIC_MASKED;
  apic[WL_APIC_TIMER] = WL_APIC_ALARM;
  apic[WL_APIC_DIVIDE] = 0xb; /* by 1 */
  const uint64_t rest = tsc_hertz / (1000000000u / WL_REST_NS);
  apic[WL_APIC_COUNT] = UINT32_MAX;
  for (const uint64_t before = __builtin_ia32_rdtsc(); __builtin_ia32_rdtsc() - before < rest;) __builtin_ia32_pause();
  const uint32_t ticks = UINT32_MAX - apic[WL_APIC_LEFT];
  apic[WL_APIC_COUNT] = 1;
  const uint64_t before = __builtin_ia32_rdtsc();
  while (!(apic[WL_APIC_REQUESTS] >> WL_APIC_ALARM & 1)) {
    if (__builtin_ia32_rdtsc() - before > 64 * rest) return 0;
  }
  return ticks;
}

/* After so many rests with nothing between them each is so many times as long. */
#define WL_RESTS_SHORT 100
#define WL_REST_TIMES 5

/* Whether wl_rest may be called. */
static bool wl_rests;

/* Rests, if the time that may be rested is not too short. `rounds` of the main loop there were, ever: with no work between two rests it is
 * always as many. */
WL_COLD void wl_rest(uint64_t rounds, uint64_t left_ns) {
  static uint64_t last, between;
  static uint32_t rests;
  rests = rounds - last == between ? rests + 1 : 0;
  between = rounds - last;
  last = rounds;
  const uint32_t times = rests > WL_RESTS_SHORT && left_ns > WL_REST_TIMES * WL_REST_NS ? WL_REST_TIMES : 1;
  if (left_ns > WL_REST_NS) wl_service(WL_SERVICE_REST, times, 0);
}

#endif
