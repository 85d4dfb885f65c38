/*
 * A virtio crossing by hand: split rings, driver and device on one core. Frames come back in order, so a descriptor has
 * the number of its place, and one used element a batch says what was sent; they are bare, as ours agree on, too. What the other
 * side wrote is read once, checked, and counted where it is wrong, as in the
 * runtime and the ports: indices, numbers of buffers, addresses, lengths, flags. Both sides count frames and bytes, and
 * look whether the other one wants to be called. Free
 * buffers are a stack of numbers, as any graph between the rings may keep some. Called as
 * bench/crossing/wl_crossing_bench.cpp says.
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

/* As in the runtime: a locked instruction, which takes less than the MFENCE that clang would write. */
static inline void fence(void) { __asm__ volatile("lock orl $0, (%%rsp)" : : : "memory", "cc"); }

struct descriptor { uint64_t address; uint32_t length; uint16_t flags, next; };
struct ring {
  struct descriptor descriptors[RING] __attribute__((aligned(64)));
  struct { uint16_t flags, index, ring[RING]; } available __attribute__((aligned(64)));
  struct { uint16_t flags, index; struct { uint32_t id, length; } ring[RING]; } used __attribute__((aligned(64)));
};

static struct ring receive_ring, transmit_ring;
static uint8_t slots[2 * RING][WL_SMALL_SLOT_BYTES] __attribute__((aligned(64)));
static uint8_t in[BATCH][64] __attribute__((aligned(64))), out[BATCH][64] __attribute__((aligned(64)));

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define WRITE 2 /* VIRTQ_DESC_F_WRITE */
#define ROOM (HEADER + WL_SMALL_DATA_BYTES)

/* Nobody sleeps here. */
#define CALLED_BY(flags, unwanted) if (UNLIKELY((__atomic_load_n(&(flags), __ATOMIC_RELAXED) & (unwanted)) == 0)) abort()
#define BY_FOURS _Pragma("unroll 4")

struct counts { uint64_t packets, bytes, wrong; };

/* The driver's: numbers of buffers that hold nothing, the one used last on top. */
static uint32_t empty[2 * RING], empty_count;
static uint32_t offered[RING], sent[RING];
static uint16_t receive_seen, transmit_seen;
static struct counts driver_received, driver_sent, device_sent, device_received;

static uint8_t *buffer_of(uint32_t number) { return slots[number] + WL_SLOT_HEADER_BYTES + WL_HEADROOM_BYTES - HEADER; }

APART void driver_refill(void) {
  uint16_t next = receive_ring.available.index;
  while ((uint16_t)(next - receive_seen) < RING && empty_count != 0) {
    const uint32_t number = empty[--empty_count];
    offered[next % RING] = number;
    receive_ring.descriptors[next % RING].address = (uintptr_t)buffer_of(number);
    next += 1;
  }
  __atomic_store_n(&receive_ring.available.index, next, __ATOMIC_RELEASE);
}

APART void driver_round(void) {
  const uint16_t done = __atomic_load_n(&transmit_ring.used.index, __ATOMIC_ACQUIRE);
  uint16_t next = transmit_ring.available.index;
  if (UNLIKELY((uint16_t)(done - transmit_seen) > (uint16_t)(next - transmit_seen))) abort();
  for (; transmit_seen != done; transmit_seen += 1) empty[empty_count++] = sent[transmit_seen % RING];
  const uint16_t ready = __atomic_load_n(&receive_ring.used.index, __ATOMIC_ACQUIRE);
  if (UNLIKELY((uint16_t)(ready - receive_seen) > (uint16_t)(receive_ring.available.index - receive_seen))) abort();
  uint64_t packets = 0, bytes = 0;
  BY_FOURS
  for (; receive_seen != ready; receive_seen += 1) {
    const uint32_t place = receive_seen % RING, number = offered[place];
    const uint32_t id = __atomic_load_n(&receive_ring.used.ring[place].id, __ATOMIC_RELAXED), length = __atomic_load_n(&receive_ring.used.ring[place].length, __ATOMIC_RELAXED);
    uint8_t *buffer = buffer_of(number);
    if (UNLIKELY(id != place || length < HEADER || length > ROOM || (uint16_t)(next - transmit_seen) >= RING)) {
      driver_received.wrong += 1;
      empty[empty_count++] = number;
      continue;
    }
    packets += 1;
    bytes += length - HEADER;
    sent[next % RING] = number;
    transmit_ring.descriptors[next % RING].address = (uintptr_t)buffer;
    transmit_ring.descriptors[next % RING].length = length;
    next += 1;
  }
  driver_received.packets += packets, driver_sent.packets += packets;
  driver_received.bytes += bytes, driver_sent.bytes += bytes;
  __atomic_store_n(&transmit_ring.available.index, next, __ATOMIC_RELEASE);
  fence();
  CALLED_BY(transmit_ring.used.flags, WL_VIRTQ_USED_F_NO_NOTIFY);
  driver_refill();
}

