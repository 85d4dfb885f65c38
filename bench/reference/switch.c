/*
 * A learning switch with four ports by hand: a table of ADDRESSES stations with tags (wl_reference_tags.h), where a station is 48
 * bits of address and a port in one word, and beside it when it was heard of. Where both buckets are full the station that was
 * heard of longest ago gives way. All stations of a batch are hashed first, then found by their tags, then the frames are
 * switched; each time what is wanted next is asked for if the table is large. switch-one-by-one.c is the same without tags.
 */
#define WL_INTERFACE_COUNT 4
#include "wl_reference_tags.h"
#include "wl_reference_flood.h"

#define STATIONS (2 * ADDRESSES)
#define LARGE (ADDRESSES > 16384)
#define AGE_US INT64_C(300000000)

static uint8_t tags[STATIONS] __attribute__((aligned(64)));
static struct station {
  uint64_t word; /* address << 8 | port + 1 */
  int64_t heard;
} stations[STATIONS] __attribute__((aligned(64)));

static __attribute__((noinline)) int64_t find_slowly(uint64_t address, uint32_t hash) {
  int64_t place;
  FIND_TAGGED(place, tags, hash, STATIONS, at, stations[at].word >> 8 == address);
  return place;
}

/* The place of a station, -1 if there is none; `likely` is looked at first. */
WL_INLINE int64_t find(uint64_t address, uint32_t hash, uint32_t likely) {
  return WL_LIKELY(stations[likely].word >> 8 == address && tags[likely] != 0) ? likely : find_slowly(address, hash);
}

/* A place for a station that is nowhere: a free one, or that of the station which was heard of longest ago. */
static __attribute__((noinline)) int64_t make_room(uint32_t hash) {
  int64_t at = free_slot(tags, hash, STATIONS);
  if (at < 0) {
    at = bucket_of(hash, 0, STATIONS);
    for (uint32_t index = 1; index < 2 * SLOTS; index += 1) {
      const uint32_t other = bucket_of(hash, index / SLOTS, STATIONS) + index % SLOTS;
      if (stations[other].heard < stations[at].heard) at = other;
    }
  }
  tags[at] = tag_of(hash);
  stations[at].word = 0;
  return at;
}

static void wl_graph_receive(uint32_t port, const struct wl_frame *frames, uint32_t count) {
  const int64_t now = wl_now_microseconds();
  struct { uint32_t hash, likely; } from[WL_BATCH_PACKETS_MAX], to[WL_BATCH_PACKETS_MAX];
  for (uint32_t index = 0; index < count; index += 1) {
    const uint8_t *data = frames[index].data;
    to[index].hash = keyed_hash_48(wl_load48(data));
    from[index].hash = keyed_hash_48(wl_load48(data + 6));
    if (LARGE) {
      __builtin_prefetch(&tags[bucket_of(to[index].hash, 0, STATIONS)]);
      __builtin_prefetch(&tags[bucket_of(from[index].hash, 0, STATIONS)]);
    }
  }
  for (uint32_t index = 0; index < count; index += 1) {
    to[index].likely = likely_slot(tags, to[index].hash, STATIONS);
    from[index].likely = likely_slot(tags, from[index].hash, STATIONS);
    if (LARGE) {
      __builtin_prefetch(&stations[to[index].likely]);
      __builtin_prefetch(&stations[from[index].likely], 1);
    }
  }
  for (uint32_t index = 0; index < count; index += 1) {
    struct wl_packet *packet = frames[index].packet;
    uint8_t *data = frames[index].data, *end = frames[index].end;
    if (WL_UNLIKELY(end - data < 14)) {
      wl_count(5, 1);
      wl_release(packet);
      continue;
    }
    const uint64_t source = wl_load48(data + 6), destination = wl_load48(data);
    if (WL_LIKELY((source >> 40 & 1) == 0)) {
      int64_t at = find(source, from[index].hash, from[index].likely);
      if (WL_UNLIKELY(at < 0)) at = make_room(from[index].hash);
      const uint64_t station = source << 8 | (port + 1);
      if (WL_UNLIKELY(stations[at].word != station)) {
        if (stations[at].word != 0) wl_count(6, 1);
        stations[at].word = station;
      }
      stations[at].heard = now;
    }
    const int64_t at = find(destination, to[index].hash, to[index].likely);
    if (WL_UNLIKELY(at < 0 || now - stations[at].heard > AGE_US)) {
      flood(port, packet, data, end);
      continue;
    }
    const uint32_t segment = (stations[at].word & 0xff) - 1;
    if (WL_UNLIKELY(segment == port)) {
      wl_count(7, 1);
      wl_release(packet);
    } else {
      wl_transmit(segment, packet, data, end);
      wl_count(segment, 1);
    }
  }
}

#include "wl_bench.h"
