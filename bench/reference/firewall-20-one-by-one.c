/* The 20 rules of bench/scenarios/firewall-20.yaml by hand: one comparison after the other, first match wins. */
#include "wl_reference.h"

static bool allowed(uint32_t source, uint32_t destination, uint8_t protocol, bool ports, uint16_t port) {
  if ((source & 0xffff0000u) == 0x0a000000u && (destination & 0xffffff00u) == 0xc0a80000u && ports && protocol == 6 && port == 80) return false;
  if ((source & 0xffff0000u) == 0x0a010000u && (destination & 0xffffff00u) == 0xc0a80300u && ports && protocol == 17 && port == 443) return true;
  if ((source & 0xffff0000u) == 0x0a020000u && (destination & 0xffffff00u) == 0xc0a80600u && ports && protocol == 6 && port == 53) return true;
  if ((source & 0xffff0000u) == 0x0a030000u && (destination & 0xffffff00u) == 0xc0a80900u && ports && protocol == 17 && port == 22) return false;
  if ((source & 0xffff0000u) == 0x0a040000u && (destination & 0xffffff00u) == 0xc0a80c00u && ports && protocol == 6 && port == 25) return true;
  if ((source & 0xffff0000u) == 0x0a050000u && (destination & 0xffffff00u) == 0xc0a80f00u && ports && protocol == 17 && port == 123) return true;
  if ((source & 0xffff0000u) == 0x0a060000u && (destination & 0xffffff00u) == 0xc0a81200u && ports && protocol == 6 && port == 8080) return false;
  if ((source & 0xffff0000u) == 0x0a070000u && (destination & 0xffffff00u) == 0xc0a81500u && ports && protocol == 17 && port == 993) return true;
  if ((source & 0xffff0000u) == 0x0a080000u && (destination & 0xffffff00u) == 0xc0a81800u && ports && protocol == 6 && port == 5060) return true;
  if ((source & 0xffff0000u) == 0x0a090000u && (destination & 0xffffff00u) == 0xc0a81b00u && ports && protocol == 17 && port == 3389) return false;
  if ((source & 0xffff0000u) == 0x0a0a0000u && (destination & 0xffffff00u) == 0xc0a81e00u && ports && protocol == 6 && port == 80) return true;
  if ((source & 0xffff0000u) == 0x0a0b0000u && (destination & 0xffffff00u) == 0xc0a82100u && ports && protocol == 17 && port == 443) return true;
  if ((source & 0xffff0000u) == 0x0a0c0000u && (destination & 0xffffff00u) == 0xc0a82400u && ports && protocol == 6 && port == 53) return false;
  if ((source & 0xffff0000u) == 0x0a0d0000u && (destination & 0xffffff00u) == 0xc0a82700u && ports && protocol == 17 && port == 22) return true;
  if ((source & 0xffff0000u) == 0x0a0e0000u && (destination & 0xffffff00u) == 0xc0a82a00u && ports && protocol == 6 && port == 25) return true;
  if ((source & 0xffff0000u) == 0x0a0f0000u && (destination & 0xffffff00u) == 0xc0a82d00u && ports && protocol == 17 && port == 123) return false;
  if ((source & 0xffff0000u) == 0x0a100000u && (destination & 0xffffff00u) == 0xc0a83000u && ports && protocol == 6 && port == 8080) return true;
  if ((source & 0xffff0000u) == 0x0a110000u && (destination & 0xffffff00u) == 0xc0a83300u && ports && protocol == 17 && port == 993) return true;
  if ((source & 0xffff0000u) == 0x0a120000u && (destination & 0xffffff00u) == 0xc0a83600u && ports && protocol == 6 && port == 5060) return false;
  return false;
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  (void)interface;
  for (uint32_t index = 0; index < count; index += 1) {
    struct wl_packet *packet = frames[index].packet;
    uint8_t *data = frames[index].data, *end = frames[index].end;
    if (end - data < 34) {
      wl_count(2, 1);
      wl_release(packet);
      continue;
    }
    const uint8_t *ip = data + 14, *transport = ip + (ip[0] & 15) * 4;
    const bool ports = (wl_load16(ip + 6) & 0x1fff) == 0 && end - transport >= 4;
    if (allowed(wl_load32(ip + 12), wl_load32(ip + 16), ip[9], ports, ports ? wl_load16(transport + 2) : 0)) {
      wl_transmit(1, packet, data, end);
    } else {
      wl_count(1, 1);
      wl_release(packet);
    }
  }
  wl_count(0, count);
}

#include "wl_bench.h"
