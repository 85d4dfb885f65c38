/* Network address translation by hand: connections, and what is done with a packet of one. */
#ifndef WL_REFERENCE_NAT_H
#define WL_REFERENCE_NAT_H

#include "wl_reference_ip.h"

#define OUTSIDE 0xc0000201u
#define SECONDS INT64_C(1000000)
#define TRIES 32

enum stage { OPENED, ANSWERED, CLOSING };

struct connection {
  int64_t expires;
  uint32_t inside, server;
  uint16_t port, outside_port, server_port;
  uint8_t stage, protocol;
  uint32_t next_free;
};

static struct connection connections[CONNECTIONS] __attribute__((aligned(64)));
static uint32_t used, first_free;

/* Rewrites a packet of a connection, with its checksums, and lets the connection live on. `ports`: source << 16 | destination. */
WL_INLINE void translate(struct connection *c, bool reply, uint8_t *ip, uint32_t protocol, uint32_t source, uint32_t destination, uint32_t ports, int64_t now) {
  const bool tcp = protocol == 6;
  uint8_t *const transport = ip + (ip[0] & 15) * 4;
  if (reply && c->stage == OPENED) c->stage = ANSWERED;
  if (tcp && (transport[13] & 5) != 0) c->stage = CLOSING;
  c->expires = now + (!tcp ? 300 : c->stage == OPENED ? 300 : c->stage == ANSWERED ? 86400 : 240) * SECONDS;
  const uint32_t address = reply ? destination : source, port = reply ? ports & 0xffff : ports >> 16;
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
}

#endif
