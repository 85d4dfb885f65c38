/*
 * Network address and port translation by hand, CONNECTIONS at once. Each connection has one record of half a cache
 * line, which both its directions share; a table with tags (wl_reference_tags.h), two slots for each direction, leads from
 * either direction's addresses and ports to it. All packets of a batch are checked and hashed first; then their tags are looked at;
 * then their keys; then they are rewritten; each time what is wanted next is asked for. Checksums are updated by one difference
 * each (RFC 1624). nat-one-by-one.c is the same without tags.
 */
#include "wl_reference_tags.h"
#include "wl_reference_ip.h"
#include "wl_reference_nat.h"

#define ENTRIES (4 * CONNECTIONS)

struct key {
  uint32_t source, destination, ports;
  uint32_t rest; /* protocol << 24 | reply << 23 | connection + 1 */
};

static uint8_t tags[ENTRIES] __attribute__((aligned(64)));
static struct key keys[ENTRIES] __attribute__((aligned(64)));

struct work {
  uint32_t source, destination, ports, protocol;
  uint32_t hash, likely, rest;
  uint8_t *ip;
};

/* A direction, hashed. */
WL_INLINE struct work direction(uint32_t protocol, uint32_t source, uint32_t destination, uint32_t ports) {
  return (struct work){source, destination, ports, protocol, .hash = keyed_hash(source, destination, ports, protocol)};
}

WL_INLINE bool is(const struct key *key, const struct work *w) {
  return key->source == w->source && key->destination == w->destination && key->ports == w->ports && key->rest >> 24 == w->protocol;
}

/* The place of a direction's key, -1 if it is not there. */
static __attribute__((noinline)) int64_t find_slowly(const struct work *w) {
  int64_t place;
  FIND_TAGGED(place, tags, w->hash, ENTRIES, at, is(&keys[at], w));
  return place;
}

/* Reply and number plus one of a direction's connection, 0 if there is none; its likely slot is looked at first. */
WL_INLINE uint32_t find(const struct work *w) {
  if (WL_LIKELY(is(&keys[w->likely], w) && tags[w->likely] != 0)) return keys[w->likely].rest & 0xffffff;
  const int64_t at = find_slowly(w);
  return at < 0 ? 0 : keys[at].rest & 0xffffff;
}

WL_INLINE void put(const struct work *w, int64_t at, uint32_t rest) {
  tags[at] = tag_of(w->hash);
  keys[at] = (struct key){w->source, w->destination, w->ports, w->protocol << 24 | rest};
}

static void forget(uint32_t protocol, uint32_t source, uint32_t destination, uint32_t ports) {
  const struct work w = direction(protocol, source, destination, ports);
  const int64_t at = find_slowly(&w);
  if (at >= 0) tags[at] = 0;
}

static void end_connection(uint32_t number) {
  struct connection *c = &connections[number];
  forget(c->protocol, c->inside, c->server, (uint32_t)c->port << 16 | c->server_port);
  forget(c->protocol, c->server, OUTSIDE, (uint32_t)c->server_port << 16 | c->outside_port);
  c->next_free = first_free;
  first_free = number + 1;
}

/* A new connection for what a packet is the first of; its number plus one, or 0. Two full buckets refuse. */
static __attribute__((noinline)) uint32_t begin_connection(const struct work *w, int64_t now) {
  uint32_t port = w->ports >> 16 >= 1024 ? w->ports >> 16 : 1024, attempt = 0, number;
  struct work reply;
  for (; attempt < TRIES; attempt += 1, port = port == 65535 ? 1024 : port + 1) {
    reply = direction(w->protocol, w->destination, OUTSIDE, w->ports << 16 | port);
    const int64_t taken = find_slowly(&reply);
    if (taken < 0) break;
    number = (keys[taken].rest & 0x7fffff) - 1;
    if (connections[number].expires < now) {
      end_connection(number);
      break;
    }
  }
  const int64_t at = free_slot(tags, w->hash, ENTRIES);
  if (attempt == TRIES || at < 0) return 0;
  number = first_free != 0 ? first_free - 1 : used;
  if (number == CONNECTIONS) return 0;
  put(w, at, number + 1);
  const int64_t reply_at = free_slot(tags, reply.hash, ENTRIES);
  if (reply_at < 0) {
    tags[at] = 0;
    return 0;
  }
  put(&reply, reply_at, 1u << 23 | (number + 1));
  if (first_free != 0) first_free = connections[number].next_free;
  else used += 1;
  connections[number] = (struct connection){.inside = w->source, .server = w->destination, .port = (uint16_t)(w->ports >> 16), .outside_port = (uint16_t)port, .server_port = (uint16_t)w->ports, .stage = OPENED, .protocol = (uint8_t)w->protocol};
  return number + 1;
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  const int64_t now = wl_now_microseconds();
  struct work work[WL_BATCH_PACKETS_MAX];
  for (uint32_t index = 0; index < count; index += 1) {
    struct work *w = &work[index];
    uint8_t *ip = frames[index].data + 14;
    w->ip = NULL;
    const uint32_t header = header_before_ports(ip, frames[index].end - ip, 18);
    if (WL_UNLIKELY(header == 0)) continue;
    w->protocol = ip[9];
    w->ip = ip;
    w->source = wl_load32(ip + 12);
    w->destination = wl_load32(ip + 16);
    w->ports = wl_load32(ip + header);
    w->hash = keyed_hash(w->source, w->destination, w->ports, w->protocol);
    __builtin_prefetch(&tags[bucket_of(w->hash, 0, ENTRIES)]);
  }
  for (uint32_t index = 0; index < count; index += 1) {
    struct work *w = &work[index];
    if (WL_UNLIKELY(w->ip == NULL)) continue;
    w->likely = likely_slot(tags, w->hash, ENTRIES);
    __builtin_prefetch(&keys[w->likely]);
  }
  for (uint32_t index = 0; index < count; index += 1) {
    struct work *w = &work[index];
    if (WL_UNLIKELY(w->ip == NULL)) continue;
    w->rest = find(w);
    __builtin_prefetch(&connections[(w->rest & 0x7fffff) - 1], 1);
  }
  for (uint32_t index = 0; index < count; index += 1) {
    struct work *w = &work[index];
    struct wl_packet *packet = frames[index].packet;
    if (WL_UNLIKELY(w->ip == NULL)) {
      wl_release(packet);
      continue;
    }
    uint32_t number = w->rest & 0x7fffff;
    if (WL_UNLIKELY(number != 0 && connections[number - 1].expires < now)) {
      end_connection(number - 1);
      number = 0;
    }
    if (WL_UNLIKELY(number == 0)) {
      /* An earlier packet of this batch may have begun it. */
      w->rest = find(w);
      if (w->rest == 0 && interface == 0) w->rest = begin_connection(w, now);
      number = w->rest & 0x7fffff;
      if (number == 0) {
        wl_count(6, 1);
        wl_release(packet);
        continue;
      }
    }
    struct connection *c = &connections[number - 1];
    const bool reply = w->rest >> 23 & 1;
    translate(c, reply, w->ip, w->protocol, w->source, w->destination, w->ports, now);
    wl_transmit(reply ? 0 : 1, packet, frames[index].data, w->ip + wl_load16(w->ip + 2));
    wl_count(8 + reply, 1);
  }
  wl_count(0, count);
}

#include "wl_bench.h"
