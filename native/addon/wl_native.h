/* The end of an appliance's C unit when it becomes a shared object; see wirelet_native.h. */
#ifndef WL_NATIVE_H
#define WL_NATIVE_H

#include "../abi/wirelet_native.h"
#include "../runtime/wl_image.h"
#include "../runtime/wl_loop.h"

#define WL_EXPORT __attribute__((visibility("default"), used))

static const struct wl_native_host *wl_native_host;

static void wl_machine_kick(uint32_t interface, uint32_t queue) {
  (void)queue;
  wl_native_host->kick(wl_native_host->context, interface);
}

static void wl_machine_wait(uint64_t until_ns) { wl_native_host->wait(wl_native_host->context, until_ns); }

WL_INLINE void wl_machine_listen(bool held) { (void)held; }

/* The linker's names for the ends of the object's zeroed memory, in which all of the appliance lies. */
extern uint8_t __bss_start[] __attribute__((visibility("hidden")));
extern uint8_t _end[] __attribute__((visibility("hidden")));

WL_EXPORT const struct wl_image_info *wl_native_image(void) {
  static struct wl_image_info info = {
    .magic = WL_IMAGE_MAGIC,
    .abi_version = WL_ABI_VERSION,
    .info_bytes = sizeof(struct wl_image_info),
    .interface_count = WL_INTERFACE_COUNT,
    .control = (uint64_t)&wl_shared.control,
    .counters = (uint64_t)wl_shared.counters,
    .counter_count = WL_COUNTER_COUNT,
    .log_bytes = WL_LOG_BYTES,
    .log = (uint64_t)wl_shared.log,
    .interfaces = {WL_INTERFACES(WL_INTERFACE_INFO)},
  };
  info.base = (uint64_t)__bss_start;
  info.memory_bytes = (uint64_t)(_end - __bss_start);
  info.shared_base = (uint64_t)&wl_shared;
  return &info;
}

WL_EXPORT void wl_native_run(const struct wl_native_host *host) {
  wl_native_host = host;
  WL_STORE_RELAXED(&wl_shared.control.tsc_entry, __builtin_ia32_rdtsc());
  wl_devices_agree();
  wl_run();
}

#endif
