// Processes of appliances, for src/run/tender-process.ts. Node's own way copies the page tables of all of Node's memory
// for each of them; a process that only becomes another program does not need that.
#ifndef WL_SPAWN_H
#define WL_SPAWN_H

#include <napi.h>

namespace wl {

// spawn(file, words, descriptors) -> a promise of the process id. The process has a session of its own, nothing to read, our
// output and errors, and from number 3 on the descriptors, which stay open until then; behind its words come `--exec-ns` and
// CLOCK_MONOTONIC as it was before its execve. Fails with what the system says.
Napi::Value spawn(const Napi::CallbackInfo &info);
// reap(process id) -> undefined while it runs, else { status } or { signal }. Nobody but who spawned it may ask, and once.
Napi::Value reap(const Napi::CallbackInfo &info);

} // namespace wl

#endif
