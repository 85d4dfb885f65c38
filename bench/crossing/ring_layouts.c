/*
 * Three ways to hand buffers over, by hand and otherwise alike, nothing checked: split rings (virtio 1.2, 2.7), split rings
 * whose order is kept (2.7.9), packed rings whose order is kept (2.8). A device copies frames into buffers, the driver sends
 * them back, the device copies them out. In order, the available ring of a split queue is written once and never read, and
 * what was sent comes back by the index alone; of a packed queue one descriptor a batch says so. Received frames have a
 * length each. In all of them a batch is published by one store.
 *
 *   usage: PROGRAM LAYOUT(0, 1 or 2) FRAMES CORES(1 or 2)    prints: nanoseconds for a crossing
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wl_crossing.h"

#define RING WL_CROSSING_RING
#define BATCH WL_CROSSING_BATCH
#define HEADER WL_VIRTIO_NET_HEADER_BYTES
#define AVAILABLE (1u << 7)
#define USED (1u << 15)
#define INLINE static inline __attribute__((always_inline))
#define LOAD(pointer) __atomic_load_n((pointer), __ATOMIC_ACQUIRE)
#define STORE(pointer, value) __atomic_store_n((pointer), (value), __ATOMIC_RELEASE)

enum layout { SPLIT, SPLIT_IN_ORDER, PACKED_IN_ORDER };

struct split_descriptor { uint64_t address; uint32_t length; uint16_t flags, next; };
struct packed_descriptor { uint64_t address; uint32_t length; uint16_t id, flags; };
struct ring {
  union {
    struct split_descriptor split[RING];
    struct packed_descriptor packed[RING];
  } __attribute__((aligned(64)));
  struct { uint16_t flags, index, ring[RING]; } available __attribute__((aligned(64)));
  struct { uint16_t flags, index; struct { uint32_t id, length; } ring[RING]; } used __attribute__((aligned(64)));
};

static struct ring receive_ring, transmit_ring;
static uint8_t slots[2 * RING][WL_SMALL_SLOT_BYTES] __attribute__((aligned(64)));

/* Places are counted from the start of time; each way round the ring has the other sense. */
INLINE bool sense(uint32_t place) { return (place / RING & 1) == 0; }
INLINE uint16_t offered_flags(uint32_t place) { return sense(place) ? AVAILABLE : USED; }
INLINE uint16_t used_flags(uint32_t place) { return sense(place) ? AVAILABLE | USED : 0; }
INLINE bool is_offered(uint16_t flags, uint32_t place) { return (flags & (AVAILABLE | USED)) == offered_flags(place); }
INLINE bool is_used(uint16_t flags, uint32_t place) { return (flags & (AVAILABLE | USED)) == used_flags(place); }

/* ---- the driver ------------------------------------------------------------------------------------------------ */

static struct {
  uint8_t *empty[2 * RING], *offered[RING], *sent[RING];
  uint32_t empty_first, empty_end, receive_next, receive_seen, transmit_next, transmit_seen;
} driver __attribute__((aligned(64)));

/* A buffer at a place of a ring; a packed one is seen once `flags` are stored, which for the first of a batch comes last. */
INLINE void offer(enum layout layout, struct ring *ring, uint32_t place, uint8_t *buffer, uint32_t length, bool first) {
  if (layout == PACKED_IN_ORDER) {
    struct packed_descriptor *at = &ring->packed[place % RING];
    at->address = (uintptr_t)buffer;
    at->length = length;
    at->id = (uint16_t)(place % RING);
    if (!first) at->flags = offered_flags(place);
  } else {
    ring->split[place % RING].address = (uintptr_t)buffer;
    ring->split[place % RING].length = length;
  }
}

INLINE void publish(enum layout layout, struct ring *ring, uint32_t from, uint32_t to) {
  if (from == to) return;
  if (layout == PACKED_IN_ORDER) STORE(&ring->packed[from % RING].flags, offered_flags(from));
  else STORE(&ring->available.index, (uint16_t)to);
}

