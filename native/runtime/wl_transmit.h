/* Transmitting on a virtqueue: frames out in batches, slots back when the device is done with them. */
#ifndef WL_TRANSMIT_H
#define WL_TRANSMIT_H

#include "wl_receive.h"

struct wl_transmit_queue {
  struct wl_buffers buffers;
  uint16_t published; /* buffers offered, as the device knows it */
  uint64_t bytes;     /* of frames since then */
  bool stuck;         /* room was waited for in vain, and none came since */
};
static struct wl_transmit_queue wl_transmit_queues[WL_RINGS];

static void wl_transmit_initialize(uint32_t interface) {
  wl_buffers_initialize(&wl_transmit_queues[interface].buffers, &wl_transmit_rings[interface]);
  wl_transmit_rings[interface].available.flags = WL_VIRTQ_AVAIL_F_NO_INTERRUPT;
}

/* Four slots, and as many numbers to ask for the sign of each: the header of these instructions takes the compiler long. */
typedef int32_t __attribute__((vector_size(16), aligned(4), may_alias)) wl_four_slots;
typedef float __attribute__((vector_size(16))) wl_four_signs;

/* Releases `count` slots that lie side by side. */
WL_INLINE void wl_release_run(const uint32_t *slots, uint32_t count) {
  const wl_four_slots last_small = {WL_SMALL_SLOTS - 1, WL_SMALL_SLOTS - 1, WL_SMALL_SLOTS - 1, WL_SMALL_SLOTS - 1};
  uint32_t *to = &wl_free_small[wl_free_small_count];
  uint32_t index = 0;
  /* Four at a time, while none is a jumbo slot. */
  for (; index + 4 <= count; index += 4) {
    const wl_four_slots four = *(const wl_four_slots *)&slots[index];
    if (WL_JUMBO_SLOTS > 0 && WL_UNLIKELY(__builtin_ia32_movmskps((wl_four_signs)(four > last_small)) != 0)) break;
    *(wl_four_slots *)&to[index] = four;
  }
  wl_free_small_count += index;
  for (; index < count; index += 1) wl_release_slot(slots[index]);
}

/* Takes back what the device has sent; true if there was anything. */
static bool wl_transmit_reclaim(uint32_t interface) {
  struct wl_buffers *buffers = &wl_transmit_queues[interface].buffers;
  const struct wl_virtqueue *ring = &wl_transmit_rings[interface];
  const bool in_order = wl_devices[interface].in_order;
  const uint32_t ready = wl_buffers_ready(buffers, in_order, ring);
  if (ready == 0) return false;
  const uint16_t first = buffers->used_seen;
  buffers->used_seen += (uint16_t)ready;
  if (WL_LIKELY(in_order)) {
    /* What the device wrote besides its index need not be looked at. */
    buffers->returned += (uint16_t)ready;
    const uint32_t place = first & WL_RING_MASK, run = wl_ring_run(place, ready);
    wl_release_run(&buffers->slots[place], run);
    if (WL_UNLIKELY(run < ready)) wl_release_run(buffers->slots, ready - run);
    return true;
  }
  for (uint32_t count = 0; count < ready; count += 1) {
    const uint32_t slot = wl_buffers_return(buffers, WL_LOAD_RELAXED(&ring->used.ring[(first + count) & WL_RING_MASK].id));
    if (WL_LIKELY(slot != WL_NO_PACKET)) wl_release_slot(slot);
  }
  return true;
}

/* Publishes what was put on the ring since the last time; wl_announce tells the device. */
static void wl_transmit_flush(uint32_t interface) {
  struct wl_transmit_queue *queue = &wl_transmit_queues[interface];
  const uint16_t packets = (uint16_t)(queue->buffers.offered - queue->published);
  if (packets == 0) return;
  struct wl_control *control = &wl_shared.control;
  if (WL_UNLIKELY(control->tsc_first_transmit == 0)) WL_STORE_RELAXED(&control->tsc_first_transmit, __builtin_ia32_rdtsc());
  struct wl_virtqueue *ring = &wl_transmit_rings[interface];
  for (uint16_t place = queue->published; wl_tapped(interface, 1) && place != queue->buffers.offered; place += 1) {
    const struct wl_descriptor *sent = &ring->descriptors[wl_buffers_descriptor(&queue->buffers, wl_devices[interface].in_order, ring, place)];
    wl_tap_frame(interface, 1, (const uint8_t *)(uintptr_t)sent->address + WL_VIRTIO_NET_HEADER_BYTES, sent->length - WL_VIRTIO_NET_HEADER_BYTES);
  }
  queue->published = queue->buffers.offered;
  wl_publish(ring, &queue->buffers);
  struct wl_interface_counters *counters = wl_port_counters(interface);
  wl_count_port(&counters->tx_packets, packets);
  wl_count_port(&counters->tx_bytes, queue->bytes);
  queue->bytes = 0;
}

