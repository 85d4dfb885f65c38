/* Receiving from a virtqueue: empty slots out, frames in, in batches. */
#ifndef WL_RECEIVE_H
#define WL_RECEIVE_H

#include "wl_tap.h"
#include "wl_virtqueue.h"

#define WL_BUFFER_BYTES (WL_VIRTIO_NET_HEADER_BYTES + WL_SMALL_DATA_BYTES)
/* Buffers that the longest frame is spread over. */
#define WL_MERGED_MAX ((WL_VIRTIO_NET_HEADER_BYTES + WL_FRAME_BYTES_MAX + WL_BUFFER_BYTES - 1) / WL_BUFFER_BYTES)

/* The driver's own memory of a receive queue; no device writes here. */
struct wl_receive_queue {
  uint16_t used_seen;       /* used elements taken, modulo 2^16 */
  uint16_t available_next;  /* buffers offered, modulo 2^16 */
  uint16_t free_count;      /* descriptors without a buffer */
  uint16_t free[WL_RING_SIZE];
  uint32_t slots[WL_RING_SIZE]; /* the slot behind a descriptor, or WL_NO_PACKET */
};
static struct wl_receive_queue wl_receive_queues[WL_RINGS];
static const uint8_t wl_receives[WL_RINGS] = WL_RECEIVE_LIST;

WL_INLINE struct wl_interface_counters *wl_port_counters(uint32_t interface) {
  return &wl_shared.control.interfaces[interface];
}

WL_INLINE void wl_count_port(uint64_t *counter, uint64_t amount) {
  WL_STORE_RELAXED(counter, WL_LOAD_RELAXED(counter) + amount);
}

/* Slots offered at a time: more than a batch, so that the ring fills up. Of those that were never used, few: memory
 * that is touched for the first time costs a fault, and the first frames shall not wait for many. */
#define WL_REFILL_SLOTS (2 * WL_BATCH_PACKETS_MAX)
#define WL_FRESH_SLOTS 8
/* How many slots were taken at most, as far as refills saw. The free list is a stack: what lies deeper was never used. */
static uint32_t wl_small_taken_most;

static void wl_note_taken(void) {
  const uint32_t taken = WL_SMALL_SLOTS - wl_free_small_count;
  if (taken > wl_small_taken_most) wl_small_taken_most = taken;
}

/* Gives the device empty slots, as far as there are descriptors and slots. */
static void wl_receive_refill(uint32_t interface) {
  struct wl_receive_queue *queue = &wl_receive_queues[interface];
  struct wl_virtqueue *ring = &wl_receive_rings[interface];
  const uint16_t before = queue->available_next;
  wl_note_taken();
  const uint32_t known = wl_small_taken_most + WL_FRESH_SLOTS;
  const uint32_t least = known < WL_SMALL_SLOTS ? WL_SMALL_SLOTS - known : 0;
  for (uint32_t count = 0; count < WL_REFILL_SLOTS && queue->free_count > 0 && wl_free_small_count > least; count += 1) {
    struct wl_packet *packet = wl_take_small();
    if (WL_UNLIKELY(packet == NULL)) break;
    queue->free_count -= 1;
    const uint16_t id = queue->free[queue->free_count];
    queue->slots[id] = packet->slot;
    ring->descriptors[id].address = (uint64_t)(uintptr_t)(wl_slot_data(packet) - WL_VIRTIO_NET_HEADER_BYTES);
    ring->available.ring[queue->available_next & WL_RING_MASK] = id;
    queue->available_next += 1;
  }
  if (queue->available_next == before) return;
  wl_note_taken();
  WL_STORE_RELEASE(&ring->available.index, queue->available_next);
  wl_notify(interface, 0, ring);
}

static void wl_receive_initialize(uint32_t interface) {
  struct wl_receive_queue *queue = &wl_receive_queues[interface];
  struct wl_virtqueue *ring = &wl_receive_rings[interface];
  for (uint32_t id = 0; id < WL_RING_SIZE; id += 1) {
    queue->slots[id] = WL_NO_PACKET;
    queue->free[id] = (uint16_t)(WL_RING_SIZE - 1 - id);
    ring->descriptors[id].length = WL_BUFFER_BYTES;
    ring->descriptors[id].flags = WL_VIRTQ_DESC_F_WRITE;
  }
  queue->free_count = WL_RING_SIZE;
  ring->available.flags = WL_VIRTQ_AVAIL_F_NO_INTERRUPT;
  wl_receive_refill(interface);
}

/* The buffer of a used element, taken from the device: NULL if the device lies about it. */
WL_INLINE struct wl_packet *wl_receive_take(uint32_t interface, uint16_t place, uint32_t *length) {
  struct wl_receive_queue *queue = &wl_receive_queues[interface];
  const struct wl_used_element *element = &wl_receive_rings[interface].used.ring[place & WL_RING_MASK];
  const uint32_t id = WL_LOAD_RELAXED(&element->id);
  *length = WL_LOAD_RELAXED(&element->length);
  if (WL_UNLIKELY(id >= WL_RING_SIZE)) return NULL;
  const uint32_t slot = queue->slots[id];
  if (WL_UNLIKELY(slot == WL_NO_PACKET)) return NULL;
  queue->slots[id] = WL_NO_PACKET;
  queue->free[queue->free_count] = (uint16_t)id;
  queue->free_count += 1;
  return wl_packet_at(slot);
}

