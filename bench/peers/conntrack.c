/*
 * A stateful firewall with rte_hash for its table, a batch looked up together: each connection has one key, seen from
 * inside, and a word for its stage and end beside. TCP's states are as by hand (bench/reference/conntrack.c).
 */
#include "wl_peer.h"
#include <rte_hash.h>
#include <rte_hash_crc.h>

#define SECONDS INT64_C(1000000)

enum stage { OPENING, ESTABLISHED, FIN_INSIDE, FIN_OUTSIDE, CLOSED, RESET };

struct key {
  uint32_t inside, outside, ports, protocol;
};

static struct rte_hash *table;
static int64_t words[2 * CONNECTIONS] __attribute__((aligned(64))); /* time << 3 | stage */

static void wl_graph_initialize(void) {
  peer_begin();
  const struct rte_hash_parameters parameters = {.name = "connections", .entries = CONNECTIONS * 5 / 4, .key_len = sizeof(struct key), .hash_func = rte_hash_crc, .socket_id = SOCKET_ID_ANY};
  table = rte_hash_create(&parameters);
  if (table == NULL) peer_fail("rte_hash_create");
}

WL_INLINE int64_t ends(int64_t now, uint32_t stage, bool tcp) {
  const int64_t lasts = !tcp ? 300 : stage == OPENING || stage >= CLOSED ? 240 : 7440;
  return (now + lasts * SECONDS) << 3 | stage;
}

static __attribute__((noinline)) uint32_t next(uint32_t stage, uint8_t flags, bool inside) {
  const bool syn = flags & 2, fin = flags & 1;
  if (flags & 4) return RESET;
  switch (stage) {
    case OPENING: return syn && !inside ? ESTABLISHED : OPENING;
    case CLOSED: return syn && inside ? OPENING : CLOSED;
    case RESET: return syn && inside ? OPENING : ESTABLISHED;
    case ESTABLISHED: return !fin ? stage : inside ? FIN_INSIDE : FIN_OUTSIDE;
    default: return !fin || (stage == FIN_INSIDE) == inside ? stage : CLOSED;
  }
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  const int64_t now = wl_now_microseconds();
  const bool inside = interface == 0;
  struct key keys[WL_BATCH_PACKETS_MAX];
  const void *pointers[WL_BATCH_PACKETS_MAX];
  int32_t places[WL_BATCH_PACKETS_MAX];
  uint32_t asked[WL_BATCH_PACKETS_MAX], wanted = 0;
  for (uint32_t index = 0; index < count; index += 1) {
    uint8_t *ip = frames[index].data + 14;
    uint32_t wrong = wrong_header(ip, frames[index].end - ip);
    const uint32_t header = wrong ? 0 : (ip[0] & 15) * 4u;
    if (!wrong && ((ip[9] != 6 && ip[9] != 17) || (wl_load16(ip + 6) & 0x1fff) != 0 || wl_load16(ip + 2) - (int64_t)header < (ip[9] == 6 ? 20 : 8))) wrong = 5;
    if (WL_UNLIKELY(wrong)) {
      wl_count(wrong, 1);
      wl_release(frames[index].packet);
      continue;
    }
    const uint32_t source = wl_load32(ip + 12), destination = wl_load32(ip + 16), ports = wl_load32(ip + header);
    keys[wanted] = (struct key){inside ? source : destination, inside ? destination : source, inside ? ports : ports << 16 | ports >> 16, ip[9]};
    pointers[wanted] = &keys[wanted];
    asked[wanted++] = index;
  }
  if (wanted > 0) rte_hash_lookup_bulk(table, pointers, wanted, places);
  for (uint32_t index = 0; index < wanted; index += 1) {
    const struct wl_frame *frame = &frames[asked[index]];
    const struct key *key = &keys[index];
    uint8_t *const ip = frame->data + 14;
    const bool tcp = key->protocol == 6;
    const uint8_t flags = tcp ? ip[(ip[0] & 15) * 4 + 13] : 0;
    int32_t at = places[index];
    /* An earlier packet of this batch may have begun it. */
    if (WL_UNLIKELY(at < 0)) at = rte_hash_lookup(table, key);
    const bool over = at >= 0 && words[at] >> 3 < now;
    if (WL_UNLIKELY(at < 0 || over)) {
      if (!inside || (tcp && (flags & 22) != 2) || (at < 0 && (at = rte_hash_add_key(table, key)) < 0)) {
        wl_count(6, 1);
        wl_release(frame->packet);
        continue;
      }
      words[at] = ends(now, tcp ? OPENING : ESTABLISHED, tcp);
    } else {
      const uint32_t before = (uint32_t)(words[at] & 7);
      if (WL_LIKELY(before == ESTABLISHED && (flags & 5) == 0)) {
        words[at] = ends(now, ESTABLISHED, tcp);
      } else {
        const uint32_t after = next(before, flags, inside);
        if (after != CLOSED || before != CLOSED) words[at] = ends(now, after, tcp);
      }
    }
    wl_transmit(inside ? 1 : 0, frame->packet, frame->data, ip + wl_load16(ip + 2));
    wl_count(8 + inside, 1);
  }
  wl_count(0, count);
}

#include "wl_bench.h"
