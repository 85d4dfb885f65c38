#include "wl_sandbox.h"

namespace wl {

bool confine_processor_thread(int, Failure &) { return true; }

bool confine_watcher_thread(Failure &) { return true; }

bool confine_driver_thread(Failure &) { return true; }

} // namespace wl