/* Joins `parts` buffers, the first of them taken already, into a jumbo slot. Advances *place past them. */
WL_COLD struct wl_packet *wl_receive_merged(uint32_t interface, struct wl_packet *first, uint32_t parts, uint16_t *place, uint16_t end, uint32_t *length) {
  struct wl_packet *whole = parts <= WL_MERGED_MAX ? wl_take_jumbo() : NULL;
  uint8_t *to = whole == NULL ? NULL : wl_slot_data(whole);
  uint32_t sum = WL_SMALL_DATA_BYTES;
  bool right = whole != NULL;
  if (right) wl_copy(to, wl_slot_data(first), WL_SMALL_DATA_BYTES);
  wl_release(first);
  for (uint32_t part = 1; part < parts && *place != end; part += 1) {
    uint32_t bytes;
    struct wl_packet *packet = wl_receive_take(interface, *place, &bytes);
    *place += 1;
    if (packet == NULL) {
      right = false;
      continue;
    }
    right = right && bytes <= WL_BUFFER_BYTES && sum + bytes <= WL_FRAME_BYTES_MAX;
    if (right) wl_copy(to + sum, wl_slot_data(packet) - WL_VIRTIO_NET_HEADER_BYTES, bytes);
    sum += bytes;
    wl_release(packet);
  }
  if (!right && whole != NULL) wl_release(whole);
  *length = sum + WL_VIRTIO_NET_HEADER_BYTES;
  return right ? whole : NULL;
}

/* Takes up to a batch of frames from an interface and hands them to the graph; how many used elements. */
static uint32_t wl_receive_poll(uint32_t interface) {
  struct wl_receive_queue *queue = &wl_receive_queues[interface];
  const struct wl_virtqueue *ring = &wl_receive_rings[interface];
  const uint16_t ready = (uint16_t)(WL_LOAD_ACQUIRE(&ring->used.index) - queue->used_seen);
  if (ready == 0) return 0;
  /* More than was offered is a lie: what is taken is checked one by one. */
  const uint16_t end = (uint16_t)(queue->used_seen + (ready <= WL_RING_SIZE ? ready : WL_RING_SIZE));
  struct wl_frame frames[WL_BATCH_PACKETS_MAX];
  uint16_t place = queue->used_seen;
  uint32_t count = 0, lost = 0;
  uint64_t bytes = 0;
  while (place != end && count < WL_BATCH_PACKETS_MAX) {
    uint32_t length;
    struct wl_packet *packet = wl_receive_take(interface, place, &length);
    place += 1;
    if (WL_UNLIKELY(packet == NULL)) {
      lost += 1;
      continue;
    }
    /* A device fills a buffer before it begins the next, so only a full one can be the first of several. */
    if (WL_UNLIKELY(length == WL_BUFFER_BYTES) && wl_devices[interface].mergeable) {
      const uint8_t *header = wl_slot_data(packet) - WL_VIRTIO_NET_HEADER_BYTES;
      const uint32_t parts = WL_LOAD_RELAXED(&header[10]) | (uint32_t)WL_LOAD_RELAXED(&header[11]) << 8;
      if (parts > 1) packet = wl_receive_merged(interface, packet, parts, &place, end, &length);
    } else if (WL_UNLIKELY(length > WL_BUFFER_BYTES || length < WL_VIRTIO_NET_HEADER_BYTES)) {
      wl_release(packet);
      packet = NULL;
    }
    if (WL_UNLIKELY(packet == NULL)) {
      lost += 1;
      continue;
    }
    length -= WL_VIRTIO_NET_HEADER_BYTES;
    uint8_t *data = wl_slot_data(packet);
    frames[count] = (struct wl_frame){packet, data, data + length};
    __builtin_prefetch(data);
    count += 1;
    bytes += length;
  }
  const uint32_t taken = (uint16_t)(place - queue->used_seen);
  queue->used_seen = place;
  struct wl_interface_counters *counters = wl_port_counters(interface);
  if (WL_UNLIKELY(lost > 0)) wl_count_port(&counters->rx_drops, lost);
  if (count > 0) {
    struct wl_control *control = &wl_shared.control;
    if (WL_UNLIKELY(control->tsc_first_receive == 0)) WL_STORE_RELAXED(&control->tsc_first_receive, __builtin_ia32_rdtsc());
    wl_count_port(&counters->rx_packets, count);
    wl_count_port(&counters->rx_bytes, bytes);
    if (wl_tapped(interface, 0)) {
      for (uint32_t index = 0; index < count; index += 1) wl_tap_frame(interface, 0, frames[index].data, (uint32_t)(frames[index].end - frames[index].data));
    }
    wl_graph_receive(interface, frames, count);
  }
  return taken;
}

#endif
