/*
 * Network cards that were found, and where their registers are: virtio-net behind virtio-mmio (virtio 1.2, 4.2.2, and 4.2.4: the older
 * form, which QEMU's microvm has unless told otherwise) or behind PCI (4.1.4).
 */
#ifndef WL_CARDS_H
#define WL_CARDS_H

#include "../runtime/wl_transmit.h"
#include "wl_pci.h"

#define WL_CARDS_MAX 64
#define WL_MMIO_MAGIC 0x74726976u
#define WL_MMIO_DEVICE_NET 1
#define WL_MMIO_BYTES 0x200
#define WL_MMIO_NOTIFY 0x050
#define WL_MMIO_CONFIG 0x100
/* Capabilities of PCI's functions (PCI 3.0, 6.7), and those of virtio among them (virtio 1.2, 4.1.4) */
#define WL_CAPABILITIES_MAX 48
#define WL_CAPABILITY_VENDOR 9
#define WL_CAPABILITY_FIRST 0x40
#define WL_CAPABILITY_LAST (0x100 - 20)
#define WL_PCI_COMMON_BYTES 56
/* Of struct virtio_net_config: the address, and the status behind it (virtio 1.2, 5.1.4) */
#define WL_CONFIG_BYTES 8

/* Where each was found: a function of PCI as wl_pci.h has them, or the address of virtio-mmio registers, without these bits. */
static uint64_t wl_cards[WL_CARDS_MAX];
static uint32_t wl_card_count;

/* The card whose registers are in the window now. */
static struct {
  volatile uint8_t *registers;
  volatile uint8_t *config;
  uint64_t config_at; /* physical */
  uint64_t notify_at;
  uint64_t notify_bytes;
  uint32_t notify_multiplier;
  bool pci;
  bool legacy;
} wl_card;

/* Whether `bytes` bytes from an address on are in one page, and aligned. */
static bool wl_fits_page(uint64_t at, uint32_t bytes) { return (at & 3) == 0 && (at & (WL_PAGE_BYTES - 1)) + bytes <= WL_PAGE_BYTES; }

/* Finds the registers of a function; the first capability of a kind that can be used counts (virtio 1.2, 4.1.4.1). */
static bool wl_card_open_pci(uint64_t function) {
  uint64_t at[5] = {0}; /* by the kind of capability: 1 common, 2 notifications, 4 the device's */
  uint32_t bytes[5] = {0};
  uint32_t place = wl_pci_read(function, WL_PCI_CAPABILITIES) & 0xfc;
  for (uint32_t count = 0; count < WL_CAPABILITIES_MAX && place >= WL_CAPABILITY_FIRST; count += 1) {
    const uint32_t word = wl_pci_read(function, place), kind = word >> 24;
    if ((word & 0xff) == WL_CAPABILITY_VENDOR && kind < 5 && at[kind] == 0 && place <= WL_CAPABILITY_LAST) {
      const uint64_t bar = wl_pci_bar(function, wl_pci_read(function, place + 4) & 0xff);
      if (bar != 0) {
        at[kind] = bar + wl_pci_read(function, place + 8);
        bytes[kind] = wl_pci_read(function, place + 12);
        if (kind == 2) wl_card.notify_multiplier = wl_pci_read(function, place + 16);
      }
    }
    place = word >> 8 & 0xfc;
  }
  if (bytes[1] < WL_PCI_COMMON_BYTES || bytes[2] == 0 || bytes[4] < WL_CONFIG_BYTES || !wl_fits_page(at[1], WL_PCI_COMMON_BYTES)) return false;
  wl_pci_write(function, WL_PCI_COMMAND, (wl_pci_read(function, WL_PCI_COMMAND) & 0xffff) | WL_PCI_MEMORY_MASTER_QUIET);
  wl_card.config_at = at[4];
  wl_card.notify_at = at[2];
  wl_card.notify_bytes = bytes[2];
  wl_card.registers = wl_window_map(WL_PLACE_REGISTERS, at[1]);
  return wl_card.registers != NULL;
}

static bool wl_card_open_mmio(uint64_t at) {
  if (!wl_fits_page(at, WL_MMIO_BYTES)) return false;
  wl_card.registers = wl_window_map(WL_PLACE_REGISTERS, at);
  const volatile uint32_t *const words = (volatile uint32_t *)wl_card.registers;
  if (words == NULL || words[0] != WL_MMIO_MAGIC) return false;
  const uint32_t version = words[1];
  if (version == 0 || version > 2 || words[2] != WL_MMIO_DEVICE_NET) return false;
  wl_card.legacy = version == 1;
  wl_card.config_at = at + WL_MMIO_CONFIG;
  wl_card.notify_at = at + WL_MMIO_NOTIFY;
  wl_card.notify_bytes = 4;
  return true;
}

/* Brings the registers of a card into the window; false: it is no network card that can be used. */
WL_APART bool wl_card_open(uint64_t card) {
  wl_card.pci = (card & (WL_PCI_IN_MEMORY | WL_PCI_BY_PORTS)) != 0;
  wl_card.legacy = false;
  if (!(wl_card.pci ? wl_card_open_pci(card) : wl_card_open_mmio(card)) || !wl_fits_page(wl_card.config_at, WL_CONFIG_BYTES)) return false;
  wl_card.config = wl_window_map(WL_PLACE_CONFIG, wl_card.config_at);
  return wl_card.config != NULL;
}

/* Takes note of what may be a card; of each once. */
WL_APART void wl_card_add(uint64_t card) {
  if (wl_card_count == WL_CARDS_MAX || !wl_card_open(card)) return;
  for (uint32_t index = 0; index < wl_card_count; index += 1) {
    if (wl_cards[index] == card) return;
  }
  wl_cards[wl_card_count] = card;
  wl_card_count += 1;
}

#endif
