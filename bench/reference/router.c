/*
 * An IPv4 router by hand: the header check of RFC 1812, 5.2.2, a DIR-24-8 table (Gupta, Lin, McKeown, INFOCOM 1998),
 * TTL and checksum (RFC 1624), a new Ethernet header. LIST names the routes, `ADDRESS/LENGTH OUTPUT` a line. What would
 * be answered by an ICMP error is counted and dropped: the measured traffic has none of it. Without CHECK, headers are taken
 * to be right.
 */
#define WL_INTERFACE_COUNT 4
#include <stdio.h>
#include <stdlib.h>

#include "wl_reference.h"
#include "wl_reference_ip.h"

#define GROUPS_MAX 65536
#define IN_GROUP 0x8000u
#define NO_ROUTE 0x7fffu

static uint16_t top[1 << 24];
static uint16_t groups[GROUPS_MAX][256];
static uint32_t group_count;

static const uint8_t links[4][14] = {
    {2, 0, 0, 0, 0xaa, 0, 2, 0, 0, 0, 0xfe, 0, 8, 0},
    {2, 0, 0, 0, 0xaa, 1, 2, 0, 0, 0, 0xfe, 1, 8, 0},
    {2, 0, 0, 0, 0xaa, 2, 2, 0, 0, 0, 0xfe, 2, 8, 0},
    {2, 0, 0, 0, 0xaa, 3, 2, 0, 0, 0, 0xfe, 3, 8, 0},
};

struct route {
  uint32_t address;
  uint8_t length, output;
};

static int by_length(const void *a, const void *b) { return ((const struct route *)a)->length - ((const struct route *)b)->length; }

static void put(const struct route *route) {
  if (route->length <= 24) {
    const uint32_t first = route->address >> 8, count = 1u << (24 - route->length);
    for (uint32_t index = first; index < first + count; index += 1) top[index] = route->output;
    return;
  }
  uint16_t *entry = &top[route->address >> 8];
  if (!(*entry & IN_GROUP)) {
    if (group_count == IN_GROUP) abort();
    for (uint32_t index = 0; index < 256; index += 1) groups[group_count][index] = *entry;
    *entry = (uint16_t)(IN_GROUP | group_count++);
  }
  const uint32_t first = route->address & 255, count = 1u << (32 - route->length);
  for (uint32_t index = first; index < first + count; index += 1) groups[*entry & ~IN_GROUP][index] = route->output;
}

static __attribute__((constructor)) void read_routes(void) {
  FILE *file = fopen(LIST, "r");
  static struct route routes[1 << 20];
  uint32_t count = 0;
  unsigned a, b, c, d, length, output;
  for (uint32_t index = 0; index < 1 << 24; index += 1) top[index] = NO_ROUTE;
  while (file && fscanf(file, "%u.%u.%u.%u/%u %u", &a, &b, &c, &d, &length, &output) == 6) {
    routes[count++] = (struct route){a << 24 | b << 16 | c << 8 | d, (uint8_t)length, (uint8_t)output};
  }
  qsort(routes, count, sizeof *routes, by_length);
  for (uint32_t index = 0; index < count; index += 1) put(&routes[index]);
  if (file) fclose(file);
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  (void)interface;
  for (uint32_t index = 0; index < count; index += 1) {
    if (PREFETCH && frames[index].end - frames[index].data >= 34) __builtin_prefetch(&top[wl_load32(frames[index].data + 30) >> 8]);
  }
  for (uint32_t index = 0; index < count; index += 1) {
    struct wl_packet *packet = frames[index].packet;
    uint8_t *data = frames[index].data, *ip = data + 14;
    const int64_t length = frames[index].end - ip;
    const uint32_t wrong = CHECK ? wrong_header(ip, length) : length < 20 || (ip[0] & 15) * 4 > length;
    if (WL_UNLIKELY(wrong)) {
      wl_count(wrong, 1);
      wl_release(packet);
      continue;
    }
    const uint32_t destination = wl_load32(ip + 16);
    uint32_t output = top[destination >> 8];
    if (WL_UNLIKELY(output & IN_GROUP)) output = groups[output & ~IN_GROUP][destination & 255];
    if (WL_UNLIKELY(output == NO_ROUTE || ip[8] <= 1)) {
      wl_count(output == NO_ROUTE ? 5 : 6, 1);
      wl_release(packet);
      continue;
    }
    uint16_t checksum;
    __builtin_memcpy(&checksum, ip + 10, 2);
    /* The TTL is the high byte of its word, the first in memory: adding one there takes one hop from the sum (RFC 1624, whose zero is 0x0000). */
    const uint32_t raised = checksum + 1u;
    checksum = (uint16_t)(raised + (raised >= 0xffff));
    __builtin_memcpy(ip + 10, &checksum, 2);
    ip[8] -= 1;
    __builtin_memcpy(data, links[output], 14);
    wl_transmit(output, packet, data, CHECK ? ip + wl_load16(ip + 2) : frames[index].end);
    wl_count(8 + output, 1);
  }
  wl_count(0, count);
}

#include "wl_bench.h"