INLINE void refill(enum layout layout) {
  const uint32_t from = driver.receive_next;
  for (; driver.receive_next - driver.receive_seen < RING && driver.empty_first != driver.empty_end; driver.receive_next += 1) {
    uint8_t *buffer = driver.empty[driver.empty_first++ % (2 * RING)];
    driver.offered[driver.receive_next % RING] = buffer;
    offer(layout, &receive_ring, driver.receive_next, buffer, HEADER + 64, driver.receive_next == from);
  }
  publish(layout, &receive_ring, from, driver.receive_next);
}

INLINE void reclaim(enum layout layout) {
  uint32_t end = driver.transmit_seen;
  if (layout != PACKED_IN_ORDER) {
    end += (uint16_t)(LOAD(&transmit_ring.used.index) - (uint16_t)end);
  } else {
    while (end != driver.transmit_next && is_used(LOAD(&transmit_ring.packed[end % RING].flags), end)) {
      end += (transmit_ring.packed[end % RING].id - end) % RING + 1;
    }
  }
  for (; driver.transmit_seen != end; driver.transmit_seen += 1) driver.empty[driver.empty_end++ % (2 * RING)] = driver.sent[driver.transmit_seen % RING];
}

/* Frames that it sent back. */
INLINE uint32_t driver_round(enum layout layout) {
  reclaim(layout);
  const uint32_t from = driver.transmit_next;
  const uint16_t ready = layout == PACKED_IN_ORDER ? 0 : LOAD(&receive_ring.used.index);
  while (driver.transmit_next - from < BATCH && driver.transmit_next - driver.transmit_seen < RING) {
    const uint32_t place = driver.receive_seen;
    uint32_t length;
    if (layout == PACKED_IN_ORDER) {
      if (place == driver.receive_next || !is_used(LOAD(&receive_ring.packed[place % RING].flags), place)) break;
      length = receive_ring.packed[place % RING].length;
    } else {
      if ((uint16_t)place == ready) break;
      length = receive_ring.used.ring[place % RING].length;
    }
    uint8_t *buffer = driver.offered[place % RING];
    driver.sent[driver.transmit_next % RING] = buffer;
    offer(layout, &transmit_ring, driver.transmit_next, buffer, length, driver.transmit_next == from);
    driver.receive_seen += 1;
    driver.transmit_next += 1;
  }
  publish(layout, &transmit_ring, from, driver.transmit_next);
  refill(layout);
  return driver.transmit_next - from;
}

/* ---- the device ------------------------------------------------------------------------------------------------ */

static struct {
  uint32_t receive_next, transmit_next;
  uint64_t put, taken;
  uint8_t in[BATCH][64] __attribute__((aligned(64))), out[BATCH][64] __attribute__((aligned(64)));
} device __attribute__((aligned(64)));

INLINE void put(enum layout layout) {
  struct ring *const ring = &receive_ring;
  const uint32_t from = device.receive_next;
  const uint16_t end = layout == PACKED_IN_ORDER ? 0 : LOAD(&ring->available.index);
  uint32_t place = from;
  for (; place - from < BATCH; place += 1) {
    if (layout == PACKED_IN_ORDER) {
      struct packed_descriptor *at = &ring->packed[place % RING];
      if (!is_offered(LOAD(&at->flags), place)) break;
      memcpy((uint8_t *)(uintptr_t)at->address + HEADER, device.in[place - from], 64);
      at->length = HEADER + WL_CROSSING_FRAME_BYTES;
      if (place != from) at->flags = used_flags(place);
    } else {
      if ((uint16_t)place == end) break;
      const uint32_t id = layout == SPLIT ? ring->available.ring[place % RING] : place % RING;
      memcpy((uint8_t *)(uintptr_t)ring->split[id].address + HEADER, device.in[place - from], 64);
      ring->used.ring[place % RING].id = id;
      ring->used.ring[place % RING].length = HEADER + WL_CROSSING_FRAME_BYTES;
    }
  }
  if (place == from) return;
  if (layout == PACKED_IN_ORDER) STORE(&ring->packed[from % RING].flags, used_flags(from));
  else STORE(&ring->used.index, (uint16_t)place);
  device.put += place - from;
  device.receive_next = place;
}

