/*
 * A learning switch with four ports by hand: a table of ADDRESSES stations in buckets of eight words, each a cache
 * line: 48 bits of address and a port. Times lie beside in an array of their own. A station goes to one of two buckets,
 * to the second only once the first is nearly full, and where both are full the one that was heard of longest ago gives
 * way, as in the tables of graphs (src/kit/table.ts): buckets in a row instead of the second lost stations, as hashes of
 * addresses that differ a little lie close together. All stations of a batch are hashed first and their lines asked
 * for, then the frames are switched.
 */
#define WL_INTERFACE_COUNT 4
#include "wl_reference_hash.h"
#include "wl_reference_flood.h"

#define BUCKETS (ADDRESSES / 4)
#define SLOTS 8
/* A first bucket with fewer stations takes a new one without a look at the second. */
#define ROOM_TO_SPARE (SLOTS * BUCKETS > 65536 ? 6 : 7)
#define AGE_US INT64_C(300000000)

static uint64_t stations[BUCKETS][SLOTS] __attribute__((aligned(64)));
static int64_t times[BUCKETS][SLOTS] __attribute__((aligned(64)));

/* Both buckets, as they were drawn from the hash: the first is the lower half, the second is made of it where it is wanted. */
WL_INLINE uint32_t hash_of(uint64_t address) { return keyed_hash_48(address); }
WL_INLINE uint32_t first_of(uint32_t hash) { return hash & (BUCKETS - 1); }
WL_INLINE uint32_t second_of(uint32_t hash) { return ((hash * 0x9e3779b1u) >> 8) & (BUCKETS - 1); }

/* The place of a station in a bucket, or -1; buckets fill up from their first word, `*filled` becomes how far. */
WL_INLINE int64_t find_in(uint64_t address, uint32_t bucket, uint32_t *filled) {
  for (uint32_t index = 0; index < SLOTS; index += 1) {
    const uint64_t station = stations[bucket][index];
    if (station >> 8 == address && station != 0) return (int64_t)bucket * SLOTS + index;
    if (station == 0) {
      *filled = index;
      return -1;
    }
  }
  *filled = SLOTS;
  return -1;
}

/* The place of a station, -1 if there is none. */
WL_INLINE int64_t find(uint64_t address, uint32_t hash) {
  uint32_t filled;
  const int64_t at = find_in(address, first_of(hash), &filled);
  if (WL_LIKELY(at >= 0 || filled < ROOM_TO_SPARE)) return at;
  return find_in(address, second_of(hash), &filled);
}

/* Makes room for a station that is nowhere: its place, which is empty. */
static __attribute__((noinline)) int64_t make_room(uint64_t address, uint32_t hash) {
  const uint32_t first = first_of(hash), second = second_of(hash);
  uint32_t in_first, in_second;
  (void)find_in(address, first, &in_first);
  if (in_first < ROOM_TO_SPARE) return (int64_t)first * SLOTS + in_first;
  (void)find_in(address, second, &in_second);
  if (in_first <= in_second && in_first < SLOTS) return (int64_t)first * SLOTS + in_first;
  if (in_second < SLOTS) return (int64_t)second * SLOTS + in_second;
  int64_t oldest = (int64_t)first * SLOTS;
  for (uint32_t index = 0; index < 2 * SLOTS; index += 1) {
    const int64_t at = index < SLOTS ? (int64_t)first * SLOTS + index : (int64_t)second * SLOTS + index - SLOTS;
    if ((&times[0][0])[at] < (&times[0][0])[oldest]) oldest = at;
  }
  (&stations[0][0])[oldest] = 0;
  return oldest;
}

static void wl_graph_receive(uint32_t port, const struct wl_frame *frames, uint32_t count) {
  const int64_t now = wl_now_microseconds();
  uint32_t from[WL_BATCH_PACKETS_MAX], to[WL_BATCH_PACKETS_MAX];
  for (uint32_t index = 0; index < count; index += 1) {
    const uint8_t *data = frames[index].data;
    to[index] = hash_of(wl_load48(data));
    from[index] = hash_of(wl_load48(data + 6));
    if (ADDRESSES > 16384) {
      __builtin_prefetch(stations[first_of(to[index])]);
      __builtin_prefetch(stations[first_of(from[index])]);
      __builtin_prefetch(times[first_of(to[index])]);
      __builtin_prefetch(times[first_of(from[index])], 1);
    }
  }
  for (uint32_t index = 0; index < count; index += 1) {
    struct wl_packet *packet = frames[index].packet;
    uint8_t *data = frames[index].data, *end = frames[index].end;
    if (end - data < 14) {
      wl_count(5, 1);
      wl_release(packet);
      continue;
    }
    const uint64_t source = wl_load48(data + 6), destination = wl_load48(data);
    if ((source >> 40 & 1) == 0) {
      int64_t at = find(source, from[index]);
      if (WL_UNLIKELY(at < 0)) at = make_room(source, from[index]);
      const uint64_t station = source << 8 | (port + 1);
      if ((&stations[0][0])[at] != station) {
        if ((&stations[0][0])[at] != 0) wl_count(6, 1);
        (&stations[0][0])[at] = station;
      }
      (&times[0][0])[at] = now;
    }
    const int64_t at = find(destination, to[index]);
    if (at < 0 || now - (&times[0][0])[at] > AGE_US) {
      flood(port, packet, data, end);
      continue;
    }
    const uint32_t segment = ((&stations[0][0])[at] & 0xff) - 1;
    if (segment == port) {
      wl_count(7, 1);
      wl_release(packet);
    } else {
      wl_transmit(segment, packet, data, end);
      wl_count(segment, 1);
    }
  }
}

#include "wl_bench.h"
