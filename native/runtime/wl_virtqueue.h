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

WL_ASSERT((WL_RING_SIZE & (WL_RING_SIZE - 1)) == 0 && WL_RING_SIZE <= 32768, "a ring's size is a power of two");
#define WL_RING_MASK (WL_RING_SIZE - 1)
/* Rings there must be, even of an appliance without interfaces. */
#define WL_RINGS (WL_INTERFACE_COUNT ? WL_INTERFACE_COUNT : 1)

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

static struct wl_virtqueue wl_receive_rings[WL_RINGS] __attribute__((section(".bss.wl_rings")));
static struct wl_virtqueue wl_transmit_rings[WL_RINGS] __attribute__((section(".bss.wl_rings")));

/* What the device of each interface does; set before the first packet. */
struct wl_device {
  /* Writing the queue's number there wakes a virtio-mmio device; NULL: WL_PORT_KICK does. */
  volatile uint32_t *notify;
  /* Queue memory is used as the device allows: frames longer than a buffer may come in several. */
  bool mergeable;
};
static struct wl_device wl_devices[WL_RINGS];

/* Tells the device that there is something new on one of its queues (0 receive, 1 transmit), if it wants to
 * know. The barrier orders our index before the device's word (virtio 1.2, 2.7.13.4.1). */
static void wl_machine_kick(uint32_t interface);
WL_INLINE void wl_notify(uint32_t interface, uint32_t queue, const struct wl_virtqueue *ring) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (WL_LIKELY(WL_LOAD_RELAXED(&ring->used.flags) & WL_VIRTQ_USED_F_NO_NOTIFY)) return;
  if (wl_devices[interface].notify != NULL) *wl_devices[interface].notify = queue;
  else wl_machine_kick(interface);
}

#endif