INLINE void take(enum layout layout) {
  struct ring *const ring = &transmit_ring;
  const uint32_t from = device.transmit_next;
  const uint16_t end = layout == PACKED_IN_ORDER ? 0 : LOAD(&ring->available.index);
  uint32_t place = from;
  for (; place - from < BATCH; place += 1) {
    if (layout == PACKED_IN_ORDER) {
      const struct packed_descriptor *at = &ring->packed[place % RING];
      if (!is_offered(LOAD(&at->flags), place)) break;
      memcpy(device.out[place - from], (uint8_t *)(uintptr_t)at->address + HEADER, 64);
    } else {
      if ((uint16_t)place == end) break;
      const uint32_t id = layout == SPLIT ? ring->available.ring[place % RING] : place % RING;
      memcpy(device.out[place - from], (uint8_t *)(uintptr_t)ring->split[id].address + HEADER, 64);
      if (layout == SPLIT) ring->used.ring[place % RING].id = id, ring->used.ring[place % RING].length = 0;
    }
  }
  if (place == from) return;
  if (layout == PACKED_IN_ORDER) {
    /* One used descriptor for all, where the first was, with the number of the last. */
    ring->packed[from % RING].id = (uint16_t)((place - 1) % RING);
    STORE(&ring->packed[from % RING].flags, used_flags(from));
  } else {
    STORE(&ring->used.index, (uint16_t)place);
  }
  device.taken += place - from;
  device.transmit_next = place;
}

/* ---- both ---------------------------------------------------------------------------------------------------- */

static enum layout chosen;
static bool stop;

static void stay_on(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

#define FOR_EACH_LAYOUT(X) X(SPLIT) X(SPLIT_IN_ORDER) X(PACKED_IN_ORDER)

#define DRIVE(layout) case layout: while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) if (driver_round(layout) == 0) __builtin_ia32_pause(); break;
static void *drive(void *nothing) {
  stay_on(0);
  switch (chosen) { FOR_EACH_LAYOUT(DRIVE) }
  return nothing;
}

#define TURN(layout) case layout: while (device.taken < frames) { put(layout); if (!apart) (void)driver_round(layout); take(layout); } break;
static void run(uint64_t frames, bool apart) {
  frames += device.taken;
  switch (chosen) { FOR_EACH_LAYOUT(TURN) }
}

static uint64_t nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int main(int words, char **word) {
  if (words < 4) return 2;
  chosen = (enum layout)atoi(word[1]);
  const uint64_t frames = strtoull(word[2], NULL, 10);
  const bool apart = word[3][0] == '2';
  for (uint32_t id = 0; id < RING; id += 1) receive_ring.available.ring[id] = transmit_ring.available.ring[id] = (uint16_t)id;
  for (uint32_t slot = 0; slot < 2 * RING; slot += 1) driver.empty[driver.empty_end++] = slots[slot] + WL_SLOT_HEADER_BYTES + WL_HEADROOM_BYTES - HEADER;
  for (uint32_t index = 0; index < BATCH; index += 1) memset(device.in[index], (int)index + 1, sizeof device.in[index]);
  pthread_t thread;
  if (apart) {
    stay_on(1);
    if (pthread_create(&thread, NULL, drive, NULL) != 0) return 1;
  } else {
    switch (chosen) {
#define FIRST(layout) case layout: refill(layout); break;
      FOR_EACH_LAYOUT(FIRST)
    }
  }
  run(frames / 8 + 4096, apart);
  const clockid_t clock = apart ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID;
  const uint64_t begin = nanoseconds(clock), before = device.taken;
  run(frames, apart);
  const uint64_t ns = nanoseconds(clock) - begin;
  if (apart) {
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
  } else if (device.put != device.taken || memcmp(device.in, device.out, sizeof device.in) != 0) {
    return 3;
  }
  printf("%.3f\n", (double)ns / (double)(2 * (device.taken - before)));
  return 0;
}
