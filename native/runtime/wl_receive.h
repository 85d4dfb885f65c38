/* Receiving from a virtqueue: empty slots out, frames in, in batches. */
#ifndef WL_RECEIVE_H
#define WL_RECEIVE_H

#include "wl_tap.h"
#include "wl_virtqueue.h"

#define WL_BUFFER_BYTES (WL_VIRTIO_NET_HEADER_BYTES + WL_SMALL_DATA_BYTES)
/* Buffers that the longest frame is spread over. */
#define WL_MERGED_MAX ((WL_VIRTIO_NET_HEADER_BYTES + WL_FRAME_BYTES_MAX + WL_BUFFER_BYTES - 1) / WL_BUFFER_BYTES)

struct wl_receive_queue {
  struct wl_buffers buffers;
  uint16_t skipped;        /* in order: used elements that the device left out, not taken yet ... */
  uint32_t skipped_length; /* ... and the length of the last of them */
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
/* Of a note that is one: two addresses and a type. */
#define WL_NOTE_BYTES_MIN 14

/* `count` slots behind as many descriptors, side by side. */
WL_INLINE void wl_receive_offer(struct wl_descriptor *descriptors, uint32_t *slots, const uint32_t *from, uint32_t count) {
  for (uint32_t index = 0; index < count; index += 1) {
    slots[index] = from[index];
    descriptors[index].address = wl_slot_address(from[index]);
  }
}

/* Gives the device empty slots, as far as there are descriptors and slots. */
static void wl_receive_refill(uint32_t interface) {
  struct wl_buffers *buffers = &wl_receive_queues[interface].buffers;
  struct wl_virtqueue *ring = &wl_receive_rings[interface];
  const bool in_order = wl_devices[interface].in_order;
  const uint32_t most = wl_small_known + WL_FRESH_SLOTS, kept = most < WL_SMALL_SLOTS ? WL_SMALL_SLOTS - most : 0;
  uint32_t count = wl_buffers_free(buffers);
  if (count > WL_REFILL_SLOTS) count = WL_REFILL_SLOTS;
  if (count + kept > wl_free_small_count) count = wl_free_small_count > kept ? wl_free_small_count - kept : 0;
  if (count == 0) return;
  const uint32_t free = wl_free_small_count - count;
  const uint16_t first = buffers->offered;
  /* The stack has those that were never used at its bottom, the first of them on top. */
  while (WL_UNLIKELY(WL_SMALL_SLOTS - wl_small_known > free)) wl_meet_slot(wl_small_known);
  if (WL_LIKELY(in_order)) {
    for (uint32_t done = 0; done < count;) {
      const uint32_t place = (first + done) & WL_RING_MASK, run = wl_ring_run(place, count - done);
      wl_receive_offer(&ring->descriptors[place], &buffers->slots[place], &wl_free_small[free + done], run);
      done += run;
    }
  } else {
    for (uint32_t index = 0; index < count; index += 1) {
      const uint16_t id = wl_buffers_descriptor(buffers, false, ring, (uint16_t)(first + index));
      wl_receive_offer(&ring->descriptors[id], &buffers->slots[id], &wl_free_small[free + index], 1);
    }
  }
  wl_free_small_count = free;
  buffers->offered = (uint16_t)(first + count);
  wl_publish(ring, buffers);
}

static void wl_receive_initialize(uint32_t interface) {
  struct wl_virtqueue *ring = &wl_receive_rings[interface];
  for (uint32_t id = 0; id < WL_RING_SIZE; id += 1) {
    ring->descriptors[id].length = WL_BUFFER_BYTES;
    ring->descriptors[id].flags = WL_VIRTQ_DESC_F_WRITE;
  }
  wl_buffers_initialize(&wl_receive_queues[interface].buffers, ring);
  ring->available.flags = WL_VIRTQ_AVAIL_F_NO_INTERRUPT;
  wl_receive_refill(interface);
}

/*
 * In order, and the element is of another buffer than the next one: the device left out the elements of all buffers
 * before that one, which it has filled up, and wrote only the last (virtio 1.2, 2.7.9). Returns the length of the next.
 */
WL_COLD uint32_t wl_receive_skipped(struct wl_receive_queue *queue, uint16_t place, uint32_t id, uint32_t length) {
  if (queue->skipped == 0) {
    if (id >= WL_RING_SIZE) return 0;
    queue->skipped = (uint16_t)((id - place) & WL_RING_MASK);
    queue->skipped_length = length;
    return WL_BUFFER_BYTES;
  }
  queue->skipped -= 1;
  return queue->skipped > 0 ? WL_BUFFER_BYTES : queue->skipped_length;
}

WL_INLINE const struct wl_used_element *wl_used_at(uint32_t interface, uint16_t place) {
  return &wl_receive_rings[interface].used.ring[place & WL_RING_MASK];
}

/* Whether a used element is a note (see WL_NOTE). */
WL_INLINE bool wl_receive_is_note(uint32_t interface, uint16_t place) { return (WL_LOAD_RELAXED(&wl_used_at(interface, place)->length) & WL_NOTE) != 0; }

/* The buffer of a used element, taken from the device: NULL if the device lies about it. */
WL_INLINE struct wl_packet *wl_receive_take(uint32_t interface, uint16_t place, uint32_t *length) {
  struct wl_receive_queue *queue = &wl_receive_queues[interface];
  const struct wl_used_element *element = wl_used_at(interface, place);
  const uint32_t id = WL_LOAD_RELAXED(&element->id);
  *length = WL_LOAD_RELAXED(&element->length);
  uint32_t slot;
  if (WL_LIKELY(wl_devices[interface].in_order)) {
    if (WL_UNLIKELY(id != (place & WL_RING_MASK) || queue->skipped > 0)) *length = wl_receive_skipped(queue, place, id, *length);
    slot = queue->buffers.slots[place & WL_RING_MASK];
    queue->buffers.returned += 1;
  } else {
    slot = wl_buffers_return(&queue->buffers, id);
    if (WL_UNLIKELY(slot == WL_NO_PACKET)) return NULL;
  }
  return (struct wl_packet *)wl_pool.small[slot];
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

/* A used element, read once: number and length as one word. Less what is expected at a place, it is the frame's length, and nothing
 * above if the number is that of the place. */
typedef const volatile uint64_t __attribute__((aligned(4), may_alias)) wl_used_word;
WL_INLINE wl_used_word *wl_used_words(uint32_t interface, uint32_t place) { return (wl_used_word *)&wl_receive_rings[interface].used.ring[place]; }
WL_INLINE uint64_t wl_used_expected(uint32_t place) { return (uint64_t)WL_VIRTIO_NET_HEADER_BYTES << 32 | place; }
WL_INLINE uint64_t wl_used_length(uint64_t word, uint64_t expected) { return (word - expected) >> 32 | (word - expected) << 32; }

/* Whether used elements are taken as such words. */
WL_INLINE bool wl_receive_is_plain(uint32_t interface) { return wl_devices[interface].in_order && wl_receive_queues[interface].skipped == 0; }

WL_INLINE void wl_count_received(uint32_t interface, uint32_t count, uint64_t bytes) {
  struct wl_control *control = &wl_shared.control;
  if (WL_UNLIKELY(control->tsc_first_receive == 0)) WL_STORE_RELAXED(&control->tsc_first_receive, __builtin_ia32_rdtsc());
  struct wl_interface_counters *counters = wl_port_counters(interface);
  wl_count_port(&counters->rx_packets, count);
  wl_count_port(&counters->rx_bytes, bytes);
}

/* Frames of a device that keeps the order, up to the first that is not simply one in a buffer of its own. */
WL_INLINE uint32_t wl_receive_plain(uint32_t interface, struct wl_frame *frames, uint32_t most, uint64_t *bytes) {
  struct wl_receive_queue *queue = &wl_receive_queues[interface];
  if (WL_UNLIKELY(!wl_receive_is_plain(interface))) return 0;
  const uint16_t first = queue->buffers.used_seen;
  struct wl_frame *next = frames, *const end = frames + most;
  uint64_t sum = 0;
  for (bool right = true; right && next != end;) {
    const uint32_t begin = (first + (uint32_t)(next - frames)) & WL_RING_MASK;
    const struct wl_frame *const stop = next + wl_ring_run(begin, (uint32_t)(end - next));
    const uint32_t *slot = &queue->buffers.slots[begin];
    wl_used_word *used = wl_used_words(interface, begin);
    uint64_t expected = wl_used_expected(begin);
    WL_BY_FOURS
    for (; next != stop; slot += 1, used += 1, next += 1, expected += 1) {
      const uint64_t length = wl_used_length(*used, expected);
      right = length < WL_SMALL_DATA_BYTES;
      if (WL_UNLIKELY(!right)) break;
      struct wl_packet *packet = (struct wl_packet *)wl_pool.small[*slot];
      uint8_t *data = wl_slot_data(packet);
      *next = (struct wl_frame){packet, data, data + length};
      __builtin_prefetch(data);
      sum += length;
    }
  }
  const uint32_t count = (uint32_t)(next - frames);
  queue->buffers.returned += (uint16_t)count;
  *bytes += sum;
  return count;
}

/*
 * Hands on what other processors take and elements here learn from, as far as the used elements of the device are notes: what
 * comes behind them was behind them on the wire. How many; `ready` at most. They count as received, and have no bytes.
 */
WL_COLD uint32_t wl_receive_notes(uint32_t interface, uint32_t ready) {
  struct wl_receive_queue *queue = &wl_receive_queues[interface];
  uint32_t count = 0;
  while (count < ready && wl_receive_is_note(interface, queue->buffers.used_seen)) {
    uint32_t length;
    struct wl_packet *packet = wl_receive_take(interface, queue->buffers.used_seen, &length);
    queue->buffers.used_seen += 1;
    count += 1;
    if (packet == NULL) continue;
    length = (length & ~WL_NOTE) - WL_VIRTIO_NET_HEADER_BYTES;
    if (length < WL_NOTE_BYTES_MIN || length > WL_NOTE_BYTES_MAX) {
      wl_release(packet);
      continue;
    }
    wl_packet_received(packet, wl_slot_data(packet) + length);
    wl_graph_learn(interface, packet, wl_slot_data(packet) + length);
  }
  struct wl_interface_counters *counters = wl_port_counters(interface);
  wl_count_port(&counters->rx_packets, count);
  return count;
}

/* Takes up to a batch of frames from an interface and hands them to the graph; how many used elements. */
static uint32_t wl_receive_poll(uint32_t interface) {
  struct wl_receive_queue *queue = &wl_receive_queues[interface];
  uint32_t ready = wl_buffers_ready(&queue->buffers, wl_devices[interface].in_order, &wl_receive_rings[interface]);
  if (ready == 0) return 0;
  uint32_t notes = 0;
  if (WL_LEARNS && WL_UNLIKELY(wl_receive_is_note(interface, queue->buffers.used_seen))) {
    notes = wl_receive_notes(interface, ready);
    if (notes == ready) return notes;
    ready -= notes;
  }
  uint16_t place = queue->buffers.used_seen;
  const uint16_t end = (uint16_t)(place + ready);
  struct wl_frame frames[WL_BATCH_PACKETS_MAX];
  uint64_t bytes = 0;
  uint32_t count = wl_receive_plain(interface, frames, ready < WL_BATCH_PACKETS_MAX ? ready : WL_BATCH_PACKETS_MAX, &bytes), lost = 0;
  place += (uint16_t)count;
  while (place != end && count < WL_BATCH_PACKETS_MAX) {
    uint32_t length;
    /* Notes are the next to be looked at, when these frames are through. */
    if (WL_LEARNS && wl_receive_is_note(interface, place)) break;
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
  const uint32_t taken = (uint16_t)(place - queue->buffers.used_seen);
  queue->buffers.used_seen = place;
  if (WL_UNLIKELY(lost > 0)) wl_count_port(&wl_port_counters(interface)->rx_drops, lost);
  if (count > 0) {
    wl_count_received(interface, count, bytes);
    if (wl_tapped(interface, 0)) {
      for (uint32_t index = 0; index < count; index += 1) wl_tap_frame(interface, 0, frames[index].data, (uint32_t)(frames[index].end - frames[index].data));
    }
    wl_graph_receive(interface, frames, count);
  }
  return notes + taken;
}

#endif
