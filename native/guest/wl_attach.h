/* Network cards become interfaces: what a driver of virtio 1.2 says to a device (3.1.1), behind virtio-mmio or PCI. */
#ifndef WL_ATTACH_H
#define WL_ATTACH_H

#include "../runtime/wl_image.h"
#include "wl_cards.h"

#define WL_VIRTIO_NET_F_MAC 5
#define WL_VIRTIO_F_ACCESS_PLATFORM 33
#define WL_CONFIG_STATUS 6
#define WL_RESET_LOOKS 1000000

/* Device status (virtio 1.2, 2.1) */
enum { WL_ACKNOWLEDGE = 1, WL_DRIVER = 2, WL_DRIVER_OK = 4, WL_FEATURES_OK = 8 };

/* Registers that both have (virtio 1.2, 4.2.2 and 4.1.4.3): those of PCI have as many bytes as they need, the others four. */
enum { WL_STATUS, WL_FEATURES, WL_FEATURES_SELECT, WL_DRIVER_FEATURES, WL_DRIVER_SELECT, WL_QUEUE, WL_QUEUE_MAX, WL_QUEUE_SIZE, WL_QUEUE_READY, WL_DESCRIPTORS, WL_AVAILABLE, WL_USED, WL_NOTIFY_OFFSET };
static const struct {
  uint8_t mmio, pci, pci_bytes;
} wl_registers[] = {
  [WL_STATUS] = {0x70, 20, 1}, [WL_FEATURES] = {0x10, 4, 4}, [WL_FEATURES_SELECT] = {0x14, 0, 4}, [WL_DRIVER_FEATURES] = {0x20, 12, 4},
  [WL_DRIVER_SELECT] = {0x24, 8, 4}, [WL_QUEUE] = {0x30, 22, 2}, [WL_QUEUE_MAX] = {0x34, 24, 2}, [WL_QUEUE_SIZE] = {0x38, 24, 2},
  [WL_QUEUE_READY] = {0x44, 28, 2}, [WL_DESCRIPTORS] = {0x80, 32, 4}, [WL_AVAILABLE] = {0x90, 40, 4}, [WL_USED] = {0xa0, 48, 4},
  [WL_NOTIFY_OFFSET] = {0, 30, 2},
};
/* And those of the older virtio-mmio (virtio 1.2, 4.2.4): a queue is one piece of memory, counted in pages of a size that the driver
 * chooses. With pages of 64 bytes the pieces lie as in struct wl_virtqueue. */
enum { WL_OLD_PAGE_BYTES = 0x28, WL_OLD_QUEUE_ALIGN = 0x3c, WL_OLD_QUEUE_PAGE = 0x40 };
#define WL_OLD_PAGE 64
WL_ASSERT(offsetof(struct wl_virtqueue, available) == 16 * WL_RING_SIZE && offsetof(struct wl_virtqueue, used) == (18 * WL_RING_SIZE + 6 + WL_OLD_PAGE - 1) / WL_OLD_PAGE * WL_OLD_PAGE, "the older virtio's layout of a queue");

/* Writing a queue's number there tells the device of it; NULL: WL_PORT_KICK does. PCI's are two bytes wide, the others four. */
static struct {
  volatile uint8_t *at[2];
  bool narrow;
} wl_bells[WL_RINGS];

WL_APART uint32_t wl_register_read(uint32_t what) {
  if (!wl_card.pci) return *(volatile uint32_t *)(wl_card.registers + wl_registers[what].mmio);
  volatile uint8_t *const at = wl_card.registers + wl_registers[what].pci;
  return wl_registers[what].pci_bytes == 1 ? *at : wl_registers[what].pci_bytes == 2 ? *(volatile uint16_t *)at : *(volatile uint32_t *)at;
}

WL_APART void wl_register_write(uint32_t what, uint32_t value) {
  volatile uint8_t *const at = wl_card.registers + (wl_card.pci ? wl_registers[what].pci : wl_registers[what].mmio);
  if (!wl_card.pci || wl_registers[what].pci_bytes == 4) *(volatile uint32_t *)at = value;
  else if (wl_registers[what].pci_bytes == 2) *(volatile uint16_t *)at = (uint16_t)value;
  else *at = (uint8_t)value;
}

static void wl_old_write(uint32_t at, uint32_t value) { *(volatile uint32_t *)(wl_card.registers + at) = value; }

/* Images lie below 4 GiB. */
WL_APART void wl_register_address(uint32_t what, const volatile void *address) {
  volatile uint32_t *const at = (volatile uint32_t *)(wl_card.registers + (wl_card.pci ? wl_registers[what].pci : wl_registers[what].mmio));
  at[0] = (uint32_t)(uintptr_t)address;
  at[1] = 0;
}

