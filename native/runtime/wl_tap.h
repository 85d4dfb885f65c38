/*
 * Copies of the frames that cross the edges of interfaces, for whoever looks at them from outside (`wirelet tap`). Nobody
 * waits for a reader: what is not read in time is written over, and its numbers are missing. Without a reader it costs a
 * look at a word of the control block for each batch, not for each frame.
 */
#ifndef WL_TAP_H
#define WL_TAP_H

#include "wl_control.h"

#define WL_TAP_ROUND(bytes) (((bytes) + 7u) & ~7u)

/* Whether somebody looks at frames from (direction 0) or to (1) that interface. */
WL_INLINE bool wl_tapped(uint32_t interface, uint32_t direction) {
  const uint64_t edges = WL_LOAD_RELAXED(&wl_shared.control.tap_edges);
  return WL_UNLIKELY(edges != 0) && interface < WL_TAP_INTERFACES_MAX && (edges >> (2 * interface + direction) & 1) != 0;
}

static void wl_tap_put(uint64_t at, const void *bytes, uint32_t length) {
  const uint32_t place = (uint32_t)at & (WL_TAP_BYTES - 1);
  const uint32_t first = length < WL_TAP_BYTES - place ? length : WL_TAP_BYTES - place;
  wl_copy(wl_shared.tap.bytes + place, bytes, first);
  wl_copy(wl_shared.tap.bytes, (const uint8_t *)bytes + first, length - first);
}

WL_COLD void wl_tap_frame(uint32_t interface, uint32_t direction, const uint8_t *frame, uint32_t length) {
  static uint32_t number;
  struct wl_tap *tap = &wl_shared.tap;
  const uint32_t most = WL_LOAD_RELAXED(&wl_shared.control.tap_frame_bytes);
  const uint32_t stored = length <= most && length <= WL_FRAME_BYTES_MAX ? length : most <= WL_FRAME_BYTES_MAX ? most : WL_FRAME_BYTES_MAX;
  const struct wl_tap_record record = {stored, length, 2 * interface + direction, number, wl_now_ns};
  const uint64_t at = tap->head;
  const uint64_t end = at + sizeof record + WL_TAP_ROUND(stored);
  number += 1;
  /* A reader that sees `reserved` unchanged behind its copy has copied nothing that was being written. */
  WL_STORE_RELAXED(&tap->reserved, end);
  __atomic_thread_fence(__ATOMIC_RELEASE);
  wl_tap_put(at, &record, sizeof record);
  wl_tap_put(at + sizeof record, frame, stored);
  WL_STORE_RELEASE(&tap->head, end);
}

#endif
