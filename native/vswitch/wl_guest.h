// A guest as the drivers of its ports see it.
#ifndef WL_GUEST_VIEW_H
#define WL_GUEST_VIEW_H

#include <algorithm>
#include <atomic>
#include <vector>

#include "../tender/wl_guest_log.h"
#include "../tender/wl_machine.h"
#include "../tender/wl_own_code.h"
#include "wl_attachment.h"

namespace wl {

// Why a run ended.
enum class Ending {
  idle,    // inputs spent, and nothing left to do
  time,    // its time is over
  signal,  // somebody asked
  stopped, // the guest ended by itself, or failed
};

// One of a guest's processors: an image of its own, that knows nothing of the others.
struct Core {
  wl_control *control;
  Machine &machine;
  Bells &bells;
  GuestLog log;

  // After something was given to it: wakes it if it sleeps; whether it did.
  bool wake() {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&control->waiting, __ATOMIC_RELAXED) == 0) return false;
    bells.guest.ring();
    return true;
  }
};

struct Guest {
  std::vector<Core> cores; // one at least
  const Steering steering; // of frames to them
  Observer &observer;
  std::vector<Attachment> attachments;
  // Somebody asked for the end (a signal handler, another thread).
  const std::atomic<bool> &stop_requested;
  const TscClock &clock;
  // CLOCK_MONOTONIC before the execve of the VMM.
  uint64_t exec_ns;
  // TSC when the first frame was seen on a transmit ring; 0: none yet.
  uint64_t first_frame_tsc = 0;
  bool settled = false;

  // How long it took until now, as far as it is known.
  BootFigures boot() const {
    BootFigures figures;
    const Core &first = cores.front();
    const uint64_t entry = __atomic_load_n(&first.control->tsc_entry, __ATOMIC_RELAXED);
    if (entry == 0) return figures;
    const uint64_t start = entry - first.machine.tsc_offset();
    figures.vmm_us = static_cast<double>(clock.monotonic(start) - static_cast<int64_t>(exec_ns)) / 1000;
    if (first_frame_tsc == 0) return figures;
    figures.guest_us = static_cast<double>(clock.ticks_to_ns(static_cast<int64_t>(first_frame_tsc - start))) / 1000;
    figures.first_frame_us = figures.vmm_us + figures.guest_us;
    return figures;
  }
  void see_frame() {
    if (__builtin_expect(first_frame_tsc != 0, 1)) return;
    first_frame_tsc = tsc();
    observer.first_frame(boot());
    settle();
  }
  // Where somebody else tends the rings: what is known of the start, once it is.
  void hear_frame() {
    const Core &first = cores.front();
    const uint64_t sent = __atomic_load_n(&first.control->tsc_first_transmit, __ATOMIC_RELAXED);
    if (first_frame_tsc != 0 || sent == 0) return;
    first_frame_tsc = sent - first.machine.tsc_offset();
    observer.first_frame(boot());
  }
  // The start is over: what it alone needed is given back.
  void settle() {
    if (!settled) release_own_code();
    settled = true;
  }
  // All of it: an appliance that lacks a processor is broken.
  bool running() const {
    return std::all_of(cores.begin(), cores.end(), [](const Core &core) { return core.machine.ended() == Ended::running; });
  }
  // Processors that do not sleep.
  uint32_t awake() const {
    return static_cast<uint32_t>(std::count_if(cores.begin(), cores.end(), [](const Core &core) { return __atomic_load_n(&core.control->waiting, __ATOMIC_RELAXED) == 0; }));
  }
  // Rung by all processors.
  const Bell &bell() const { return cores.front().bells.driver; }
  void drain_logs() {
    for (Core &core : cores) core.log.drain();
  }
};

struct DriverOptions {
  bool until_idle = false;
  // Nanoseconds, virtual or real; 0: no limit.
  uint64_t duration_ns = 0;
  bool no_wait = false;
  // Of the host, that the appliance and its ports share.
  uint32_t processors = UINT32_MAX;
};

} // namespace wl

#endif
