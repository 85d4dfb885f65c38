/*
 * A virtio crossing by hand: split rings, driver and device on one core, nothing checked and nothing counted. Frames
 * come back in order, so a descriptor has the number of its place, and the driver's buffers go round by themselves:
 * what was received in a buffer is sent from it. As bench/crossing/wl_crossing_bench.cpp, which says how it is called.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../crossing/wl_crossing.h"

#define RING WL_CROSSING_RING
#define BATCH WL_CROSSING_BATCH
#define HEADER WL_VIRTIO_NET_HEADER_BYTES
#define APART __attribute__((noinline)) static

struct descriptor { uint64_t address; uint32_t length; uint16_t flags, next; };
struct ring {
  struct descriptor descriptors[RING] __attribute__((aligned(64)));
  struct { uint16_t flags, index, ring[RING]; } available __attribute__((aligned(64)));
  struct { uint16_t flags, index; struct { uint32_t id, length; } ring[RING]; } used __attribute__((aligned(64)));
};

static struct ring receive_ring, transmit_ring;
static uint8_t slots[2 * RING][WL_SMALL_SLOT_BYTES] __attribute__((aligned(64)));
static uint8_t in[BATCH][64] __attribute__((aligned(64))), out[BATCH][64] __attribute__((aligned(64)));

/* The driver's: buffers that hold nothing, the oldest first. */
static uint8_t *empty[2 * RING];
static uint32_t empty_first, empty_end;
static uint8_t *offered[RING], *sent[RING];
static uint16_t receive_seen, transmit_seen;

APART void driver_refill(void) {
  uint16_t next = receive_ring.available.index;
  while ((uint16_t)(next - receive_seen) < RING && empty_first != empty_end) {
    uint8_t *buffer = empty[empty_first++ % (2 * RING)];
    offered[next % RING] = buffer;
    receive_ring.descriptors[next % RING].address = (uintptr_t)buffer;
    next += 1;
  }
  __atomic_store_n(&receive_ring.available.index, next, __ATOMIC_RELEASE);
}

APART void driver_round(void) {
  const uint16_t done = __atomic_load_n(&transmit_ring.used.index, __ATOMIC_ACQUIRE);
  for (; transmit_seen != done; transmit_seen += 1) empty[empty_end++ % (2 * RING)] = sent[transmit_seen % RING];
  const uint16_t ready = __atomic_load_n(&receive_ring.used.index, __ATOMIC_ACQUIRE);
  uint16_t next = transmit_ring.available.index;
  for (; receive_seen != ready; receive_seen += 1, next += 1) {
    uint8_t *buffer = offered[receive_seen % RING];
    memset(buffer, 0, HEADER);
    sent[next % RING] = buffer;
    transmit_ring.descriptors[next % RING].address = (uintptr_t)buffer;
    transmit_ring.descriptors[next % RING].length = receive_ring.used.ring[receive_seen % RING].length;
  }
  __atomic_store_n(&transmit_ring.available.index, next, __ATOMIC_RELEASE);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  driver_refill();
}

APART uint32_t device_put(void) {
  const uint16_t end = __atomic_load_n(&receive_ring.available.index, __ATOMIC_ACQUIRE);
  uint16_t next = receive_ring.used.index;
  uint32_t count = 0;
  for (; count < BATCH && next != end; count += 1, next += 1) {
    const uint16_t id = receive_ring.available.ring[next % RING];
    uint8_t *buffer = (uint8_t *)(uintptr_t)receive_ring.descriptors[id].address;
    memset(buffer, 0, HEADER);
    buffer[10] = 1;
    memcpy(buffer + HEADER, in[count], sizeof in[count]);
    receive_ring.used.ring[next % RING].id = id;
    receive_ring.used.ring[next % RING].length = HEADER + WL_CROSSING_FRAME_BYTES;
  }
  __atomic_store_n(&receive_ring.used.index, next, __ATOMIC_RELEASE);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return count;
}

APART uint32_t device_take(void) {
  const uint16_t end = __atomic_load_n(&transmit_ring.available.index, __ATOMIC_ACQUIRE);
  uint16_t next = transmit_ring.used.index;
  uint32_t count = 0;
  for (; count < BATCH && next != end; count += 1, next += 1) {
    const uint16_t id = transmit_ring.available.ring[next % RING];
    memcpy(out[count], (uint8_t *)(uintptr_t)transmit_ring.descriptors[id].address + HEADER, sizeof out[count]);
    transmit_ring.used.ring[next % RING].id = id;
    transmit_ring.used.ring[next % RING].length = 0;
  }
  __atomic_store_n(&transmit_ring.used.index, next, __ATOMIC_RELEASE);
  return count;
}

static uint64_t nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int main(int words, char **word) {
  const uint64_t rounds = (words > 1 ? strtoull(word[1], NULL, 10) : 1000) / BATCH;
  uint64_t put = 0, taken = 0;
  for (uint32_t id = 0; id < RING; id += 1) receive_ring.available.ring[id] = transmit_ring.available.ring[id] = (uint16_t)id;
  for (uint32_t slot = 0; slot < 2 * RING; slot += 1) empty[empty_end++] = slots[slot] + WL_SLOT_HEADER_BYTES + WL_HEADROOM_BYTES - HEADER;
  for (uint32_t index = 0; index < BATCH; index += 1) memset(in[index], (int)index + 1, sizeof in[index]);
  driver_refill();
  uint64_t begin = 0, wall = 0, first = 0;
  for (uint64_t round = 0; round < rounds + rounds / 8 + 64; round += 1) {
    if (round == rounds / 8 + 64) {
      put = taken = 0;
      begin = nanoseconds(CLOCK_THREAD_CPUTIME_ID), wall = nanoseconds(CLOCK_MONOTONIC), first = __builtin_ia32_rdtsc();
    }
    put += device_put();
    driver_round();
    taken += device_take();
  }
  const uint64_t last = __builtin_ia32_rdtsc(), wall_end = nanoseconds(CLOCK_MONOTONIC), ns = nanoseconds(CLOCK_THREAD_CPUTIME_ID) - begin;
  const double cycles = (double)(last - first) / (double)(wall_end - wall) * (double)ns;
  if (memcmp(in, out, sizeof in) != 0) return 3;
  printf("%llu %.0f %llu %llu\n", (unsigned long long)(2 * taken), cycles, (unsigned long long)ns, (unsigned long long)(put - taken));
  return taken == 0 || put != taken;
}
