/* The end of an appliance's C unit when it becomes a VM: machine, description, and the C entry. */
#ifndef WL_GUEST_H
#define WL_GUEST_H

#include "../runtime/wl_image.h"
#include "../runtime/wl_loop.h"
#include "wl_pvh.h"

/* boot.S knows these as numbers. */
WL_ASSERT(offsetof(struct wl_control, state) == 156, "WL_CONTROL_STATE");
WL_ASSERT(offsetof(struct wl_control, panic_vector) == 256, "WL_CONTROL_PANIC");
WL_ASSERT(offsetof(struct wl_control, panic_rsp) == 288, "WL_CONTROL_PANIC + 32");
WL_ASSERT(offsetof(struct wl_control, panic_flags) == 312, "WL_CONTROL_PANIC + 56");
extern struct wl_control wl_control_block __attribute__((alias("wl_shared")));

static __attribute__((noinline)) void wl_machine_kick(uint32_t interface, uint32_t queue) {
  volatile uint8_t *const bell = wl_bells[interface].at[queue];
  if (bell == NULL) wl_out(WL_PORT_KICK, (uint8_t)interface);
  else if (wl_bells[interface].narrow) *(volatile uint16_t *)bell = (uint16_t)queue;
  else *(volatile uint32_t *)bell = queue;
}

/* The host takes the time from next_timer_ns, which was published; a stepped run's host reads it at any time. */
static void wl_machine_wait(uint64_t until_ns) {
  if (!wl_rests) wl_out(WL_PORT_WAIT, 0);
  else if (!wl_serial_awake()) wl_rest(wl_shared.control.rounds, until_ns - wl_now_ns);
}

WL_INLINE void wl_machine_listen(bool held) {
  if (WL_UNLIKELY(wl_serial.open) && (held || wl_now_ns >= wl_serial.look_ns)) wl_serial_look();
}

/* boot.S and image.ld define these. */
extern uint8_t wl_page_tables[], wl_gdt[], wl_idt[], wl_tss[], wl_entry[], wl_stack_top[];
extern uint8_t wl_shared_start[];

/* The linker script puts it where nothing is loaded, and src/image/link-guest.ts ends it after the last interface. */
__attribute__((section(".wirelet.info"), used)) const struct wl_image_info wl_image_info = {
  .magic = WL_IMAGE_MAGIC,
  .abi_version = WL_ABI_VERSION,
  .info_bytes = offsetof(struct wl_image_info, interfaces) + WL_INTERFACE_COUNT * sizeof(struct wl_interface_info),
  .base = WL_IMAGE_BASE,
  .memory_bytes = (uint64_t)wl_memory_bytes,
  .shared_base = (uint64_t)wl_shared_start,
  .entry = (uint64_t)wl_entry,
  .stack_top = (uint64_t)wl_stack_top,
  .page_tables = (uint64_t)wl_page_tables,
  .gdt = (uint64_t)wl_gdt,
  .idt = (uint64_t)wl_idt,
  .tss = (uint64_t)wl_tss,
  .gdt_limit = 55,
  .idt_limit = 511,
  .tss_limit = 0x68 + 0x80,
  .interface_count = WL_INTERFACE_COUNT,
  .control = (uint64_t)&wl_shared.control,
  .counters = (uint64_t)wl_shared.counters,
  .counter_count = WL_COUNTER_COUNT,
  .log_bytes = WL_LOG_BYTES,
  .log = (uint64_t)wl_shared.log,
  .interfaces = {WL_INTERFACES(WL_INTERFACE_INFO)},
};

/* `start` is the control block if our VMM booted us, else the start_info of PVH. */
__attribute__((used, noreturn)) void wl_main(uint64_t start) {
  struct wl_control *control = &wl_shared.control;
  WL_STORE_RELAXED(&control->tsc_entry, __builtin_ia32_rdtsc());
  if (WL_LOAD_ACQUIRE(&control->magic) == WL_CONTROL_MAGIC && control->start != 0) {
    wl_devices_agree();
  } else {
    wl_pvh_boot(start);
  }
  wl_run();
  for (;;) wl_out(WL_PORT_EXIT, 0);
}

#endif
