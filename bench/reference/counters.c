/*
 * A wire that counts COUNTERS times over, by hand: packets and bytes of all time, and moving averages of both that move on
 * every twentieth of a second. Each counts for itself, as counters at different places of a program do.
 */
#include "wl_reference.h"

#define EPOCH_US 50000
#define EPOCHS_MAX 400

static struct counter {
  uint64_t packets, bytes;
  int64_t next_us, average, average_bytes;
  uint64_t began, began_bytes;
} counters[COUNTERS];

static __attribute__((noinline, cold)) void move_on(struct counter *counter, int64_t now) {
  counter->average = (counter->average * 15 + (int64_t)(counter->packets - counter->began) * 1024) / 16;
  counter->average_bytes = (counter->average_bytes * 15 + (int64_t)(counter->bytes - counter->began_bytes) * 1024) / 16;
  int64_t silent = (now - counter->next_us) / EPOCH_US;
  for (int64_t epoch = 0; epoch < silent && epoch < EPOCHS_MAX; epoch += 1) {
    counter->average = counter->average * 15 / 16;
    counter->average_bytes = counter->average_bytes * 15 / 16;
  }
  counter->began = counter->packets;
  counter->began_bytes = counter->bytes;
  counter->next_us = now - now % EPOCH_US + EPOCH_US;
}

WL_INLINE void count(struct counter *counter, uint64_t bytes, int64_t now) {
  if (WL_UNLIKELY(now >= counter->next_us)) move_on(counter, now);
  counter->packets += 1;
  counter->bytes += bytes;
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t number) {
  const int64_t now = wl_now_microseconds();
  for (uint32_t index = 0; index < number; index += 1) {
    if (WL_UNLIKELY(interface != 0)) {
      wl_release(frames[index].packet);
      continue;
    }
    const uint64_t bytes = (uint64_t)(frames[index].end - frames[index].data);
#pragma GCC unroll 64
    for (uint32_t place = 0; place < COUNTERS; place += 1) count(&counters[place], bytes, now);
    wl_transmit(1, frames[index].packet, frames[index].data, frames[index].end);
  }
  wl_count(0, number);
}

#include "wl_bench.h"
