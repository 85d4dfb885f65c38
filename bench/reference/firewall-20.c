/*
 * The 20 rules of bench/scenarios/firewall-20.yaml by hand: they are for networks of sources that follow one another, so the
 * second byte of the source says which one may match, and what differs from it is combined and compared once.
 * firewall-20-one-by-one.c is one comparison after the other.
 */
#include "wl_reference_filter.h"

#define NETWORKS 19
#define TCP 6
#define UDP 17

static const struct rule {
  uint32_t network;
  uint16_t port;
  uint8_t protocol, allow;
} rules[NETWORKS + 1] = {
    {0xc0a80000u, 80, TCP, 0},   {0xc0a80300u, 443, UDP, 1}, {0xc0a80600u, 53, TCP, 1},   {0xc0a80900u, 22, UDP, 0},
    {0xc0a80c00u, 25, TCP, 1},   {0xc0a80f00u, 123, UDP, 1}, {0xc0a81200u, 8080, TCP, 0}, {0xc0a81500u, 993, UDP, 1},
    {0xc0a81800u, 5060, TCP, 1}, {0xc0a81b00u, 3389, UDP, 0}, {0xc0a81e00u, 80, TCP, 1},  {0xc0a82100u, 443, UDP, 1},
    {0xc0a82400u, 53, TCP, 0},   {0xc0a82700u, 22, UDP, 1},  {0xc0a82a00u, 25, TCP, 1},   {0xc0a82d00u, 123, UDP, 0},
    {0xc0a83000u, 8080, TCP, 1}, {0xc0a83300u, 993, UDP, 1}, {0xc0a83600u, 5060, TCP, 0}, {0, 0, 0, 0},
};

WL_INLINE bool allowed(const struct asked *asked) {
  const uint32_t network = (asked->source >> 16) - 0x0a00u;
  const struct rule *rule = &rules[network < NETWORKS ? network : NETWORKS];
  const uint32_t differs = ((asked->destination ^ rule->network) & 0xffffff00u) | (asked->port ^ rule->port) | (asked->protocol ^ rule->protocol);
  return (differs == 0) & rule->allow;
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  (void)interface;
  filter(frames, count, allowed, false);
}

#include "wl_bench.h"
