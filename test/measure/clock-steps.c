// Preloaded into a program: its clock of the day jumps a hundred days ahead and an hour back, every few times it is asked.
// What counts time for measurements, CLOCK_MONOTONIC and others, is as it is.
#define _GNU_SOURCE
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { kAhead = 100 * 86400, kBack = -3600, kEvery = 3 };

static time_t step(void) {
  static _Atomic unsigned asked;
  return atomic_fetch_add(&asked, 1) / kEvery % 2 == 0 ? kAhead : kBack;
}

int clock_gettime(clockid_t clock, struct timespec *to) {
  const int result = (int)syscall(SYS_clock_gettime, clock, to);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) to->tv_sec += step();
  return result;
}

int gettimeofday(struct timeval *to, void *zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  to->tv_sec = now.tv_sec;
  to->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *to) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (to != NULL) *to = now.tv_sec;
  return now.tv_sec;
}
