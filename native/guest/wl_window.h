/*
 * What an image that another VMM booted asks of CPL 0 until it begins its work: pages of devices and firmware in its
 * window, and PCI's configuration by ports (wl_serve of boot.S; decision 17). With our own VMM nothing is served.
 */
#ifndef WL_WINDOW_H
#define WL_WINDOW_H

#include "wl_machine.h"

/* 512 pages from there on. */
#define WL_WINDOW_START 0xc0000000u
/* The first places are closed with the gate: what is only read to find devices. */
enum { WL_PLACE_MEMORY, WL_PLACE_REGISTERS, WL_PLACE_CONFIG, WL_PLACES_KEPT, WL_PLACE_APIC = 511 };
WL_ASSERT(WL_PLACES_KEPT + 3 * WL_INTERFACES_MAX <= WL_PLACE_APIC, "the window has room for all interfaces");

/* Tests are their own firmware. */
#ifndef WL_OWN_WINDOW
enum { WL_SERVICE_MAP, WL_SERVICE_READ, WL_SERVICE_WRITE, WL_SERVICE_CLOSE, WL_SERVICE_CLOCK, WL_SERVICE_REST };

extern uint8_t wl_memory_bytes[];

/* Whether an address is the image's own. */
static bool wl_own(uint64_t physical) { return physical - WL_IMAGE_BASE < (uint64_t)wl_memory_bytes; }

/* Of boot.S: an instruction that there is not, rather than an interrupt, which KVM without hardware does not interpret. */
uint32_t wl_service(uint32_t what, uint64_t first, uint64_t second);

/* Bits of a physical address (Intel SDM volume 2, CPUID leaf 80000008H); with more of them, a page's entry would fault. */
static uint32_t wl_physical_bits(void) {
  uint32_t a = 0x80000008, b, c = 0, d;
  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  return a & 0x3f;
}

/* Where a physical address appears, at a place of the window; NULL where no device and no firmware can be. */
WL_APART volatile uint8_t *wl_window_map(uint32_t place, uint64_t physical) {
  if (physical >> wl_physical_bits() != 0 || wl_own(physical)) return NULL;
  wl_service(WL_SERVICE_MAP, place, physical);
  return (volatile uint8_t *)(uintptr_t)(WL_WINDOW_START + place * WL_PAGE_BYTES + (physical & (WL_PAGE_BYTES - 1)));
}

static uint32_t wl_pci_port_read(uint32_t address) { return wl_service(WL_SERVICE_READ, address, 0); }
static void wl_pci_port_write(uint32_t address, uint32_t value) { wl_service(WL_SERVICE_WRITE, address, value); }
/* `rest_ticks`: of the interrupt controller's timer, for wl_rest. */
static void wl_window_close(uint32_t rest_ticks) { wl_service(WL_SERVICE_CLOSE, rest_ticks, 0); }
#else
static bool wl_own(uint64_t physical);
WL_APART volatile uint8_t *wl_window_map(uint32_t place, uint64_t physical);
static uint32_t wl_pci_port_read(uint32_t address);
static void wl_pci_port_write(uint32_t address, uint32_t value);
#endif

/* A byte of physical memory, and those behind it in its page; eight with all bits set where nothing can be. */
WL_APART volatile uint8_t *wl_physical(uint64_t at) {
  static uint64_t nothing, page; /* the last that was asked for, and 1 more; 0: none was */
  static volatile uint8_t *seen;
  const uint64_t offset = at & (WL_PAGE_BYTES - 1);
  if (at - offset + 1 != page) {
    page = at - offset + 1;
    seen = wl_window_map(WL_PLACE_MEMORY, at - offset);
  }
  if (seen != NULL) return seen + offset;
  nothing = ~UINT64_C(0);
  return (volatile uint8_t *)&nothing;
}

#endif
