/*
 * Network address and port translation with rte_hash for its table: both directions of a connection are keys of 16 bytes
 * whose value is the connection's number, and a batch is looked up together. Rewriting and timing are as by hand
 * (bench/reference/nat.c).
 */
#include "wl_peer.h"
#include <rte_hash.h>
#include <rte_hash_crc.h>

#define OUTSIDE 0xc0000201u
#define SECONDS INT64_C(1000000)
#define TRIES 32

enum stage { OPENED, ANSWERED, CLOSING };

struct key {
  uint32_t source, destination, ports, protocol;
};

struct connection {
  int64_t expires;
  uint32_t inside, server;
  uint16_t port, outside_port, server_port;
  uint8_t stage, protocol;
  uint32_t next_free;
};

static struct rte_hash *table;
static struct connection connections[CONNECTIONS] __attribute__((aligned(64)));
static uint32_t used, first_free;

/* A value: the connection's number plus one, and whether the key is of its answers. */
#define REPLY (UINT64_C(1) << 32)

static void wl_graph_initialize(void) {
  peer_begin();
  const struct rte_hash_parameters parameters = {.name = "connections", .entries = CONNECTIONS * 5 / 2, .key_len = sizeof(struct key), .hash_func = rte_hash_crc, .socket_id = SOCKET_ID_ANY};
  table = rte_hash_create(&parameters);
  if (table == NULL) peer_fail("rte_hash_create");
}

static uint64_t look_up(const struct key *key) {
  void *value = NULL;
  return rte_hash_lookup_data(table, key, &value) < 0 ? 0 : (uint64_t)(uintptr_t)value;
}

static void end_connection(uint32_t number) {
  struct connection *c = &connections[number];
  const struct key key = {c->inside, c->server, (uint32_t)c->port << 16 | c->server_port, c->protocol};
  const struct key reply = {c->server, OUTSIDE, (uint32_t)c->server_port << 16 | c->outside_port, c->protocol};
  rte_hash_del_key(table, &key);
  rte_hash_del_key(table, &reply);
  c->next_free = first_free;
  first_free = number + 1;
}

/* A new connection: the value of its first key, or 0. */
static __attribute__((noinline)) uint64_t begin_connection(const struct key *key, int64_t now) {
  struct key reply = {key->destination, OUTSIDE, 0, key->protocol};
  uint32_t port = key->ports >> 16 >= 1024 ? key->ports >> 16 : 1024, attempt = 0;
  for (; attempt < TRIES; attempt += 1, port = port == 65535 ? 1024 : port + 1) {
    reply.ports = (key->ports & 0xffff) << 16 | port;
    const uint64_t taken = look_up(&reply);
    if (taken == 0) break;
    const uint32_t number = (uint32_t)taken - 1;
    if (connections[number].expires < now) {
      end_connection(number);
      break;
    }
  }
  if (attempt == TRIES) return 0;
  uint32_t number;
  if (first_free != 0) {
    number = first_free - 1;
    first_free = connections[number].next_free;
  } else if (used < CONNECTIONS) {
    number = used++;
  } else return 0;
  connections[number] = (struct connection){.inside = key->source, .server = key->destination, .port = (uint16_t)(key->ports >> 16), .outside_port = (uint16_t)port, .server_port = (uint16_t)key->ports, .stage = OPENED, .protocol = (uint8_t)key->protocol};
  if (rte_hash_add_key_data(table, key, (void *)(uintptr_t)(number + 1)) != 0 || rte_hash_add_key_data(table, &reply, (void *)(uintptr_t)(REPLY | (number + 1))) != 0) {
    end_connection(number);
    return 0;
  }
  return number + 1;
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  const int64_t now = wl_now_microseconds();
  struct key keys[WL_BATCH_PACKETS_MAX];
  const void *pointers[WL_BATCH_PACKETS_MAX];
  void *values[WL_BATCH_PACKETS_MAX];
  uint32_t asked[WL_BATCH_PACKETS_MAX], wanted = 0;
  uint64_t hits = 0;
  for (uint32_t index = 0; index < count; index += 1) {
    uint8_t *ip = frames[index].data + 14;
    uint32_t wrong = wrong_header(ip, frames[index].end - ip);
    const uint32_t header = wrong ? 0 : (ip[0] & 15) * 4u;
    if (!wrong && ((ip[9] != 6 && ip[9] != 17) || (wl_load16(ip + 6) & 0x1fff) != 0 || wl_load16(ip + 2) - (int64_t)header < (ip[9] == 6 ? 18 : 8))) wrong = 5;
    if (WL_UNLIKELY(wrong)) {
      wl_count(wrong, 1);
      wl_release(frames[index].packet);
      continue;
    }
    keys[wanted] = (struct key){wl_load32(ip + 12), wl_load32(ip + 16), wl_load32(ip + header), ip[9]};
    pointers[wanted] = &keys[wanted];
    asked[wanted++] = index;
  }
  if (wanted > 0) rte_hash_lookup_bulk_data(table, pointers, wanted, &hits, values);
  for (uint32_t index = 0; index < wanted; index += 1) {
    const struct wl_frame *frame = &frames[asked[index]];
    const struct key *key = &keys[index];
    uint64_t value = hits >> index & 1 ? (uint64_t)(uintptr_t)values[index] : 0;
    if (WL_UNLIKELY(value != 0 && connections[(uint32_t)value - 1].expires < now)) {
      end_connection((uint32_t)value - 1);
      value = 0;
    }
    if (WL_UNLIKELY(value == 0)) {
      /* An earlier packet of this batch may have begun it. */
      value = look_up(key);
      if (value == 0 && interface == 0) value = begin_connection(key, now);
      if (value == 0) {
        wl_count(6, 1);
        wl_release(frame->packet);
        continue;
      }
    }
    struct connection *c = &connections[(uint32_t)value - 1];
    const bool reply = (value & REPLY) != 0, tcp = key->protocol == 6;
    uint8_t *const ip = frame->data + 14, *const transport = ip + (ip[0] & 15) * 4;
    if (reply && c->stage == OPENED) c->stage = ANSWERED;
    if (tcp && (transport[13] & 5) != 0) c->stage = CLOSING;
    c->expires = now + (!tcp ? 300 : c->stage == OPENED ? 300 : c->stage == ANSWERED ? 86400 : 240) * SECONDS;
    const uint32_t address = reply ? key->destination : key->source, port = reply ? key->ports & 0xffff : key->ports >> 16;
    const uint32_t new_address = reply ? c->inside : OUTSIDE, new_port = reply ? c->port : c->outside_port;
    const uint64_t addresses = difference32(address, new_address), all = addresses + (uint16_t)~port + new_port;
    wl_store32(ip + (reply ? 16 : 12), new_address);
    wl_store16(transport + (reply ? 2 : 0), (uint16_t)new_port);
    wl_store16(ip + 10, wl_sum_apply(wl_load16(ip + 10), addresses));
    if (tcp) {
      wl_store16(transport + 16, wl_sum_apply(wl_load16(transport + 16), all));
    } else if (wl_load16(transport + 6) != 0) {
      const uint16_t sum = wl_sum_apply(wl_load16(transport + 6), all);
      wl_store16(transport + 6, sum == 0 ? 0xffff : sum);
    }
    wl_transmit(reply ? 0 : 1, frame->packet, frame->data, ip + wl_load16(ip + 2));
    wl_count(8 + reply, 1);
  }
  wl_count(0, count);
}

#include "wl_bench.h"
