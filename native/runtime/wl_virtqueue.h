/*
 * The driver's side of split virtqueues (virtio 1.2, 2.7): the memory that driver and device share. The same
 * in a VM, in a confined process and within a host's process.
 *
 * The unit's interfaces have their rings here, in memory of the image, whoever the device is. One packet is
 * one descriptor: the 12-byte virtio-net header lies directly before the frame.
 */
#ifndef WL_VIRTQUEUE_H
#define WL_VIRTQUEUE_H

#include "wl_control.h"
#include "wl_link_state.h"

WL_ASSERT((WL_RING_SIZE & (WL_RING_SIZE - 1)) == 0 && WL_RING_SIZE <= 32768, "a ring's size is a power of two");
#define WL_RING_MASK (WL_RING_SIZE - 1)

struct wl_descriptor {
  uint64_t address;
  uint32_t length;
  uint16_t flags;
  uint16_t next;
};

struct wl_available {
  uint16_t flags;
  uint16_t index;
  uint16_t ring[WL_RING_SIZE];
  uint16_t used_event;
};

struct wl_used_element {
  uint32_t id;
  uint32_t length;
};

struct wl_used {
  uint16_t flags;
  uint16_t index;
  struct wl_used_element ring[WL_RING_SIZE];
  uint16_t available_event;
};

struct wl_virtqueue {
  struct wl_descriptor descriptors[WL_RING_SIZE] __attribute__((aligned(64)));
  struct wl_available available __attribute__((aligned(64)));
  struct wl_used used __attribute__((aligned(64)));
};

/* How many of `count` places from `place` on lie side by side. */
WL_INLINE uint32_t wl_ring_run(uint32_t place, uint32_t count) { return count < WL_RING_SIZE - place ? count : WL_RING_SIZE - place; }

static struct wl_virtqueue wl_receive_rings[WL_RINGS] __attribute__((section(".bss.wl_rings")));
static struct wl_virtqueue wl_transmit_rings[WL_RINGS] __attribute__((section(".bss.wl_rings")));

/* What the device of each interface does; set before the first packet. */
struct wl_device {
  /* Queue memory is used as the device allows: frames longer than a buffer may come in several. */
  bool mergeable;
  /* Buffers come back as they were offered (VIRTIO_F_IN_ORDER): descriptor and place in the ring have one number. */
  bool in_order;
  /* WL_BARE_FRAMES. */
  bool bare;
  /* Both: a descriptor of a frame is its address and length, and nothing else is to be looked at or written. */
  bool plain;
};
static struct wl_device wl_devices[WL_RINGS];

WL_INLINE void wl_device_agree(uint32_t interface, uint64_t features, bool bare) {
  struct wl_device *device = &wl_devices[interface];
  device->mergeable = features >> WL_VIRTIO_NET_F_MRG_RXBUF & 1;
  device->in_order = features >> WL_VIRTIO_F_IN_ORDER & 1;
  device->bare = bare;
  device->plain = device->in_order && bare;
}

/* The devices of a host that has set the control block. */
static __attribute__((unused)) void wl_devices_agree(void) {
  const struct wl_control *control = &wl_shared.control;
  for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) wl_device_agree(interface, control->features, control->flags & WL_BARE_FRAMES);
}

/*
 * The driver's own memory of a queue: no device writes here. Buffers are counted modulo 2^16. The descriptor of the
 * n-th that is offered is ids[n]: those that came back first are taken first, so that a device which keeps the order
 * without saying so finds the same number at the same place of the ring each time, and lines that nobody writes stay in
 * both caches. With VIRTIO_F_IN_ORDER the number is that of the place.
 */
struct wl_buffers {
  uint16_t offered;   /* the device may know of them, or not yet */
  uint16_t returned;  /* of them that came back */
  uint16_t used_seen; /* used elements taken: as many, unless the device lies */
  bool unannounced;   /* the device was not told of what was published last */
  uint16_t ids[WL_RING_SIZE];
  uint32_t slots[WL_RING_SIZE]; /* behind a descriptor; WL_NO_PACKET: none (kept if the order is not) */
};

static void wl_buffers_initialize(struct wl_buffers *buffers, struct wl_virtqueue *ring) {
  for (uint32_t id = 0; id < WL_RING_SIZE; id += 1) {
    buffers->ids[id] = ring->available.ring[id] = (uint16_t)id;
    buffers->slots[id] = WL_NO_PACKET;
  }
}

WL_INLINE uint32_t wl_buffers_out(const struct wl_buffers *buffers) { return (uint16_t)(buffers->offered - buffers->returned); }
WL_INLINE uint32_t wl_buffers_free(const struct wl_buffers *buffers) { return WL_RING_SIZE - wl_buffers_out(buffers); }
WL_INLINE bool wl_buffers_full(const struct wl_buffers *buffers) { return buffers->offered == (uint16_t)(buffers->returned + WL_RING_SIZE); }

/* The descriptor for the buffer that is offered as number `count`; one must be free. The available ring says so already
 * if the order is kept. */
WL_INLINE uint16_t wl_buffers_descriptor(const struct wl_buffers *buffers, bool in_order, struct wl_virtqueue *ring, uint16_t count) {
  const uint16_t place = count & WL_RING_MASK;
  if (WL_LIKELY(in_order)) return place;
  const uint16_t id = buffers->ids[place];
  if (ring->available.ring[place] != id) ring->available.ring[place] = id;
  return id;
}

/* A used element of a device that does not keep the order: the slot, or WL_NO_PACKET if the device lies. */
WL_INLINE uint32_t wl_buffers_return(struct wl_buffers *buffers, uint32_t id) {
  const uint32_t slot = id < WL_RING_SIZE ? buffers->slots[id] : WL_NO_PACKET;
  if (WL_UNLIKELY(slot == WL_NO_PACKET)) return slot;
  buffers->slots[id] = WL_NO_PACKET;
  buffers->ids[buffers->returned & WL_RING_MASK] = (uint16_t)id;
  buffers->returned += 1;
  return slot;
}

/* Used elements that may be taken. A device that keeps the order uses no more than it was offered, else it lies; what
 * another one uses is checked one by one. */
WL_INLINE uint32_t wl_buffers_ready(const struct wl_buffers *buffers, bool in_order, const struct wl_virtqueue *ring) {
  const uint32_t ready = (uint16_t)(WL_LOAD_ACQUIRE(&ring->used.index) - buffers->used_seen);
  const uint32_t most = in_order ? wl_buffers_out(buffers) : WL_RING_SIZE;
  return WL_LIKELY(ready <= most) ? ready : most;
}

/* What was published since wl_announce last told the devices: some ring has `unannounced` set. */
static bool wl_unannounced;

WL_INLINE void wl_publish(struct wl_virtqueue *ring, struct wl_buffers *buffers) {
  WL_STORE_RELEASE(&ring->available.index, buffers->offered);
  buffers->unannounced = wl_unannounced = true;
}

/* Tells the device that there is something new on one of its queues (0 receive, 1 transmit), if it wants to know. */
static void wl_machine_kick(uint32_t interface, uint32_t queue);
WL_INLINE void wl_announce_queue(uint32_t interface, uint32_t queue, const struct wl_virtqueue *ring, struct wl_buffers *buffers) {
  if (!buffers->unannounced) return;
  buffers->unannounced = false;
  if (WL_UNLIKELY(!(WL_LOAD_RELAXED(&ring->used.flags) & WL_VIRTQ_USED_F_NO_NOTIFY))) wl_machine_kick(interface, queue);
}

#endif
