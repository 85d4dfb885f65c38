/*
 * The time, and how fast the TSC is, as another VMM than ours tells: by KVM's clock (Linux, Documentation/virt/kvm/x86/msr.rst), else
 * by CPUID, and then nobody knows the time.
 */
#ifndef WL_FOREIGN_CLOCK_H
#define WL_FOREIGN_CLOCK_H

#include "../runtime/wl_control.h"
#include "wl_window.h"

/* A PC's timer: ports, and ten milliseconds of its ticks, with what the TSC may show meanwhile. */
#define WL_TIMER_COUNT 0x42
#define WL_TIMER_COMMAND 0x43
#define WL_TIMER_GATE 0x61
#define WL_TIMER_HERTZ UINT64_C(1193182)
#define WL_TIMER_TICKS 11932
#define WL_TIMER_TSC_MIN 1000000u
#define WL_TIMER_TSC_MAX 200000000u

/* What KVM writes: struct pvclock_wall_clock, and struct pvclock_vcpu_time_info. */
static struct {
  uint32_t version, seconds, nanoseconds;
} wl_kvm_wall __attribute__((aligned(16)));
static struct {
  uint32_t version, unused;
  uint64_t tsc;    /* at that many ... */
  uint64_t system; /* ... nanoseconds since the wall clock's time */
  uint32_t factor; /* nanoseconds for a tick, times 2^32, of a TSC that is shifted to the left ... */
  int8_t shift;    /* ... so far */
  uint8_t flags, unused_too[2];
} wl_kvm_time __attribute__((aligned(32)));
WL_ASSERT(sizeof wl_kvm_time == 32, "pvclock_vcpu_time_info");

/*
 * Counts the TSC while channel 2 of a PC's timer counts down once (Intel 8254: mode 0). 1 GHz where there is no such timer: then its
 * output is high at once, or never is.
 */
WL_APART uint64_t wl_timer_hertz(void) {
  wl_out(WL_TIMER_GATE, (wl_in(WL_TIMER_GATE) & ~3u) | 1);
  wl_out(WL_TIMER_COMMAND, 0xb0);
  wl_out(WL_TIMER_COUNT, WL_TIMER_TICKS & 0xff);
  wl_out(WL_TIMER_COUNT, WL_TIMER_TICKS >> 8);
  const uint64_t before = __builtin_ia32_rdtsc();
  uint64_t ticks;
  do ticks = __builtin_ia32_rdtsc() - before;
  while (!(wl_in(WL_TIMER_GATE) & 0x20) && ticks < WL_TIMER_TSC_MAX);
  return ticks < WL_TIMER_TSC_MIN || ticks >= WL_TIMER_TSC_MAX ? 1000000000u : ticks * WL_TIMER_HERTZ / WL_TIMER_TICKS;
}

/* What the hypervisor's or the processor's CPUID leaves say of the TSC; else what its timer shows. */
WL_APART uint64_t wl_tsc_hertz(void) {
  uint32_t a, b, c, d;
  __asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(0x40000000), "c"(0));
  if (a >= 0x40000010 && a < 0x40010000) {
    __asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(0x40000010), "c"(0));
    if (a != 0) return (uint64_t)a * 1000;
  }
  __asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(0), "c"(0));
  if (a >= 0x15) {
    __asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(0x15), "c"(0));
    if (a != 0 && b != 0 && c != 0) return (uint64_t)c * b / a;
  }
  return wl_timer_hertz();
}

/* Fills in what the host would of the clock. */
WL_APART void wl_foreign_clock(struct wl_control *control) {
  wl_service(WL_SERVICE_CLOCK, 0, (uintptr_t)&wl_kvm_wall);
  wl_service(WL_SERVICE_CLOCK, 1, (uintptr_t)&wl_kvm_time | 1);
  wl_service(WL_SERVICE_CLOCK, 1, 0);
  __asm__ volatile("" : : : "memory");
  const int32_t shift = wl_kvm_time.shift;
  if (wl_kvm_time.version == 0 || wl_kvm_time.factor == 0 || shift > 31 || shift < -31) {
    control->tsc_hz = wl_tsc_hertz();
    control->tsc_base = __builtin_ia32_rdtsc();
    return;
  }
  const uint64_t shifted = (UINT64_C(1000000000) << 32) / wl_kvm_time.factor;
  control->tsc_hz = shift < 0 ? shifted << -shift : shifted >> shift;
  control->tsc_base = wl_kvm_time.tsc;
  control->epoch_ns = wl_kvm_wall.seconds * UINT64_C(1000000000) + wl_kvm_wall.nanoseconds + wl_kvm_time.system;
}

#endif
