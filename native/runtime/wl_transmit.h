/* Transmitting on a virtqueue: frames out in batches, slots back when the device is done with them. */
#ifndef WL_TRANSMIT_H
#define WL_TRANSMIT_H

#include "wl_receive.h"

/* The driver's own memory of a transmit queue; no device writes here. */
struct wl_transmit_queue {
  uint16_t used_seen;
  uint16_t available_next;
  uint16_t published; /* available_next as the device knows it */
  uint16_t free_count;
  uint16_t free[WL_RING_SIZE];
  uint32_t slots[WL_RING_SIZE];
  uint64_t packets; /* since the last publication */
  uint64_t bytes;
};
static struct wl_transmit_queue wl_transmit_queues[WL_RINGS];

static void wl_transmit_initialize(uint32_t interface) {
  struct wl_transmit_queue *queue = &wl_transmit_queues[interface];
  for (uint32_t id = 0; id < WL_RING_SIZE; id += 1) {
    queue->slots[id] = WL_NO_PACKET;
    queue->free[id] = (uint16_t)(WL_RING_SIZE - 1 - id);
  }
  queue->free_count = WL_RING_SIZE;
  wl_transmit_rings[interface].available.flags = WL_VIRTQ_AVAIL_F_NO_INTERRUPT;
}

/* Takes back what the device has sent; true if there was anything. */
static bool wl_transmit_reclaim(uint32_t interface) {
  struct wl_transmit_queue *queue = &wl_transmit_queues[interface];
  const struct wl_virtqueue *ring = &wl_transmit_rings[interface];
  uint16_t ready = (uint16_t)(WL_LOAD_ACQUIRE(&ring->used.index) - queue->used_seen);
  if (ready == 0) return false;
  if (ready > WL_RING_SIZE) ready = WL_RING_SIZE;
  for (uint16_t count = 0; count < ready; count += 1) {
    const uint32_t id = WL_LOAD_RELAXED(&ring->used.ring[queue->used_seen & WL_RING_MASK].id);
    queue->used_seen += 1;
    if (WL_UNLIKELY(id >= WL_RING_SIZE || queue->slots[id] == WL_NO_PACKET)) continue;
    wl_release(wl_packet_at(queue->slots[id]));
    queue->slots[id] = WL_NO_PACKET;
    queue->free[queue->free_count] = (uint16_t)id;
    queue->free_count += 1;
  }
  return true;
}

/* Publishes what was put on the ring since the last time. */
static void wl_transmit_flush(uint32_t interface) {
  struct wl_transmit_queue *queue = &wl_transmit_queues[interface];
  if (queue->published == queue->available_next) return;
  struct wl_control *control = &wl_shared.control;
  if (WL_UNLIKELY(control->tsc_first_transmit == 0)) WL_STORE_RELAXED(&control->tsc_first_transmit, __builtin_ia32_rdtsc());
  struct wl_virtqueue *ring = &wl_transmit_rings[interface];
  for (uint16_t place = queue->published; wl_tapped(interface, 1) && place != queue->available_next; place += 1) {
    const struct wl_descriptor *sent = &ring->descriptors[ring->available.ring[place & WL_RING_MASK]];
    wl_tap_frame(interface, 1, (const uint8_t *)(uintptr_t)sent->address + WL_VIRTIO_NET_HEADER_BYTES, sent->length - WL_VIRTIO_NET_HEADER_BYTES);
  }
  queue->published = queue->available_next;
  WL_STORE_RELEASE(&ring->available.index, queue->available_next);
  struct wl_interface_counters *counters = wl_port_counters(interface);
  wl_count_port(&counters->tx_packets, queue->packets);
  wl_count_port(&counters->tx_bytes, queue->bytes);
  queue->packets = queue->bytes = 0;
  wl_notify(interface, 1, ring);
}

/* Waits for a free descriptor where nothing may be lost; else one look. False: there is none. */
WL_COLD bool wl_transmit_make_room(uint32_t interface) {
  struct wl_transmit_queue *queue = &wl_transmit_queues[interface];
  const struct wl_control *control = &wl_shared.control;
  wl_transmit_flush(interface);
  while (!wl_transmit_reclaim(interface) || queue->free_count == 0) {
    if (!(control->flags & WL_ATTENDED) || WL_LOAD_RELAXED(&control->stop) == WL_STOP_END) return queue->free_count > 0;
    __builtin_ia32_pause();
  }
  return true;
}

static void wl_transmit(uint32_t interface, struct wl_packet *packet, uint8_t *data, uint8_t *end) {
  struct wl_transmit_queue *queue = &wl_transmit_queues[interface];
  const uint32_t length = (uint32_t)(end - data);
  if (WL_UNLIKELY(length > WL_FRAME_BYTES_MAX) || (WL_UNLIKELY(queue->free_count == 0) && !wl_transmit_make_room(interface))) {
    wl_count_port(&wl_port_counters(interface)->tx_drops, 1);
    wl_release(packet);
    return;
  }
  queue->free_count -= 1;
  const uint16_t id = queue->free[queue->free_count];
  queue->slots[id] = packet->slot;
  uint8_t *header = data - WL_VIRTIO_NET_HEADER_BYTES;
  wl_zero(header, WL_VIRTIO_NET_HEADER_BYTES);
  struct wl_virtqueue *ring = &wl_transmit_rings[interface];
  ring->descriptors[id].address = (uint64_t)(uintptr_t)header;
  ring->descriptors[id].length = length + WL_VIRTIO_NET_HEADER_BYTES;
  ring->available.ring[queue->available_next & WL_RING_MASK] = id;
  queue->available_next += 1;
  queue->packets += 1;
  queue->bytes += length;
}

static uint32_t wl_transmit_room(uint32_t interface) {
  struct wl_transmit_queue *queue = &wl_transmit_queues[interface];
  if (queue->free_count < WL_BATCH_PACKETS_MAX) wl_transmit_reclaim(interface);
  if (wl_shared.control.flags & WL_ATTENDED) return WL_BATCH_PACKETS_MAX;
  return queue->free_count;
}

#endif
