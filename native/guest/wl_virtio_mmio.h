/* virtio-net behind virtio-mmio registers (virtio 1.2, 4.2.2 and 5.1), for VMMs other than ours. */
#ifndef WL_VIRTIO_MMIO_H
#define WL_VIRTIO_MMIO_H

#include "../runtime/wl_transmit.h"

#define WL_MMIO_MAGIC 0x74726976u
#define WL_MMIO_VERSION 2
#define WL_MMIO_DEVICE_NET 1
/* Device memory is mapped there: 3..4 GiB. */
#define WL_MMIO_START 0xc0000000u
#define WL_MMIO_END 0x100000000u
#define WL_VIRTIO_NET_F_MAC 5

enum {
  WL_MMIO_REG_MAGIC = 0x000,
  WL_MMIO_REG_VERSION = 0x004,
  WL_MMIO_REG_DEVICE = 0x008,
  WL_MMIO_REG_FEATURES = 0x010,
  WL_MMIO_REG_FEATURES_SELECT = 0x014,
  WL_MMIO_REG_DRIVER_FEATURES = 0x020,
  WL_MMIO_REG_DRIVER_FEATURES_SELECT = 0x024,
  WL_MMIO_REG_QUEUE = 0x030,
  WL_MMIO_REG_QUEUE_MAX = 0x034,
  WL_MMIO_REG_QUEUE_SIZE = 0x038,
  WL_MMIO_REG_QUEUE_READY = 0x044,
  WL_MMIO_REG_NOTIFY = 0x050,
  WL_MMIO_REG_STATUS = 0x070,
  WL_MMIO_REG_DESCRIPTORS = 0x080,
  WL_MMIO_REG_AVAILABLE = 0x090,
  WL_MMIO_REG_USED = 0x0a0,
  WL_MMIO_REG_CONFIG = 0x100,
  WL_MMIO_REG_CONFIG_STATUS = 0x106, /* of struct virtio_net_config: behind the address (virtio 1.2, 5.1.4) */
};

/* Device status (virtio 1.2, 2.1) */
enum { WL_ACKNOWLEDGE = 1, WL_DRIVER = 2, WL_DRIVER_OK = 4, WL_FEATURES_OK = 8 };

WL_INLINE uint32_t wl_mmio_read(uint64_t base, uint32_t reg) { return *(volatile uint32_t *)(base + reg); }
WL_INLINE void wl_mmio_write(uint64_t base, uint32_t reg, uint32_t value) { *(volatile uint32_t *)(base + reg) = value; }

static void wl_mmio_address(uint64_t base, uint32_t reg, const volatile void *at) {
  wl_mmio_write(base, reg, (uint32_t)(uintptr_t)at);
  wl_mmio_write(base, reg + 4, (uint32_t)((uint64_t)(uintptr_t)at >> 32));
}

static bool wl_mmio_queue(uint64_t base, uint32_t queue, struct wl_virtqueue *ring) {
  wl_mmio_write(base, WL_MMIO_REG_QUEUE, queue);
  if (wl_mmio_read(base, WL_MMIO_REG_QUEUE_MAX) < WL_RING_SIZE) return false;
  wl_mmio_write(base, WL_MMIO_REG_QUEUE_SIZE, WL_RING_SIZE);
  wl_mmio_address(base, WL_MMIO_REG_DESCRIPTORS, ring->descriptors);
  wl_mmio_address(base, WL_MMIO_REG_AVAILABLE, &ring->available);
  wl_mmio_address(base, WL_MMIO_REG_USED, &ring->used);
  wl_mmio_write(base, WL_MMIO_REG_QUEUE_READY, 1);
  return true;
}

