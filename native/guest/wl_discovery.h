/*
 * How an image that another VMM booted finds its network cards: what the command line names, then what ACPI names, then
 * PCI, walking from the first bus over all bridges. It stops at the first of these that has as many as there are interfaces.
 */
#ifndef WL_DISCOVERY_H
#define WL_DISCOVERY_H

#include "wl_firmware.h"

#define WL_PCI_VIRTIO_NET 0x10411af4u /* virtio 1.2, 4.1.2 */
#define WL_PCI_TRANSITIONAL_NET 0x10001af4u
#define WL_PCI_BRIDGE 1
#define WL_PCI_SEVERAL_FUNCTIONS 0x80
/* PCI Firmware 3.3, 4.1.2: the memory of a segment's configuration, and which buses it has */
#define WL_MCFG_ENTRIES 44
#define WL_MCFG_ENTRY_BYTES 16
#define WL_MCFG_ENTRIES_MAX 16

/*
 * Takes note of the cards on the bus `first` and on those up to `last` that bridges lead to; on all of them if `all`. Bridges
 * count only upwards, as firmware numbers buses, so there is no way around in a circle.
 */
WL_APART void wl_pci_walk(uint64_t base, uint32_t first, uint32_t last, bool all) {
  const uint32_t shift = base & WL_PCI_IN_MEMORY ? 12 : 8;
  uint64_t behind[4] = {0};
  for (uint32_t bus = first; bus <= last; bus += 1) {
    if (bus != first && !all && !(behind[bus / 64] >> (bus % 64) & 1)) continue;
    for (uint32_t number = bus << 8; number >> 8 == bus; number += 1) {
      const uint64_t function = base + ((uint64_t)number << shift);
      const uint32_t id = wl_pci_read(function, WL_PCI_ID), header = wl_pci_read(function, WL_PCI_HEADER) >> 16;
      if (id == WL_PCI_VIRTIO_NET || id == WL_PCI_TRANSITIONAL_NET) wl_card_add(function);
      const uint32_t secondary = wl_pci_read(function, WL_PCI_BUSES) >> 8 & 0xff;
      if ((header & 0x7f) == WL_PCI_BRIDGE) behind[secondary / 64] |= UINT64_C(1) << (secondary % 64);
      /* No device, or one with its first function only. */
      if ((number & 7) == 0 && ((uint16_t)id == 0xffff || !(header & WL_PCI_SEVERAL_FUNCTIONS))) number |= 7;
    }
  }
}

/* Through the memory that the MCFG names; by ports if there is none. */
WL_APART void wl_pci_discover(uint64_t mcfg, bool all) {
  const uint32_t bytes = mcfg == 0 ? 0 : wl_acpi_bytes(mcfg);
  if (bytes == 0) wl_pci_walk(WL_PCI_PORT_ADDRESS | WL_PCI_BY_PORTS, 0, 255, all);
  for (uint32_t entry = 0; entry < WL_MCFG_ENTRIES_MAX; entry += 1) {
    const uint32_t offset = WL_MCFG_ENTRIES + entry * WL_MCFG_ENTRY_BYTES;
    if (offset + WL_MCFG_ENTRY_BYTES > bytes) return;
    const uint64_t base = wl_firmware_number(mcfg + offset, 8) & ~(uint64_t)(WL_PAGE_BYTES - 1);
    wl_pci_walk(base | WL_PCI_IN_MEMORY, *wl_physical(mcfg + offset + 10), *wl_physical(mcfg + offset + 11), all);
  }
}

/* `root`: where ACPI begins as the loader says, or anything. */
WL_APART void wl_discover(uint64_t root) {
  if (wl_card_count >= WL_INTERFACE_COUNT) return;
  const uint64_t mcfg = wl_acpi_walk(root);
  /* Buses of a second root are no bridge's: they are looked for if what bridges lead to does not suffice. */
  for (uint32_t pass = 0; pass < 2 && wl_card_count < WL_INTERFACE_COUNT; pass += 1) wl_pci_discover(mcfg, pass > 0);
}

#endif
