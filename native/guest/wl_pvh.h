/*
 * The start of an image that another VMM booted through its PVH note: what that VMM says (start_info of the
 * Xen PVH boot protocol), then the devices, then the go-ahead of whoever watches the run.
 */
#ifndef WL_PVH_H
#define WL_PVH_H

#include "wl_attach.h"
#include "wl_discovery.h"
#include "wl_foreign_clock.h"
#include "wl_rest.h"
#include "wl_serial.h"

#define WL_MORE_MEMORY "the machine needs more memory: what the appliance takes, and some for firmware"
#define WL_START_INFO_MAGIC 0x336ec578u
#define WL_START_INFO_COMMAND_LINE 24
#define WL_START_INFO_ACPI_ROOT 32
#define WL_COMMAND_LINE_BYTES_MAX WL_SERIAL_FRAME_BYTES
/* Where loaders put what they pass: below the image, mapped for reading. */
#define WL_LOW_MEMORY_START 0x1000u
#define WL_LOW_MEMORY_END WL_IMAGE_BASE

static void wl_console(const char *text) {
  for (; *text != 0; text += 1) wl_out(WL_PORT_CONSOLE, (uint8_t)*text);
}

/* Ends the appliance with a line that a person can act on. */
__attribute__((noreturn, cold, noinline)) static void wl_refuse(const char *text) {
  wl_console("wirelet: ");
  wl_console(text);
  wl_console("\n");
  WL_STORE_RELEASE(&wl_shared.control.state, WL_STATE_PANICKED);
  wl_out(WL_PORT_EXIT, 0xff);
  /* Where that ends nothing, the fault stub at least lets the processor rest. */
  __builtin_trap();
}

/* A copy of the kernel command line; empty when there is none. Returns where ACPI begins, or 0. */
WL_APART uint64_t wl_pvh_start_info(uint64_t start_info, char *line) {
  if (start_info < WL_LOW_MEMORY_START || start_info > WL_LOW_MEMORY_END - 64) return 0;
  const uint8_t *info = (const uint8_t *)start_info;
  uint32_t magic;
  uint64_t address, root;
  wl_copy(&magic, info, 4);
  wl_copy(&address, info + WL_START_INFO_COMMAND_LINE, 8);
  wl_copy(&root, info + WL_START_INFO_ACPI_ROOT, 8);
  if (magic != WL_START_INFO_MAGIC) return 0;
  for (uint32_t length = 0; length < WL_COMMAND_LINE_BYTES_MAX - 1 && address >= WL_LOW_MEMORY_START && address + length < WL_LOW_MEMORY_END; length += 1) {
    line[length] = ((const char *)address)[length];
    if (line[length] == 0) break;
  }
  return root;
}

/* A number in C's notation, the suffix K or M allowed; moves *at behind it. */
WL_APART uint64_t wl_number(const char **at) {
  uint64_t value = 0;
  const char *text = *at;
  const uint64_t base = text[0] == '0' && text[1] == 'x' ? 16 : 10;
  if (base == 16) text += 2;
  for (;; text += 1) {
    const char letter = *text | 0x20;
    const uint32_t digit = letter >= '0' && letter <= '9' ? (uint32_t)(letter - '0')
                           : base == 16 && letter >= 'a' && letter <= 'f' ? (uint32_t)(letter - 'a' + 10) : 99;
    if (digit >= base) break;
    value = value * base + digit;
  }
  if (*text == 'K') value <<= 10, text += 1;
  else if (*text == 'M') value <<= 20, text += 1;
  *at = text;
  return value;
}

/* Whether `text` begins with `word`; moves *text behind it then. */
WL_APART bool wl_starts_with(const char **text, const char *word) {
  const char *at = *text;
  for (; *word != 0; word += 1, at += 1) {
    if (*at != *word) return false;
  }
  *text = at;
  return true;
}

/* Whether the last byte of the image's memory is there, and not in place of it nothing, or a constant. */
static bool wl_memory_suffices(void) {
  volatile uint8_t *last = (volatile uint8_t *)(uintptr_t)(WL_IMAGE_BASE + (uint64_t)wl_memory_bytes - 1);
  const uint8_t before = *last;
  *last = (uint8_t)~before;
  const bool kept = *last == (uint8_t)~before;
  *last = before;
  return kept;
}

/*
 * Words of the command line that an image knows:
 *   virtio_mmio.device=SIZE@BASE:IRQ   a device (Linux's notation; Firecracker and QEMU add it by themselves)
 *   wirelet.wait                       somebody sets up the control block, and `start` when that is done
 */
WL_APART void wl_pvh_boot(uint64_t start_info) {
  char *const line = wl_serial_buffer.line;
  struct wl_control *control = &wl_shared.control;
  bool wait = false;
  if (!wl_memory_suffices()) wl_refuse(WL_MORE_MEMORY);
  const uint64_t root = wl_pvh_start_info(start_info, line);
  for (const char *at = line; *at != 0;) {
    if (wl_starts_with(&at, "wirelet.wait")) {
      wait = true;
    } else if (wl_starts_with(&at, "virtio_mmio.device=")) {
      (void)wl_number(&at);
      if (*at == '@') at += 1;
      wl_card_add(wl_number(&at));
    }
    while (*at != 0 && *at != ' ') at += 1;
    while (*at == ' ') at += 1;
  }
  wl_discover(root);
  if (wl_firmware_overlaps) wl_refuse(WL_MORE_MEMORY);
  if (!wl_attach_all()) wl_refuse("fewer virtio-net devices than the appliance has interfaces");
  uint32_t rest_ticks = 0;
  if (!wait) {
    wl_foreign_clock(control);
    rest_ticks = wl_rest_prepare(control->tsc_hz);
  }
  wl_window_close(rest_ticks);
  WL_STORE_RELEASE(&control->state, WL_STATE_READY);
  if (wait) {
    /* Who sets it up learns meanwhile what our clock shows. */
    while (WL_LOAD_ACQUIRE(&control->start) == 0) WL_STORE_RELAXED(&control->tsc_ready, __builtin_ia32_rdtsc());
  } else {
    control->seed = (uint32_t)__builtin_ia32_rdtsc() | 1;
    wl_rests = rest_ticks != 0;
    if (!wl_rests) control->flags = WL_NO_WAIT; /* nobody is there to wake us */
    wl_serial_open();
  }
}

#endif