/* The buffer of a descriptor, which the driver may change at any time, and how long it is; 0: it lies elsewhere, or is of
 * the other direction. */
static inline uint32_t taken_buffer(const struct ring *ring, uint16_t id, uint16_t direction, uint8_t **buffer) {
  const struct descriptor *shared = &ring->descriptors[id];
  const uint64_t address = __atomic_load_n(&shared->address, __ATOMIC_RELAXED);
  const uint32_t length = __atomic_load_n(&shared->length, __ATOMIC_RELAXED);
  const uint16_t flags = __atomic_load_n(&shared->flags, __ATOMIC_RELAXED);
  const uint64_t from = (uintptr_t)slots, to = from + sizeof slots;
  *buffer = (uint8_t *)(uintptr_t)address;
  return flags == direction && address >= from && address <= to && length <= to - address ? length : 0;
}

APART uint32_t device_put(void) {
  const uint16_t end = __atomic_load_n(&receive_ring.available.index, __ATOMIC_ACQUIRE);
  uint16_t next = receive_ring.used.index;
  uint32_t count = 0;
  if (UNLIKELY((uint16_t)(end - next) > RING)) abort();
  BY_FOURS
  for (; count < BATCH && next != end; next += 1) {
    uint8_t *buffer;
    const uint16_t id = next % RING;
    const uint32_t room = taken_buffer(&receive_ring, id, WRITE, &buffer);
    receive_ring.used.ring[id].id = id;
    receive_ring.used.ring[id].length = 0;
    if (UNLIKELY(room < HEADER + sizeof in[0])) {
      device_sent.wrong += 1;
      continue;
    }
    memcpy(buffer + HEADER, in[count], sizeof in[count]);
    receive_ring.used.ring[id].length = HEADER + WL_CROSSING_FRAME_BYTES;
    count += 1;
  }
  device_sent.packets += count;
  device_sent.bytes += count * WL_CROSSING_FRAME_BYTES;
  __atomic_store_n(&receive_ring.used.index, next, __ATOMIC_RELEASE);
  fence();
  CALLED_BY(receive_ring.available.flags, WL_VIRTQ_AVAIL_F_NO_INTERRUPT);
  return count;
}

APART uint32_t device_take(void) {
  const uint16_t end = __atomic_load_n(&transmit_ring.available.index, __ATOMIC_ACQUIRE);
  uint16_t next = transmit_ring.used.index;
  uint32_t count = 0;
  uint64_t bytes = 0;
  if (UNLIKELY((uint16_t)(end - next) > RING)) abort();
  BY_FOURS
  for (; count < BATCH && next != end; next += 1) {
    uint8_t *buffer;
    const uint16_t id = next % RING;
    const uint32_t length = taken_buffer(&transmit_ring, id, 0, &buffer);
    if (UNLIKELY(length < HEADER || length > HEADER + sizeof out[0])) {
      device_received.wrong += 1;
      continue;
    }
    memcpy(out[count], buffer + HEADER, sizeof out[count]);
    bytes += length - HEADER;
    count += 1;
  }
  device_received.packets += count;
  device_received.bytes += bytes;
  const uint16_t last = (uint16_t)(next - 1) % RING;
  transmit_ring.used.ring[last].id = last;
  transmit_ring.used.ring[last].length = 0;
  __atomic_store_n(&transmit_ring.used.index, next, __ATOMIC_RELEASE);
  fence();
  CALLED_BY(transmit_ring.available.flags, WL_VIRTQ_AVAIL_F_NO_INTERRUPT);
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
  for (uint32_t id = 0; id < RING; id += 1) {
    receive_ring.available.ring[id] = transmit_ring.available.ring[id] = (uint16_t)id;
    receive_ring.descriptors[id] = (struct descriptor){0, ROOM, WRITE, 0};
  }
  for (uint32_t slot = 0; slot < 2 * RING; slot += 1) empty[empty_count++] = slot;
  for (uint32_t index = 0; index < BATCH; index += 1) memset(in[index], (int)index + 1, sizeof in[index]);
  driver_refill();
  receive_ring.used.flags = transmit_ring.used.flags = WL_VIRTQ_USED_F_NO_NOTIFY;
  receive_ring.available.flags = transmit_ring.available.flags = WL_VIRTQ_AVAIL_F_NO_INTERRUPT;
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
  if (memcmp(in, out, sizeof in) != 0 || device_received.packets != driver_sent.packets || driver_received.wrong + device_sent.wrong + device_received.wrong != 0) return 3;
  printf("%llu %.0f %llu %llu\n", (unsigned long long)(2 * taken), cycles, (unsigned long long)ns, (unsigned long long)(put - taken));
  return taken == 0 || put != taken;
}
