/*
 * A learning switch with four ports by hand: a table of ADDRESSES stations in buckets of eight words, each a cache
 * line: 48 bits of address and a port. Times lie beside in an array of their own. All stations of a batch are hashed
 * first and their lines asked for, then the frames are switched.
 */
#define WL_INTERFACE_COUNT 4
#include "wl_reference_hash.h"

#define BUCKETS (ADDRESSES / 4)
#define AGE_US INT64_C(300000000)

static uint64_t stations[BUCKETS][8] __attribute__((aligned(64)));
static int64_t times[BUCKETS][8] __attribute__((aligned(64)));

WL_INLINE uint32_t bucket_of(uint64_t address) { return keyed_hash_48(address) & (BUCKETS - 1); }

/* The place of a station in its bucket or the next three, -1 if there is none; `room` becomes where it might go. */
WL_INLINE int64_t find(uint64_t address, uint32_t bucket, int64_t *room) {
  for (uint32_t side = 0; side < 4; side += 1) {
    const uint32_t at = (bucket + side) & (BUCKETS - 1);
    for (uint32_t index = 0; index < 8; index += 1) {
      const uint64_t station = stations[at][index];
      if (station >> 8 == address && station != 0) return at * 8 + index;
      if (station == 0) {
        if (room != NULL) *room = at * 8 + index;
        return -1;
      }
    }
  }
  return -1;
}

static __attribute__((noinline)) void flood(uint32_t port, struct wl_packet *packet, uint8_t *data, uint8_t *end) {
  /* From the last port to the first, as Click's. */
  const uint32_t last = port == 0 ? 1 : 0;
  wl_count(4, 1);
  for (uint32_t other = 3; other > last; other -= 1) {
    if (other == port) continue;
    struct wl_packet *copy = wl_packet_clone(packet, data, end);
    if (copy == NULL) continue;
    const ptrdiff_t by = (uint8_t *)copy - (uint8_t *)packet;
    wl_transmit(other, copy, data + by, end + by);
  }
  wl_transmit(last, packet, data, end);
}

static void wl_graph_receive(uint32_t port, const struct wl_frame *frames, uint32_t count) {
  const int64_t now = wl_now_microseconds();
  uint32_t from[WL_BATCH_PACKETS_MAX], to[WL_BATCH_PACKETS_MAX];
  for (uint32_t index = 0; index < count; index += 1) {
    const uint8_t *data = frames[index].data;
    to[index] = bucket_of(wl_load48(data));
    from[index] = bucket_of(wl_load48(data + 6));
    if (ADDRESSES > 16384) {
      __builtin_prefetch(stations[to[index]]);
      __builtin_prefetch(stations[from[index]]);
      __builtin_prefetch(times[to[index]]);
      __builtin_prefetch(times[from[index]], 1);
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
      int64_t room = -1, at = find(source, from[index], &room);
      if (at < 0) at = room;
      if (at >= 0) {
        const uint64_t station = source << 8 | (port + 1);
        if ((&stations[0][0])[at] != station) {
          if ((&stations[0][0])[at] != 0) wl_count(6, 1);
          (&stations[0][0])[at] = station;
        }
        (&times[0][0])[at] = now;
      }
    }
    const int64_t at = find(destination, to[index], NULL);
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
