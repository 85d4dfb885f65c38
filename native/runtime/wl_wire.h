/* Wires: interfaces whose frames leave by another interface as they came, with nothing between. */
#ifndef WL_WIRE_H
#define WL_WIRE_H

#include "wl_transmit.h"

/*
 * Takes up to a batch of frames from an interface and puts them on the ring of another in the same pass: no frame is looked at, and
 * none is written down for the graph, which only counts them. How many; 0 where something else is to be done with the
 * next, as a list of them is needed, a header, parts to be joined, or room to be waited for: wl_receive_poll does it.
 */
WL_OUTLINE uint32_t wl_wire_pass(uint32_t from, uint32_t to, uint32_t counter) {
  struct wl_receive_queue *in = &wl_receive_queues[from];
  struct wl_transmit_queue *out = &wl_transmit_queues[to];
  if (WL_UNLIKELY(!wl_receive_is_plain(from) || !wl_devices[to].plain || wl_tapped(from, 0))) return 0;
  const uint32_t ready = wl_buffers_ready(&in->buffers, true, &wl_receive_rings[from]);
  const uint32_t count = ready < WL_BATCH_PACKETS_MAX ? ready : WL_BATCH_PACKETS_MAX;
  if (count == 0) return 0;
  if (WL_UNLIKELY(wl_buffers_free(&out->buffers) < count)) wl_transmit_reclaim(to);
  if (WL_UNLIKELY(wl_buffers_free(&out->buffers) < count)) return 0;
  uint64_t bytes = 0;
  uint32_t done = 0;
  for (bool right = true; right && done != count;) {
    const uint32_t begin = (in->buffers.used_seen + done) & WL_RING_MASK, place = (out->buffers.offered + done) & WL_RING_MASK;
    const uint32_t stop = done + wl_ring_run(begin > place ? begin : place, count - done);
    const wl_used_word *used = wl_used_words(from, begin);
    uint64_t expected = wl_used_expected(begin);
    const uint32_t *slot = &in->buffers.slots[begin];
    uint32_t *sent = &out->buffers.slots[place];
    struct wl_descriptor *descriptor = &wl_transmit_rings[to].descriptors[place];
    WL_BY_FOURS
    for (; done != stop; used += 1, expected += 1, slot += 1, sent += 1, descriptor += 1, done += 1) {
      const uint64_t length = wl_used_length(*used, expected);
      right = length < WL_SMALL_DATA_BYTES;
      if (WL_UNLIKELY(!right)) break;
      *sent = *slot;
      descriptor->address = wl_slot_address(*slot);
      descriptor->length = (uint32_t)length + WL_VIRTIO_NET_HEADER_BYTES;
      bytes += length;
    }
  }
  in->buffers.used_seen += (uint16_t)done;
  in->buffers.returned += (uint16_t)done;
  out->buffers.offered += (uint16_t)done;
  out->bytes += bytes;
  wl_count_received(from, done, bytes);
  wl_count(counter, done);
  return done;
}

/* Passes on what came by an interface, if it is the end of a wire; how many frames. */
WL_INLINE uint32_t wl_wire_poll(uint32_t interface) {
#define WL_WIRE(from, to, counter) case from: return wl_wire_pass(from, to, counter);
  switch (interface) {
    WL_WIRES(WL_WIRE)
    default: return 0;
  }
#undef WL_WIRE
}

#endif
