/* A wire by hand: what comes in goes out. */
#include "wl_reference.h"

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  (void)interface;
  for (uint32_t index = 0; index < count; index += 1) wl_transmit(1, frames[index].packet, frames[index].data, frames[index].end);
  wl_count(0, count);
}

#include "wl_bench.h"
