/*
 * How long a cache line takes from one processor to another: two threads, each on a processor of its own, write and
 * await in turns. Prints nanoseconds for one way, the least of some short runs; what two processors can do together
 * depends on it, and on shared hosts it changes from minute to minute.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define TURNS 20000
#define UNCOUNTED 1000
#define RUNS 7

static struct {
  uint64_t turn __attribute__((aligned(128)));
} lines[2];

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC_RAW, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void stay_on(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  sched_setaffinity(0, sizeof set, &set);
}

static void await(const uint64_t *line, uint64_t turn) {
  while (__atomic_load_n(line, __ATOMIC_ACQUIRE) != turn) continue;
}

static void *answer(void *unused) {
  stay_on(0);
  for (uint64_t turn = 1; turn <= TURNS; turn += 1) {
    await(&lines[0].turn, turn);
    __atomic_store_n(&lines[1].turn, turn, __ATOMIC_RELEASE);
  }
  return unused;
}

int main(void) {
  double least = 1e9;
  stay_on(1);
  for (int run = 0; run < RUNS; run += 1) {
    pthread_t thread;
    uint64_t begin = 0;
    lines[0].turn = lines[1].turn = 0;
    if (pthread_create(&thread, NULL, answer, NULL) != 0) return 1;
    for (uint64_t turn = 1; turn <= TURNS; turn += 1) {
      if (turn == UNCOUNTED) begin = now();
      __atomic_store_n(&lines[0].turn, turn, __ATOMIC_RELEASE);
      await(&lines[1].turn, turn);
    }
    const double one_way = (double)(now() - begin) / (TURNS - UNCOUNTED) / 2;
    if (one_way < least) least = one_way;
    pthread_join(thread, NULL);
  }
  printf("%.0f\n", least);
  return 0;
}
