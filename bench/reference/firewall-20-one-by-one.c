/* The 20 rules of bench/scenarios/firewall-20.yaml by hand: one comparison after the other, first match wins; all are for ports. */
#include "wl_reference_filter.h"

static bool allowed(const struct asked *asked) {
  const uint32_t source = asked->source, destination = asked->destination, protocol = asked->protocol, port = asked->port;
  if ((source & 0xffff0000u) == 0x0a000000u && (destination & 0xffffff00u) == 0xc0a80000u && protocol == 6 && port == 80) return false;
  if ((source & 0xffff0000u) == 0x0a010000u && (destination & 0xffffff00u) == 0xc0a80300u && protocol == 17 && port == 443) return true;
  if ((source & 0xffff0000u) == 0x0a020000u && (destination & 0xffffff00u) == 0xc0a80600u && protocol == 6 && port == 53) return true;
  if ((source & 0xffff0000u) == 0x0a030000u && (destination & 0xffffff00u) == 0xc0a80900u && protocol == 17 && port == 22) return false;
  if ((source & 0xffff0000u) == 0x0a040000u && (destination & 0xffffff00u) == 0xc0a80c00u && protocol == 6 && port == 25) return true;
  if ((source & 0xffff0000u) == 0x0a050000u && (destination & 0xffffff00u) == 0xc0a80f00u && protocol == 17 && port == 123) return true;
  if ((source & 0xffff0000u) == 0x0a060000u && (destination & 0xffffff00u) == 0xc0a81200u && protocol == 6 && port == 8080) return false;
  if ((source & 0xffff0000u) == 0x0a070000u && (destination & 0xffffff00u) == 0xc0a81500u && protocol == 17 && port == 993) return true;
  if ((source & 0xffff0000u) == 0x0a080000u && (destination & 0xffffff00u) == 0xc0a81800u && protocol == 6 && port == 5060) return true;
  if ((source & 0xffff0000u) == 0x0a090000u && (destination & 0xffffff00u) == 0xc0a81b00u && protocol == 17 && port == 3389) return false;
  if ((source & 0xffff0000u) == 0x0a0a0000u && (destination & 0xffffff00u) == 0xc0a81e00u && protocol == 6 && port == 80) return true;
  if ((source & 0xffff0000u) == 0x0a0b0000u && (destination & 0xffffff00u) == 0xc0a82100u && protocol == 17 && port == 443) return true;
  if ((source & 0xffff0000u) == 0x0a0c0000u && (destination & 0xffffff00u) == 0xc0a82400u && protocol == 6 && port == 53) return false;
  if ((source & 0xffff0000u) == 0x0a0d0000u && (destination & 0xffffff00u) == 0xc0a82700u && protocol == 17 && port == 22) return true;
  if ((source & 0xffff0000u) == 0x0a0e0000u && (destination & 0xffffff00u) == 0xc0a82a00u && protocol == 6 && port == 25) return true;
  if ((source & 0xffff0000u) == 0x0a0f0000u && (destination & 0xffffff00u) == 0xc0a82d00u && protocol == 17 && port == 123) return false;
  if ((source & 0xffff0000u) == 0x0a100000u && (destination & 0xffffff00u) == 0xc0a83000u && protocol == 6 && port == 8080) return true;
  if ((source & 0xffff0000u) == 0x0a110000u && (destination & 0xffffff00u) == 0xc0a83300u && protocol == 17 && port == 993) return true;
  if ((source & 0xffff0000u) == 0x0a120000u && (destination & 0xffffff00u) == 0xc0a83600u && protocol == 6 && port == 5060) return false;
  return false;
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  (void)interface;
  filter(frames, count, allowed, false);
}

#include "wl_bench.h"
