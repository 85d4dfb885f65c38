/*
 * A stateful firewall by hand, CONNECTIONS at once: TCP's states as RFC 6146, 3.5.2 has them, UDP; no ICMP, which the
 * measured traffic has none of. A hash table of buckets of four keys, each bucket a cache line and each key in one of
 * two; stages and times beside, a word for each. All packets of a batch are checked and hashed first, then their words
 * are asked for, then they are judged.
 */
#include "wl_reference_hash.h"
#include "wl_reference_ip.h"
#include "wl_reference_stages.h"

#define BUCKETS CONNECTIONS /* four slots for each connection */

struct key {
  uint32_t inside, outside, ports, protocol; /* protocol 0: free */
};

static struct key keys[BUCKETS][4] __attribute__((aligned(64)));
static int64_t words[BUCKETS][4] __attribute__((aligned(64))); /* time << 3 | stage */

WL_INLINE uint32_t hash_of(uint32_t protocol, uint32_t inside, uint32_t outside, uint32_t ports) {
  return keyed_hash(inside, outside, ports, protocol);
}

WL_INLINE uint32_t bucket_of(uint32_t hash, uint32_t side) { return (side == 0 ? hash : (hash * 0x85ebca6bu) >> 7) & (BUCKETS - 1); }

/* The key's place, -1 if it is not there. */
WL_INLINE int32_t find(uint32_t protocol, uint32_t inside, uint32_t outside, uint32_t ports, uint32_t hash) {
  for (uint32_t side = 0; side < 2; side += 1) {
    const uint32_t bucket = bucket_of(hash, side);
    for (uint32_t index = 0; index < 4; index += 1) {
      const struct key *key = &keys[bucket][index];
      if (key->inside == inside && key->outside == outside && key->ports == ports && key->protocol == protocol) return (int32_t)(bucket * 4 + index);
    }
  }
  return -1;
}

/* A place for a new key: the emptier bucket's, or that of the connection which ends first. */
static __attribute__((noinline)) int32_t place_for(uint32_t hash) {
  int32_t places[2] = {-1, -1}, oldest = -1;
  uint32_t room[2] = {0, 0};
  for (uint32_t side = 0; side < 2; side += 1) {
    for (uint32_t index = 0; index < 4; index += 1) {
      const int32_t at = (int32_t)(bucket_of(hash, side) * 4 + index);
      if ((&keys[0][0])[at].protocol == 0) places[side] = at, room[side] += 1;
      else if (oldest < 0 || (&words[0][0])[at] < (&words[0][0])[oldest]) oldest = at;
    }
  }
  if (room[0] + room[1] > 0) return places[room[1] > room[0]];
  wl_count(7, 1);
  return oldest;
}

struct work {
  uint32_t inside, outside, ports, hash;
  uint8_t *ip;
  uint8_t protocol, flags;
};

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  const int64_t now = wl_now_microseconds();
  const bool inside = interface == 0;
  struct work work[WL_BATCH_PACKETS_MAX];
  for (uint32_t index = 0; index < count; index += 1) {
    struct work *w = &work[index];
    uint8_t *ip = frames[index].data + 14;
    w->ip = NULL;
    const uint32_t header = header_before_ports(ip, frames[index].end - ip, 20);
    if (WL_UNLIKELY(header == 0)) continue;
    const uint32_t source = wl_load32(ip + 12), destination = wl_load32(ip + 16), ports = wl_load32(ip + header);
    w->ip = ip;
    w->protocol = ip[9];
    w->flags = ip[9] == 6 ? ip[header + 13] : 0;
    w->inside = inside ? source : destination;
    w->outside = inside ? destination : source;
    w->ports = inside ? ports : ports << 16 | ports >> 16;
    w->hash = hash_of(w->protocol, w->inside, w->outside, w->ports);
    __builtin_prefetch(keys[bucket_of(w->hash, 0)]);
    __builtin_prefetch(words[bucket_of(w->hash, 0)], 1);
  }
  for (uint32_t index = 0; index < count; index += 1) {
    struct work *w = &work[index];
    struct wl_packet *packet = frames[index].packet;
    if (WL_UNLIKELY(w->ip == NULL)) {
      wl_release(packet);
      continue;
    }
    const bool tcp = w->protocol == 6;
    int32_t at = find(w->protocol, w->inside, w->outside, w->ports, w->hash);
    if (WL_UNLIKELY(at >= 0 && (&words[0][0])[at] >> 3 < now)) {
      (&keys[0][0])[at] = (struct key){0};
      at = -1;
    }
    if (WL_UNLIKELY(at < 0)) {
      if (!inside || (tcp && (w->flags & 22) != 2)) {
        wl_count(6, 1);
        wl_release(packet);
        continue;
      }
      at = place_for(w->hash);
      (&keys[0][0])[at] = (struct key){w->inside, w->outside, w->ports, w->protocol};
      (&words[0][0])[at] = ends(now, tcp ? OPENING : ESTABLISHED, tcp);
    } else {
      const uint32_t before = (uint32_t)((&words[0][0])[at] & 7);
      if (WL_LIKELY(before == ESTABLISHED && (w->flags & 5) == 0)) {
        (&words[0][0])[at] = ends(now, ESTABLISHED, tcp);
      } else {
        const uint32_t after = next(before, w->flags, inside);
        if (after != CLOSED || before != CLOSED) (&words[0][0])[at] = ends(now, after, tcp);
      }
    }
    wl_transmit(inside ? 1 : 0, packet, frames[index].data, w->ip + wl_load16(w->ip + 2));
    wl_count(8 + inside, 1);
  }
  wl_count(0, count);
}

#include "wl_bench.h"
