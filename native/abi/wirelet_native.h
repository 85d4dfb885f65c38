/*
 * An appliance as a shared object in its host's process: the same loop and rings as in a VM, addresses being
 * the process's. One loaded object is one appliance; a second run loads a second copy.
 */
#ifndef WIRELET_NATIVE_H
#define WIRELET_NATIVE_H

#include "wirelet_abi.h"

/* What a VM does through I/O ports; called on the appliance's thread. */
struct wl_native_host {
  void *context;
  void (*kick)(void *context, uint32_t interface);     /* WL_PORT_KICK */
  void (*wait)(void *context, uint64_t until_ns);      /* WL_PORT_WAIT; may return early */
};

/* Exported names, for dlsym. */
#define WL_NATIVE_IMAGE "wl_native_image"
#define WL_NATIVE_RUN "wl_native_run"

/* The description: page tables and the like are 0; base and memory_bytes span everything that rings and
 * packets lie in; entry is 0. Valid until the object is unloaded. */
typedef const struct wl_image_info *wl_native_image_function(void);
/* Runs the appliance on the calling thread until `stop` is set in the control block. Line 0 of the control
 * block is valid. To be called once for each loaded object. */
typedef void wl_native_run_function(const struct wl_native_host *host);

#endif
