/*
 * A stateful firewall by hand, CONNECTIONS at once: TCP's states as RFC 6146, 3.5.2 has them, UDP; no ICMP, which the
 * measured traffic has none of. A table with tags (wl_reference_tags.h), two slots for each connection, of half a cache line each:
 * key, stage and time. All packets of a batch are checked and hashed first, then their tags are looked at, then they are
 * judged; each time what is wanted next is asked for. conntrack-one-by-one.c is the same without tags.
 */
#include "wl_reference_tags.h"
#include "wl_reference_ip.h"
#include "wl_reference_stages.h"

#define ENTRIES (2 * CONNECTIONS)

static uint8_t tags[ENTRIES] __attribute__((aligned(64)));
static struct entry {
  uint32_t inside, outside, ports, protocol;
  int64_t word; /* time << 3 | stage */
} __attribute__((aligned(32))) entries[ENTRIES];

struct work {
  uint32_t inside, outside, ports, protocol;
  uint32_t hash, likely;
  uint8_t *ip;
  uint8_t flags;
};

WL_INLINE bool is(const struct entry *entry, const struct work *w) {
  return entry->inside == w->inside && entry->outside == w->outside && entry->ports == w->ports && entry->protocol == w->protocol;
}

static __attribute__((noinline)) int64_t find_slowly(const struct work *w) {
  int64_t place;
  FIND_TAGGED(place, tags, w->hash, ENTRIES, at, is(&entries[at], w));
  return place;
}

/* The place of a packet's connection, -1 if there is none. */
WL_INLINE int64_t find(const struct work *w) { return WL_LIKELY(is(&entries[w->likely], w) && tags[w->likely] != 0) ? w->likely : find_slowly(w); }

/* A place for a new connection: a free one, or that of the connection which ends first. */
static __attribute__((noinline)) int64_t place_for(uint32_t hash) {
  int64_t at = free_slot(tags, hash, ENTRIES);
  if (at >= 0) return at;
  wl_count(7, 1);
  at = bucket_of(hash, 0, ENTRIES);
  for (uint32_t index = 1; index < 2 * SLOTS; index += 1) {
    const uint32_t other = bucket_of(hash, index / SLOTS, ENTRIES) + index % SLOTS;
    if (entries[other].word < entries[at].word) at = other;
  }
  return at;
}

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
    w->hash = keyed_hash(w->inside, w->outside, w->ports, w->protocol);
    __builtin_prefetch(&tags[bucket_of(w->hash, 0, ENTRIES)]);
  }
  for (uint32_t index = 0; index < count; index += 1) {
    struct work *w = &work[index];
    if (WL_UNLIKELY(w->ip == NULL)) continue;
    w->likely = likely_slot(tags, w->hash, ENTRIES);
    __builtin_prefetch(&entries[w->likely], 1);
  }
  for (uint32_t index = 0; index < count; index += 1) {
    struct work *w = &work[index];
    struct wl_packet *packet = frames[index].packet;
    if (WL_UNLIKELY(w->ip == NULL)) {
      wl_release(packet);
      continue;
    }
    const bool tcp = w->protocol == 6;
    int64_t at = find(w);
    if (WL_UNLIKELY(at >= 0 && entries[at].word >> 3 < now)) {
      tags[at] = 0;
      at = -1;
    }
    if (WL_UNLIKELY(at < 0)) {
      if (!inside || (tcp && (w->flags & 22) != 2)) {
        wl_count(6, 1);
        wl_release(packet);
        continue;
      }
      at = place_for(w->hash);
      tags[at] = tag_of(w->hash);
      entries[at] = (struct entry){w->inside, w->outside, w->ports, w->protocol, ends(now, tcp ? OPENING : ESTABLISHED, tcp)};
    } else {
      const uint32_t before = (uint32_t)(entries[at].word & 7);
      if (WL_LIKELY(before == ESTABLISHED && (w->flags & 5) == 0)) {
        entries[at].word = ends(now, ESTABLISHED, tcp);
      } else {
        const uint32_t after = next(before, w->flags, inside);
        if (after != CLOSED || before != CLOSED) entries[at].word = ends(now, after, tcp);
      }
    }
    wl_transmit(inside ? 1 : 0, packet, frames[index].data, w->ip + wl_load16(w->ip + 2));
    wl_count(8 + inside, 1);
  }
  wl_count(0, count);
}

#include "wl_bench.h"
