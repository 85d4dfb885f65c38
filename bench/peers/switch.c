/* A learning switch with rte_hash: sources and destinations of a batch are looked up together. */
#define WL_INTERFACE_COUNT 4
#include "wl_peer.h"
#include <rte_hash.h>
#include <rte_hash_crc.h>

#define AGE_US INT64_C(300000000)

struct station {
  int64_t seen;
  uint32_t port;
};

static struct rte_hash *table;
static struct station stations[2 * ADDRESSES];

static void wl_graph_initialize(void) {
  peer_begin();
  const struct rte_hash_parameters parameters = {.name = "stations", .entries = ADDRESSES * 5 / 4, .key_len = 8, .hash_func = rte_hash_crc, .socket_id = SOCKET_ID_ANY};
  table = rte_hash_create(&parameters);
  if (table == NULL) peer_fail("rte_hash_create");
}

static void flood(uint32_t port, const struct wl_frame *frame) {
  /* From the last port to the first, as Click's. */
  const uint32_t last = port == 0 ? 1 : 0;
  for (uint32_t other = 3; other > last; other -= 1) {
    if (other == port) continue;
    struct wl_packet *copy = wl_packet_clone(frame->packet, frame->data, frame->end);
    if (copy == NULL) continue;
    const ptrdiff_t by = (uint8_t *)copy - (uint8_t *)frame->packet;
    wl_transmit(other, copy, frame->data + by, frame->end + by);
  }
  wl_transmit(last, frame->packet, frame->data, frame->end);
}

static void wl_graph_receive(uint32_t port, const struct wl_frame *frames, uint32_t count) {
  const int64_t now = wl_now_microseconds();
  uint64_t addresses[2 * WL_BATCH_PACKETS_MAX];
  const void *keys[2 * WL_BATCH_PACKETS_MAX];
  int32_t places[2 * WL_BATCH_PACKETS_MAX];
  for (uint32_t index = 0; index < count; index += 1) {
    addresses[2 * index] = wl_load48(frames[index].data + 6);
    addresses[2 * index + 1] = wl_load48(frames[index].data);
    keys[2 * index] = &addresses[2 * index];
    keys[2 * index + 1] = &addresses[2 * index + 1];
  }
  rte_hash_lookup_bulk(table, keys, 2 * count, places);
  for (uint32_t index = 0; index < count; index += 1) {
    const struct wl_frame *frame = &frames[index];
    if (frame->end - frame->data < 14) {
      wl_release(frame->packet);
      continue;
    }
    int32_t from = places[2 * index], to = places[2 * index + 1];
    if ((addresses[2 * index] >> 40 & 1) == 0) {
      if (WL_UNLIKELY(from < 0)) from = rte_hash_add_key(table, keys[2 * index]);
      if (from >= 0) stations[from] = (struct station){now, port};
    }
    /* An earlier frame of this batch may have made it known. */
    if (WL_UNLIKELY(to < 0)) to = rte_hash_lookup(table, keys[2 * index + 1]);
    if (to < 0 || now - stations[to].seen > AGE_US) {
      flood(port, frame);
    } else if (stations[to].port == port) {
      wl_release(frame->packet);
    } else {
      wl_transmit(stations[to].port, frame->packet, frame->data, frame->end);
      wl_count(stations[to].port, 1);
    }
  }
}

#include "wl_bench.h"