WL_APART bool wl_attach_queue(uint32_t interface, uint32_t queue, struct wl_virtqueue *ring) {
  wl_register_write(WL_QUEUE, queue);
  if (wl_register_read(WL_QUEUE_MAX) < WL_RING_SIZE) return false;
  wl_register_write(WL_QUEUE_SIZE, WL_RING_SIZE);
  const uint64_t offset = wl_card.pci ? (uint64_t)wl_register_read(WL_NOTIFY_OFFSET) * wl_card.notify_multiplier : 0;
  if (offset + 2 > wl_card.notify_bytes) return false;
  wl_bells[interface].narrow = wl_card.pci;
  wl_bells[interface].at[queue] = wl_window_map(WL_PLACES_KEPT + 3 * interface + 1 + queue, wl_card.notify_at + offset);
  if (wl_card.legacy) {
    wl_old_write(WL_OLD_QUEUE_ALIGN, WL_OLD_PAGE);
    wl_old_write(WL_OLD_QUEUE_PAGE, (uint32_t)((uintptr_t)ring / WL_OLD_PAGE));
  } else {
    wl_register_address(WL_DESCRIPTORS, ring->descriptors);
    wl_register_address(WL_AVAILABLE, &ring->available);
    wl_register_address(WL_USED, &ring->used);
    wl_register_write(WL_QUEUE_READY, 1);
  }
  return wl_bells[interface].at[queue] != NULL;
}

/* Makes the open card an interface's; false: the device does not do what it has to. */
WL_APART bool wl_attach(uint32_t interface) {
  wl_register_write(WL_STATUS, 0);
  for (uint32_t looks = 0; wl_register_read(WL_STATUS) != 0; looks += 1) {
    if (looks == WL_RESET_LOOKS) return false;
  }
  wl_register_write(WL_STATUS, WL_ACKNOWLEDGE | WL_DRIVER);
  uint64_t features = 0;
  for (uint32_t half = 0; half < 2; half += 1) {
    wl_register_write(WL_FEATURES_SELECT, half);
    features |= (uint64_t)wl_register_read(WL_FEATURES) << (32 * half);
  }
  features &= WL_IMAGE_FEATURES | UINT64_C(1) << WL_VIRTIO_NET_F_MAC | UINT64_C(1) << WL_VIRTIO_NET_F_STATUS | UINT64_C(1) << WL_VIRTIO_F_ACCESS_PLATFORM;
  /* Frames have a header of 12 bytes with either (virtio 1.2, 5.1.6.1). */
  if (!(features >> (wl_card.legacy ? WL_VIRTIO_NET_F_MRG_RXBUF : WL_VIRTIO_F_VERSION_1) & 1)) return false;
  for (uint32_t half = 0; half < 2; half += 1) {
    wl_register_write(WL_DRIVER_SELECT, half);
    wl_register_write(WL_DRIVER_FEATURES, (uint32_t)(features >> (32 * half)));
  }
  uint32_t status = WL_ACKNOWLEDGE | WL_DRIVER;
  if (wl_card.legacy) {
    wl_old_write(WL_OLD_PAGE_BYTES, WL_OLD_PAGE);
  } else {
    status |= WL_FEATURES_OK;
    wl_register_write(WL_STATUS, status);
    if (!(wl_register_read(WL_STATUS) & WL_FEATURES_OK)) return false;
  }
  if (!wl_attach_queue(interface, 0, &wl_receive_rings[interface]) || !wl_attach_queue(interface, 1, &wl_transmit_rings[interface])) return false;
  wl_device_agree(interface, features, false);
  if (features >> WL_VIRTIO_NET_F_STATUS & 1) {
    wl_device_status[interface] = (const volatile uint16_t *)(wl_window_map(WL_PLACES_KEPT + 3 * interface, wl_card.config_at) + WL_CONFIG_STATUS);
  }
  wl_register_write(WL_STATUS, status | WL_DRIVER_OK);
  return true;
}

/* Whether the open card has an interface's address. */
static bool wl_card_is(uint32_t interface) {
  static const uint8_t addresses[WL_RINGS][6] = {
#define WL_ADDRESS(number, text, receiving, m0, m1, m2, m3, m4, m5) {m0, m1, m2, m3, m4, m5},
    WL_INTERFACES(WL_ADDRESS)
#undef WL_ADDRESS
  };
  uint32_t same = 0;
  while (same < 6 && wl_card.config[same] == addresses[interface][same]) same += 1;
  return same == 6;
}

/* Each interface gets the card with its address; those that find none, the cards that are left, in order. False: there are too few. */
WL_APART bool wl_attach_all(void) {
  uint64_t taken = 0;
  for (uint32_t pass = 0; pass < 2; pass += 1) {
    for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) {
      for (uint32_t card = 0; card < wl_card_count && !(taken >> interface & 1); card += 1) {
        if (wl_cards[card] == 0 || !wl_card_open(wl_cards[card]) || (pass == 0 && !wl_card_is(interface)) || !wl_attach(interface)) continue;
        wl_cards[card] = 0;
        taken |= UINT64_C(1) << interface;
      }
    }
  }
  return taken == (WL_INTERFACE_COUNT == 64 ? ~UINT64_C(0) : (UINT64_C(1) << WL_INTERFACE_COUNT % 64) - 1);
}

#endif
