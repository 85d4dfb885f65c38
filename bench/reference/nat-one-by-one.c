/*
 * Network address and port translation by hand, CONNECTIONS at once. Each connection has one record of half a cache
 * line, which both its directions share; a hash table of buckets of four keys, each bucket a cache line, leads from
 * either direction's addresses and ports to it. All packets of a batch are checked and hashed first; then their records
 * are asked for; then they are rewritten. Checksums are updated by one difference each (RFC 1624).
 */
#include "wl_reference_hash.h"
#include "wl_reference_ip.h"
#include "wl_reference_nat.h"

#define BUCKETS (2 * CONNECTIONS) /* four slots for each key: full buckets are a matter of luck */

struct key {
  uint32_t source, destination, ports;
  uint32_t rest; /* protocol << 24 | reply << 23 | connection + 1; 0: free */
};

static struct key keys[BUCKETS][4] __attribute__((aligned(64)));

WL_INLINE uint32_t bucket_of(uint32_t protocol, uint32_t source, uint32_t destination, uint32_t ports) {
  return keyed_hash(source, destination, ports, protocol) & (BUCKETS - 1);
}

/* The other bucket where a key may be. */
WL_INLINE uint32_t other_bucket(uint32_t bucket, uint32_t mixed) { return (bucket ^ (mixed * 0x85ebca6bu >> 7 | 1)) & (BUCKETS - 1); }

/* The key's place, NULL if it is not there; `room` becomes a free place in the bucket that has more of them. */
WL_INLINE struct key *find(uint32_t protocol, uint32_t source, uint32_t destination, uint32_t ports, uint32_t bucket, struct key **room) {
  uint32_t most = 0;
  for (uint32_t side = 0; side < 2; side += 1) {
    struct key *const slots = keys[side == 0 ? bucket : other_bucket(bucket, ports ^ source ^ destination)];
    struct key *free_slot = NULL;
    uint32_t count = 0;
    for (uint32_t index = 0; index < 4; index += 1) {
      struct key *key = &slots[index];
      if (key->source == source && key->destination == destination && key->ports == ports && key->rest >> 24 == protocol && key->rest != 0) return key;
      if (room != NULL && key->rest == 0) count += 1, free_slot = key;
    }
    /* The first bucket is preferred while it has two slots to spare. */
    if (count > most && (side == 0 || most < 3)) most = count, *room = free_slot;
  }
  return NULL;
}

static struct key *look_up(uint32_t protocol, uint32_t source, uint32_t destination, uint32_t ports, struct key **room) {
  return find(protocol, source, destination, ports, bucket_of(protocol, source, destination, ports), room);
}

static void end_connection(uint32_t number) {
  struct connection *c = &connections[number];
  struct key *key = look_up(c->protocol, c->inside, c->server, (uint32_t)c->port << 16 | c->server_port, NULL);
  struct key *reply = look_up(c->protocol, c->server, OUTSIDE, (uint32_t)c->server_port << 16 | c->outside_port, NULL);
  if (key) key->rest = 0;
  if (reply) reply->rest = 0;
  c->next_free = first_free;
  first_free = number + 1;
}

/* A new connection; its number plus one, or 0. Two full buckets refuse: three of four slots are free. */
static __attribute__((noinline)) uint32_t begin_connection(uint32_t protocol, uint32_t source, uint32_t destination, uint32_t ports, int64_t now) {
  uint32_t port = ports >> 16 >= 1024 ? ports >> 16 : 1024, attempt = 0;
  struct key *room = NULL, *reply_room = NULL, *taken;
  for (; attempt < TRIES; attempt += 1, port = port == 65535 ? 1024 : port + 1) {
    reply_room = NULL;
    taken = look_up(protocol, destination, OUTSIDE, (ports & 0xffff) << 16 | port, &reply_room);
    if (taken == NULL) break;
    const uint32_t number = (taken->rest & 0x7fffff) - 1;
    if (connections[number].expires < now) {
      end_connection(number);
      reply_room = taken;
      break;
    }
  }
  look_up(protocol, source, destination, ports, &room);
  if (attempt == TRIES || room == NULL || reply_room == NULL) return 0;
  uint32_t number;
  if (first_free != 0) {
    number = first_free - 1;
    first_free = connections[number].next_free;
  } else if (used < CONNECTIONS) {
    number = used++;
  } else return 0;
  connections[number] = (struct connection){.inside = source, .server = destination, .port = (uint16_t)(ports >> 16), .outside_port = (uint16_t)port, .server_port = (uint16_t)ports, .stage = OPENED, .protocol = (uint8_t)protocol};
  *room = (struct key){source, destination, ports, protocol << 24 | (number + 1)};
  if (reply_room == room) {
    reply_room = NULL;
    look_up(protocol, destination, OUTSIDE, (ports & 0xffff) << 16 | port, &reply_room);
    if (reply_room == NULL) {
      room->rest = 0;
      connections[number].next_free = first_free;
      first_free = number + 1;
      return 0;
    }
  }
  *reply_room = (struct key){destination, OUTSIDE, (ports & 0xffff) << 16 | port, protocol << 24 | 1u << 23 | (number + 1)};
  return number + 1;
}

struct work {
  uint32_t source, destination, ports, bucket, rest;
  uint8_t *ip;
  uint8_t protocol;
};

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
    w->bucket = bucket_of(w->protocol, w->source, w->destination, w->ports);
    if (CONNECTIONS > 2048) __builtin_prefetch(keys[w->bucket]);
  }
  for (uint32_t index = 0; index < count; index += 1) {
    struct work *w = &work[index];
    if (w->ip == NULL) continue;
    const struct key *key = find(w->protocol, w->source, w->destination, w->ports, w->bucket, NULL);
    w->rest = key ? key->rest & 0xffffff : 0;
    if (CONNECTIONS > 2048) __builtin_prefetch(&connections[(w->rest & 0x7fffff) - 1], 1);
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
      const struct key *key = look_up(w->protocol, w->source, w->destination, w->ports, NULL);
      w->rest = key ? key->rest & 0xffffff : interface == 0 ? begin_connection(w->protocol, w->source, w->destination, w->ports, now) : 0;
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