/* The interface with the device's address, else the first that has no device yet (bits of `taken`). */
static uint32_t wl_mmio_interface(uint64_t base, uint64_t taken) {
  static const uint8_t addresses[WL_RINGS][6] = {
#define WL_ADDRESS(number, text, receiving, m0, m1, m2, m3, m4, m5) {m0, m1, m2, m3, m4, m5},
    WL_INTERFACES(WL_ADDRESS)
#undef WL_ADDRESS
  };
  uint32_t free = WL_INTERFACE_COUNT;
  for (uint32_t interface = WL_INTERFACE_COUNT; interface > 0; interface -= 1) {
    if (taken >> (interface - 1) & 1) continue;
    free = interface - 1;
    bool same = true;
    for (uint32_t byte = 0; byte < 6; byte += 1) {
      same &= *(volatile uint8_t *)(base + WL_MMIO_REG_CONFIG + byte) == addresses[interface - 1][byte];
    }
    if (same) break;
  }
  return free;
}

/* Makes the device at `base` an interface's, if it is a network card and one is without; the interface as a bit. */
static uint64_t wl_mmio_attach(uint64_t base, uint64_t taken) {
  if (base < WL_MMIO_START || base > WL_MMIO_END - 0x200) return 0;
  if (wl_mmio_read(base, WL_MMIO_REG_MAGIC) != WL_MMIO_MAGIC) return 0;
  if (wl_mmio_read(base, WL_MMIO_REG_VERSION) != WL_MMIO_VERSION) return 0;
  if (wl_mmio_read(base, WL_MMIO_REG_DEVICE) != WL_MMIO_DEVICE_NET) return 0;
  wl_mmio_write(base, WL_MMIO_REG_STATUS, 0);
  wl_mmio_write(base, WL_MMIO_REG_STATUS, WL_ACKNOWLEDGE);
  wl_mmio_write(base, WL_MMIO_REG_STATUS, WL_ACKNOWLEDGE | WL_DRIVER);
  uint64_t offered = 0;
  for (uint32_t half = 0; half < 2; half += 1) {
    wl_mmio_write(base, WL_MMIO_REG_FEATURES_SELECT, half);
    offered |= (uint64_t)wl_mmio_read(base, WL_MMIO_REG_FEATURES) << (32 * half);
  }
  const uint64_t wanted = WL_IMAGE_FEATURES | UINT64_C(1) << WL_VIRTIO_NET_F_MAC | UINT64_C(1) << WL_VIRTIO_NET_F_STATUS;
  const uint64_t features = offered & wanted;
  if (!(features >> WL_VIRTIO_F_VERSION_1 & 1)) return 0;
  for (uint32_t half = 0; half < 2; half += 1) {
    wl_mmio_write(base, WL_MMIO_REG_DRIVER_FEATURES_SELECT, half);
    wl_mmio_write(base, WL_MMIO_REG_DRIVER_FEATURES, (uint32_t)(features >> (32 * half)));
  }
  wl_mmio_write(base, WL_MMIO_REG_STATUS, WL_ACKNOWLEDGE | WL_DRIVER | WL_FEATURES_OK);
  if (!(wl_mmio_read(base, WL_MMIO_REG_STATUS) & WL_FEATURES_OK)) return 0;
  const uint32_t interface = wl_mmio_interface(base, taken);
  if (interface == WL_INTERFACE_COUNT) return 0;
  if (!wl_mmio_queue(base, 0, &wl_receive_rings[interface])) return 0;
  if (!wl_mmio_queue(base, 1, &wl_transmit_rings[interface])) return 0;
  wl_device_agree(interface, features, false);
  if (features >> WL_VIRTIO_NET_F_STATUS & 1) wl_device_status[interface] = (const volatile uint16_t *)(base + WL_MMIO_REG_CONFIG_STATUS);
  wl_devices[interface].notify = (volatile uint32_t *)(base + WL_MMIO_REG_NOTIFY);
  wl_mmio_write(base, WL_MMIO_REG_STATUS, WL_ACKNOWLEDGE | WL_DRIVER | WL_FEATURES_OK | WL_DRIVER_OK);
  return UINT64_C(1) << interface;
}

#endif
