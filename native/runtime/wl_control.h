/* The part of an image's memory that its host reads while it runs: control block, counters, log. */
#ifndef WL_CONTROL_H
#define WL_CONTROL_H

#include "wl_graph.h"

static struct {
  struct wl_control control;
  uint64_t counters[WL_COUNTER_COUNT ? WL_COUNTER_COUNT : 1];
  uint8_t log[WL_LOG_BYTES ? WL_LOG_BYTES : 1] __attribute__((aligned(64)));
  struct wl_tap tap __attribute__((aligned(WL_PAGE_BYTES)));
} wl_shared __attribute__((aligned(WL_PAGE_BYTES), section(".bss.wl_shared")));

/* Counters have one writer, so a plain read and a plain 64-bit store suffice: a reader never sees half a value. */
WL_INLINE void wl_count(uint32_t counter, uint64_t amount) {
  uint64_t *at = &wl_shared.counters[counter];
  WL_STORE_RELAXED(at, WL_LOAD_RELAXED(at) + amount);
}

#if WL_LOG_BYTES
/* Of the line that is being put together (wl_log.h). */
static uint32_t wl_log_length;
#endif

/* Records that the packet path trapped at `site`, under the element's counter for the reason. */
WL_COLD void wl_trap(uint32_t counter, uint32_t site) {
  struct wl_control *control = &wl_shared.control;
  wl_count(counter, 1);
  const uint64_t count = control->trap_count;
  WL_STORE_RELAXED(&control->trap_sites[count % WL_TRAP_RECORDS], site);
  WL_STORE_RELEASE(&control->trap_count, count + 1);
#if WL_LOG_BYTES
  /* A line that was begun would run into the next one: checks come together, so how much of it there is, is not said. */
  wl_log_length = 0;
#endif
}

/* The same, and the packet that the code held is gone; NULL: it held none after all. */
WL_KEEPING WL_COLD void wl_trap_with(struct wl_packet *packet, uint32_t counter, uint32_t site) {
  wl_trap(counter, site);
  if (packet != NULL) wl_release(packet);
}

#endif
