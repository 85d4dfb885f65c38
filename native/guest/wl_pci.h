/*
 * The configuration of PCI's functions: in memory (ECAM: PCI Express 5.0, 7.2.2) or by ports (PCI 3.0, 3.2.2.3). Firmware or the VMM
 * has numbered the buses and given memory to the devices; nothing of that is done here.
 */
#ifndef WL_PCI_H
#define WL_PCI_H

#include "wl_window.h"

/* A function is the address of its configuration, in memory or for the port, and one of these bits, which says where. */
#define WL_PCI_IN_MEMORY 1u
#define WL_PCI_BY_PORTS 2u
#define WL_PCI_PORT_ADDRESS 0x80000000u
#define WL_PCI_BARS 6
/* Command: decodes memory, masters the bus, sends no INTx. */
#define WL_PCI_MEMORY_MASTER_QUIET 0x406u

enum { WL_PCI_ID = 0x00, WL_PCI_COMMAND = 0x04, WL_PCI_HEADER = 0x0c, WL_PCI_BAR = 0x10, WL_PCI_BUSES = 0x18, WL_PCI_CAPABILITIES = 0x34 };

WL_APART uint32_t wl_pci_read(uint64_t function, uint32_t reg) {
  if (function & WL_PCI_BY_PORTS) return wl_pci_port_read((uint32_t)(function - WL_PCI_BY_PORTS) | reg);
  return *(volatile uint32_t *)wl_physical((function - WL_PCI_IN_MEMORY) | reg);
}

WL_APART void wl_pci_write(uint64_t function, uint32_t reg, uint32_t value) {
  if (function & WL_PCI_BY_PORTS) wl_pci_port_write((uint32_t)(function - WL_PCI_BY_PORTS) | reg, value);
  else *(volatile uint32_t *)wl_physical((function - WL_PCI_IN_MEMORY) | reg) = value;
}

/* The physical address that a BAR has; 0: it is of ports, or has none. */
WL_APART uint64_t wl_pci_bar(uint64_t function, uint32_t bar) {
  if (bar >= WL_PCI_BARS) return 0;
  const uint32_t low = wl_pci_read(function, WL_PCI_BAR + 4 * bar);
  if (low & 1) return 0;
  const bool wide = (low & 6) == 4 && bar + 1 < WL_PCI_BARS;
  const uint64_t high = wide ? wl_pci_read(function, WL_PCI_BAR + 4 * bar + 4) : 0;
  return high << 32 | (low & ~15u);
}

#endif
