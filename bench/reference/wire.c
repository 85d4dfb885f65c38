/* A wire by hand, of one direction: what comes in at lan goes out at wan, and nothing comes from there. */
#include "wl_reference.h"

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  if (interface != 0) {
    for (uint32_t index = 0; index < count; index += 1) wl_release(frames[index].packet);
    return;
  }
  for (uint32_t index = 0; index < count; index += 1) wl_transmit(1, frames[index].packet, frames[index].data, frames[index].end);
  wl_count(0, count);
}

#include "wl_bench.h"
