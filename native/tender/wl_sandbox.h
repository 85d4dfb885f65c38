// What the threads of the tender may still ask of the kernel once all is set up (seccomp, strict lists).
#ifndef WL_SANDBOX_H
#define WL_SANDBOX_H

#include "wl_failure.h"

namespace wl {

// The calling thread, which runs a virtual processor, from now on. Fails with WL5015.
bool confine_processor_thread(int processor, Failure &failure);

// The calling thread, which waits for a confined process to end, from now on. Fails with WL5015.
bool confine_watcher_thread(Failure &failure);

// The calling thread, which answers QEMU and waits for its end, from now on. Fails with WL5015.
bool confine_server_thread(Failure &failure);

// The calling thread, which answers who controls the run, from now on. Fails with WL5015.
bool confine_channel_thread(Failure &failure);

// The calling thread, which tends the ports, from now on; `lenders`: there are vhost-user ports. Fails with WL5015.
bool confine_driver_thread(bool lenders, Failure &failure);

// For the switch, which makes no threads and no processes. Fails with WL5015.
bool confine_switch(Failure &failure);

} // namespace wl

#endif
