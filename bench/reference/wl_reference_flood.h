/* What a switch of four ports does by hand with a frame whose destination it has not learned. */
#ifndef WL_REFERENCE_FLOOD_H
#define WL_REFERENCE_FLOOD_H

/* Sends a frame out of all four ports but the one that it came by. */
static __attribute__((noinline)) void flood(uint32_t port, struct wl_packet *packet, uint8_t *data, uint8_t *end) {
  /* From the last port to the first, as Click's. */
  const uint32_t last = port == 0 ? 1 : 0;
  wl_count(4, 1);
  for (uint32_t other = 3; other > last; other -= 1) {
    if (other == port) continue;
    struct wl_packet *copy = wl_packet_clone(packet, data, end);
    if (copy == NULL) continue;
    const ptrdiff_t by = (uint8_t *)copy - (uint8_t *)packet;
    wl_transmit(other, copy, data + by, end + by);
  }
  wl_transmit(last, packet, data, end);
}

#endif