/* Tells all devices what was published. One barrier orders all indices before their words (virtio 1.2, 2.7.13.4.1). */
static void wl_announce(void) {
  if (!wl_unannounced) return;
  wl_unannounced = false;
  wl_fence();
  for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) {
    wl_announce_queue(interface, 0, &wl_receive_rings[interface], &wl_receive_queues[interface].buffers);
    wl_announce_queue(interface, 1, &wl_transmit_rings[interface], &wl_transmit_queues[interface].buffers);
  }
}

/* How long room on a ring is waited for whose other side may wait for us, in parts of a second. */
#define WL_MUTUAL_WAITS 1000

/* Two appliances that send each other more than the other takes would wait for each other for ever, as neither receives
 * while it waits: whoever finds that its own receive ring is full, too, gives up after a while, and drops. */
static bool wl_transmit_mutual(uint32_t interface, uint64_t *since) {
  struct wl_transmit_queue *queue = &wl_transmit_queues[interface];
  const struct wl_buffers *received = &wl_receive_queues[interface].buffers;
  const uint32_t full = wl_buffers_ready(received, wl_devices[interface].in_order, &wl_receive_rings[interface]);
  if (!wl_receives[interface] || full < wl_buffers_out(received)) {
    *since = 0;
    return false;
  }
  const uint64_t now = __builtin_ia32_rdtsc();
  if (*since == 0) *since = now;
  if (now - *since > wl_shared.control.tsc_hz / WL_MUTUAL_WAITS) queue->stuck = true;
  return queue->stuck;
}

/* Waits for a free descriptor where nothing may be lost; else one look. False: there is none. */
WL_COLD bool wl_transmit_make_room(uint32_t interface) {
  struct wl_transmit_queue *queue = &wl_transmit_queues[interface];
  struct wl_control *control = &wl_shared.control;
  uint64_t since = 0;
  wl_transmit_flush(interface);
  wl_announce();
  /* Whoever watches this guest's rounds must not take it for stuck. */
  WL_STORE_RELAXED(&control->no_room, 1);
  while (!wl_transmit_reclaim(interface) || wl_buffers_free(&queue->buffers) == 0) {
    if (!(control->flags & WL_ATTENDED) || WL_LOAD_RELAXED(&control->stop) == WL_STOP_END) break;
    if ((control->flags & WL_AMONG_OTHERS) && wl_transmit_mutual(interface, &since)) break;
    __builtin_ia32_pause();
  }
  WL_STORE_RELAXED(&control->no_room, 0);
  if (wl_buffers_free(&queue->buffers) == 0) return false;
  queue->stuck = false;
  return true;
}

/* The descriptor for a frame whose device wants more than its address and length; its header is written. */
WL_OUTLINE uint16_t wl_transmit_descriptor(uint32_t interface, uint8_t *header) {
  const struct wl_device *device = &wl_devices[interface];
  const struct wl_buffers *buffers = &wl_transmit_queues[interface].buffers;
  if (!device->bare) wl_zero(header, WL_VIRTIO_NET_HEADER_BYTES);
  return wl_buffers_descriptor(buffers, device->in_order, &wl_transmit_rings[interface], buffers->offered);
}

static void wl_transmit(uint32_t interface, struct wl_packet *packet, uint8_t *data, uint8_t *end) {
  struct wl_transmit_queue *queue = &wl_transmit_queues[interface];
  const uint32_t length = (uint32_t)(end - data);
  if (WL_UNLIKELY(length > WL_FRAME_BYTES_MAX) || (WL_UNLIKELY(wl_buffers_full(&queue->buffers)) && !wl_transmit_make_room(interface))) {
    wl_count_port(&wl_port_counters(interface)->tx_drops, 1);
    wl_release(packet);
    return;
  }
  struct wl_descriptor *descriptors = wl_transmit_rings[interface].descriptors;
  uint8_t *header = data - WL_VIRTIO_NET_HEADER_BYTES;
  uint16_t id = queue->buffers.offered & WL_RING_MASK;
  if (WL_UNLIKELY(!wl_devices[interface].plain)) id = wl_transmit_descriptor(interface, header);
  queue->buffers.offered += 1;
  queue->buffers.slots[id] = packet->slot;
  descriptors[id].address = (uint64_t)(uintptr_t)header;
  descriptors[id].length = length + WL_VIRTIO_NET_HEADER_BYTES;
  queue->bytes += length;
}

static uint32_t wl_transmit_room(uint32_t interface) {
  const struct wl_buffers *buffers = &wl_transmit_queues[interface].buffers;
  if (wl_buffers_free(buffers) < WL_BATCH_PACKETS_MAX) wl_transmit_reclaim(interface);
  if (wl_shared.control.flags & WL_ATTENDED) return WL_BATCH_PACKETS_MAX;
  return wl_buffers_free(buffers);
}

#endif
