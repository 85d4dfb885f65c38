/* bench/reference/router.c with rte_lpm (DIR-24-8) for its table, looked up a batch at a time. */
#define WL_INTERFACE_COUNT 4
#include "wl_peer.h"
#include <rte_lpm.h>

static const uint8_t links[4][14] = {
    {2, 0, 0, 0, 0xaa, 0, 2, 0, 0, 0, 0xfe, 0, 8, 0},
    {2, 0, 0, 0, 0xaa, 1, 2, 0, 0, 0, 0xfe, 1, 8, 0},
    {2, 0, 0, 0, 0xaa, 2, 2, 0, 0, 0, 0xfe, 2, 8, 0},
    {2, 0, 0, 0, 0xaa, 3, 2, 0, 0, 0, 0xfe, 3, 8, 0},
};

static struct rte_lpm *lpm;

static void wl_graph_initialize(void) {
  peer_begin();
  const struct rte_lpm_config config = {.max_rules = 1 << 20, .number_tbl8s = 1 << 16};
  lpm = rte_lpm_create("routes", SOCKET_ID_ANY, &config);
  if (lpm == NULL) peer_fail("rte_lpm_create");
  FILE *file = fopen(LIST, "r");
  unsigned a, b, c, d, length, output;
  while (file && fscanf(file, "%u.%u.%u.%u/%u %u", &a, &b, &c, &d, &length, &output) == 6) {
    if (rte_lpm_add(lpm, a << 24 | b << 16 | c << 8 | d, (uint8_t)length, output) != 0) peer_fail("rte_lpm_add");
  }
  if (file) fclose(file);
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  (void)interface;
  uint32_t destinations[WL_BATCH_PACKETS_MAX], hops[WL_BATCH_PACKETS_MAX], wrong[WL_BATCH_PACKETS_MAX];
  for (uint32_t index = 0; index < count; index += 1) {
    const uint8_t *ip = frames[index].data + 14;
    wrong[index] = wrong_header(ip, frames[index].end - ip);
    destinations[index] = wrong[index] ? 0 : wl_load32(ip + 16);
  }
  rte_lpm_lookup_bulk(lpm, destinations, hops, count);
  for (uint32_t index = 0; index < count; index += 1) {
    struct wl_packet *packet = frames[index].packet;
    uint8_t *data = frames[index].data, *ip = data + 14;
    if (WL_UNLIKELY(wrong[index] || !(hops[index] & RTE_LPM_LOOKUP_SUCCESS) || ip[8] <= 1)) {
      wl_count(wrong[index] ? wrong[index] : 5, 1);
      wl_release(packet);
      continue;
    }
    const uint32_t output = hops[index] & 0xffffff;
    uint16_t checksum;
    __builtin_memcpy(&checksum, ip + 10, 2);
    const uint32_t raised = checksum + 1u;
    checksum = (uint16_t)(raised + (raised >= 0xffff));
    __builtin_memcpy(ip + 10, &checksum, 2);
    ip[8] -= 1;
    __builtin_memcpy(data, links[output], 14);
    wl_transmit(output, packet, data, ip + wl_load16(ip + 2));
    wl_count(8 + output, 1);
  }
  wl_count(0, count);
}

#include "wl_bench.h"
