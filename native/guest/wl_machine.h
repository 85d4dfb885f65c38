/* What a VM can ask of its host: a few I/O ports, open to CPL 3 by the TSS (boot.S). */
#ifndef WL_MACHINE_H
#define WL_MACHINE_H

#include "../runtime/wl_base.h"

WL_INLINE void wl_out(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory"); }

WL_INLINE uint8_t wl_in(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

#endif
