/*
 * What firmware says of devices, by ACPI 6.5: 5.2.5 (RSDP), 5.2.7 (RSDT), 5.2.8 (XSDT), 5.2.9 (FADT), 5.2.11 (DSDT), and by PCI
 * Firmware 3.3, 4.1.2 (MCFG). All that is read here can be anything: lengths are limited, and nothing is followed twice.
 */
#ifndef WL_FIRMWARE_H
#define WL_FIRMWARE_H

#include "wl_cards.h"

#define WL_ACPI_HEADER_BYTES 36
#define WL_ACPI_TABLE_BYTES_MAX 0x100000u
#define WL_ACPI_LIST_BYTES_MAX 1024u /* 128 tables and more */
#define WL_ACPI_ROOT_SIGNATURE UINT64_C(0x2052545020445352) /* "RSD PTR " */
#define WL_ACPI_FADT 0x50434146u                             /* "FACP" */
#define WL_ACPI_SSDT 0x54445353u
#define WL_ACPI_MCFG 0x4746434du
/* Where the root is if nobody says: ACPI 6.5, 5.2.5.1. */
#define WL_ACPI_SCAN_START 0xe0000u
#define WL_ACPI_SCAN_END 0x100000u
/* A virtio-mmio device: _HID "LNRO0005", and behind it, in _CRS, a 32-bit fixed memory range (ACPI 6.5, 6.4.3.4). */
#define WL_ACPI_VIRTIO UINT64_C(0x353030304f524e4c)
#define WL_ACPI_FIXED_MEMORY 0x000986u
#define WL_ACPI_FIXED_MEMORY_BYTES 12
#define WL_ACPI_REACH 192

/* `bytes` bytes of physical memory as a number, the low byte first. */
WL_APART uint64_t wl_firmware_number(uint64_t at, uint32_t bytes) {
  uint64_t value = 0;
  while (bytes > 0) {
    bytes -= 1;
    value = value << 8 | *wl_physical(at + bytes);
  }
  return value;
}

WL_APART uint32_t wl_firmware_word(uint64_t at) { return (uint32_t)wl_firmware_number(at, 4); }

WL_APART bool wl_acpi_is_root(uint64_t at) {
  if (wl_firmware_number(at, 8) != WL_ACPI_ROOT_SIGNATURE) return false;
  uint8_t sum = 0;
  for (uint32_t byte = 0; byte < 20; byte += 1) sum += *wl_physical(at + byte);
  return sum == 0;
}

/* Firmware that found too little memory has put its tables over the appliance's, where all should be zero. */
static bool wl_firmware_overlaps;

/* Bytes of a table; 0 if it cannot be one. */
WL_APART uint32_t wl_acpi_bytes(uint64_t table) {
  if (wl_own(table)) wl_firmware_overlaps = true;
  const uint32_t bytes = wl_firmware_word(table + 4);
  return bytes <= WL_ACPI_TABLE_BYTES_MAX ? bytes : 0;
}

/* The virtio-mmio devices of a DSDT or SSDT. Its language is not interpreted: names and ranges stand in it as they are. */
WL_APART void wl_acpi_devices(uint64_t table) {
  const uint32_t bytes = wl_acpi_bytes(table);
  uint32_t reach = 0; /* bytes that are left to find the range in */
  for (uint32_t offset = WL_ACPI_HEADER_BYTES; offset + WL_ACPI_FIXED_MEMORY_BYTES <= bytes; offset += 1) {
    if (wl_firmware_number(table + offset, 8) == WL_ACPI_VIRTIO) reach = WL_ACPI_REACH;
    if (reach == 0) continue;
    reach -= 1;
    if ((wl_firmware_word(table + offset) & 0xffffff) != WL_ACPI_FIXED_MEMORY) continue;
    wl_card_add(wl_firmware_word(table + offset + 4));
    reach = 0;
  }
}

/* Looks through the tables of the root at `root`, or of the one that lies where roots lie. The MCFG, or 0. */
WL_APART uint64_t wl_acpi_walk(uint64_t root) {
  uint64_t mcfg = 0;
  for (uint32_t at = WL_ACPI_SCAN_START; !wl_acpi_is_root(root); at += 16) {
    if (at == WL_ACPI_SCAN_END) return 0;
    root = at;
  }
  uint32_t width = 8;
  uint64_t list = *wl_physical(root + 15) >= 2 ? wl_firmware_number(root + 24, 8) : 0;
  if (list == 0) {
    width = 4;
    list = wl_firmware_word(root + 16);
  }
  uint32_t bytes = wl_acpi_bytes(list);
  if (bytes > WL_ACPI_LIST_BYTES_MAX) bytes = WL_ACPI_LIST_BYTES_MAX;
  for (uint32_t offset = WL_ACPI_HEADER_BYTES; offset + width <= bytes; offset += width) {
    const uint64_t table = wl_firmware_number(list + offset, width);
    const uint32_t signature = wl_firmware_word(table);
    if (signature == WL_ACPI_MCFG) mcfg = table;
    if (signature == WL_ACPI_SSDT) wl_acpi_devices(table);
    if (signature != WL_ACPI_FADT) continue;
    const uint64_t wide = wl_acpi_bytes(table) >= 148 ? wl_firmware_number(table + 140, 8) : 0;
    wl_acpi_devices(wide != 0 ? wide : wl_firmware_word(table + 40));
  }
  return mcfg;
}

#endif
