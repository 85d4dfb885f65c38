/*
 * The main loop of an appliance: rounds of { timers due, receive, tasks }, by the clock or on request. What
 * differs between a VM, a confined process and a thread of a host's process is behind the wl_machine_
 * functions, which the file that includes this one defines.
 */
#ifndef WL_LOOP_H
#define WL_LOOP_H

#include "wl_packet_store.h"
#include "wl_wire.h"

/* Sleeps until a port has work, a step is requested, or `until_ns` is past; may return early. */
static void wl_machine_wait(uint64_t until_ns);
/* A moment between two rounds, at which the appliance may serve who controls it, where no host does; `held`: nothing moves, and the time was not read. */
WL_INLINE void wl_machine_listen(bool held);

/* Rounds without work before the loop asks its host to wake it: some microseconds of polling. */
#define WL_IDLE_ROUNDS 512
/* Looks at step_request before sleeping. */
#define WL_STEP_LOOKS 4096

/* Nanoseconds for a TSC tick, times 2^32. */
static uint64_t wl_clock_factor;

static void wl_clock_initialize(void) {
  const struct wl_control *control = &wl_shared.control;
  const uint64_t hertz = control->tsc_hz ? control->tsc_hz : 1000000000u;
  wl_clock_factor = (UINT64_C(1000000000) << 32) / hertz;
}

WL_INLINE void wl_clock_read(void) {
  const struct wl_control *control = &wl_shared.control;
  const uint64_t ticks = __builtin_ia32_rdtsc() - control->tsc_base;
  const uint64_t now = control->epoch_ns + (uint64_t)(((unsigned __int128)ticks * wl_clock_factor) >> 32);
  /* The TSCs of two processors may differ by some ticks; time never goes back. */
  if (now > wl_now_ns) wl_set_now(now);
}

static void wl_flush_all(void) {
  for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) wl_transmit_flush(interface);
}

WL_APART bool wl_reclaim_all(void) {
  bool any = false;
  for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) any |= wl_transmit_reclaim(interface);
  return any;
}

/* Receive rings get empty slots for those that were taken. */
WL_INLINE void wl_refill(uint32_t interface) {
  if (wl_buffers_free(&wl_receive_queues[interface].buffers) == 0) return;
  if (WL_UNLIKELY(wl_free_small_count < WL_BATCH_PACKETS_MAX)) wl_reclaim_all();
  wl_receive_refill(interface);
}

/* Too few empty slots are out for what may come at once. */
#define WL_FEW_SLOTS (WL_RING_SIZE / 4 < WL_BATCH_PACKETS_MAX ? WL_RING_SIZE / 4 : WL_BATCH_PACKETS_MAX)
WL_INLINE bool wl_short_of_slots(uint32_t interface) { return wl_receives[interface] && wl_buffers_out(&wl_receive_queues[interface].buffers) < WL_FEW_SLOTS; }

/* One round; true if it found anything to do. There once, for runs by the clock and in steps. */
static __attribute__((noinline)) bool wl_round(void) {
  bool worked = wl_graph_fire_timers();
  for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) {
    if (!wl_receives[interface]) continue;
    if (wl_wire_poll(interface) > 0 || wl_receive_poll(interface) > 0) worked = true;
    /* All slots were under way when it was to be refilled: nothing can be received before it is. */
    else if (WL_LIKELY(!wl_short_of_slots(interface))) continue;
    wl_refill(interface);
  }
  worked |= wl_graph_run_tasks();
  wl_flush_all();
  wl_announce();
  return worked;
}

WL_APART void wl_publish_timers(void) {
  struct wl_control *control = &wl_shared.control;
  WL_STORE_RELAXED(&control->next_timer_ns, wl_graph_next_timer(false));
  WL_STORE_RELAXED(&control->next_work_ns, wl_graph_next_timer(true));
  WL_STORE_RELAXED(&control->packets_free, wl_free_small_count);
}

/* ---- state, from outside ------------------------------------------------------------------------------------ */

/*
 * Where the pieces of element state lie, in the order of src/compile/c-state.ts, then counters, control block and tap:
 * the build writes it into the manifest. Handlers read and write them from outside, so that they all are in memory
 * between two rounds.
 */
struct wl_state_place {
  const volatile void *at;
  uint64_t bytes;
};
#define WL_STATE_PLACE(place) {&place, sizeof place},
static __attribute__((section(".wirelet.state"), used)) const struct wl_state_place wl_state_places[] = {
  WL_STATE_PLACES(WL_STATE_PLACE) WL_STATE_PLACE(wl_shared.counters) WL_STATE_PLACE(wl_shared.control) WL_STATE_PLACE(wl_shared.tap)
};

/* ---- held -------------------------------------------------------------------------------------------------- */

/* Looks at the control block before a held guest sleeps. */
#define WL_HOLD_LOOKS 8192

/*
 * `stop` is set. True once the run goes on. WL_STOP_HOLD: the host reads and writes the state of elements, and has packets
 * ended that queues hold, while nothing here moves. Nothing is asked of the packet path for it: the loop looks at `stop`
 * anyway.
 */
WL_COLD bool wl_hold(void) {
  struct wl_control *control = &wl_shared.control;
  if (WL_LOAD_ACQUIRE(&control->stop) != WL_STOP_HOLD) return WL_LOAD_RELAXED(&control->stop) == WL_STOP_NOT;
  /* Frames that come meanwhile find as many buffers as there are. */
  wl_reclaim_all();
  for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) {
    const struct wl_buffers *buffers = &wl_receive_queues[interface].buffers;
    for (uint32_t free = UINT32_MAX; wl_receives[interface] && wl_buffers_free(buffers) < free;) {
      free = wl_buffers_free(buffers);
      wl_refill(interface);
    }
  }
  wl_announce();
  WL_STORE_RELAXED(&control->next_timer_ns, WL_TIMER_NEVER);
  __asm__ volatile("" : : : "memory");
  WL_STORE_RELEASE(&control->held, 1);
  for (uint32_t looks = 0; WL_LOAD_ACQUIRE(&control->stop) == WL_STOP_HOLD; looks += 1) {
    const uint32_t request = WL_LOAD_ACQUIRE(&control->hold_request);
    if (request != control->hold_done) {
      struct wl_queue *queue = (struct wl_queue *)(uintptr_t)control->hold_queue;
      for (uint32_t count = control->hold_count; count > 0 && queue->length > 0; count -= 1) wl_release(wl_queue_dequeue(queue));
      WL_STORE_RELEASE(&control->hold_done, request);
    }
    wl_machine_listen(true);
    __builtin_ia32_pause();
    if (looks < WL_HOLD_LOOKS) continue;
    looks = 0;
    WL_STORE_RELAXED(&control->waiting, 1);
    wl_fence();
    if (WL_LOAD_RELAXED(&control->stop) == WL_STOP_HOLD && WL_LOAD_RELAXED(&control->hold_request) == control->hold_done) wl_machine_wait(WL_TIMER_NEVER);
    WL_STORE_RELAXED(&control->waiting, 0);
  }
  __asm__ volatile("" : : : "memory");
  WL_STORE_RELEASE(&control->held, 0);
  wl_publish_timers();
  return WL_LOAD_RELAXED(&control->stop) != WL_STOP_END;
}

/* ---- by the clock --------------------------------------------------------------------------------------- */

WL_APART bool wl_anything_received(void) {
  for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) {
    if (wl_receives[interface] && wl_buffers_ready(&wl_receive_queues[interface].buffers, wl_devices[interface].in_order, &wl_receive_rings[interface]) > 0) return true;
  }
  return false;
}

/* Whether the devices shall call when they have something for us, and when they are done with what we sent. */
WL_APART void wl_set_calls(bool received, bool sent) {
  for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) {
    WL_STORE_RELAXED(&wl_receive_rings[interface].available.flags, received ? 0 : WL_VIRTQ_AVAIL_F_NO_INTERRUPT);
    WL_STORE_RELAXED(&wl_transmit_rings[interface].available.flags, sent ? 0 : WL_VIRTQ_AVAIL_F_NO_INTERRUPT);
  }
}

/*
 * Slots are short because what was sent still holds them. A device that finds no slot for a frame drops it and calls
 * nobody: only what comes back can end that, so it must wake us.
 */
WL_APART bool wl_awaits_slots(void) {
  bool awaits = false, out = false;
  for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) {
    awaits |= wl_short_of_slots(interface);
    out |= wl_buffers_out(&wl_transmit_queues[interface].buffers) > 0;
  }
  return awaits && out;
}

WL_APART bool wl_anything_returned(void) {
  for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) {
    if (wl_buffers_ready(&wl_transmit_queues[interface].buffers, wl_devices[interface].in_order, &wl_transmit_rings[interface]) > 0) return true;
  }
  return false;
}

/* Nothing happened for a while: says so, looks once more, sleeps. */
WL_COLD void wl_sleep(void) {
  struct wl_control *control = &wl_shared.control;
  wl_reclaim_all();
  for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) {
    if (wl_receives[interface]) wl_refill(interface);
  }
  wl_announce();
  wl_publish_timers();
  const bool awaits_slots = wl_awaits_slots();
  wl_set_calls(true, awaits_slots);
  WL_STORE_RELAXED(&control->waiting, 1);
  wl_fence();
  const uint64_t until = wl_graph_next_timer(false);
  const bool idle = !wl_anything_received() && !(awaits_slots && wl_anything_returned());
  if (idle && !WL_LOAD_RELAXED(&control->stop) && until > wl_now_ns) wl_machine_wait(until);
  WL_STORE_RELAXED(&control->waiting, 0);
  wl_set_calls(false, false);
}

static void wl_run_by_clock(void) {
  struct wl_control *control = &wl_shared.control;
  const bool may_sleep = !(control->flags & WL_NO_WAIT);
  uint32_t idle = 0;
  bool busy = true;
  WL_STORE_RELAXED(&control->busy, 1);
  while (!WL_LOAD_RELAXED(&control->stop) || wl_hold()) {
    wl_clock_read();
    wl_machine_listen(false);
    const bool worked = wl_round();
    WL_STORE_RELAXED(&control->rounds, control->rounds + 1);
    if (WL_UNLIKELY(worked != busy)) {
      if (!worked) {
        /* The host may act on what it reads once it sees that nothing was left to do. */
        wl_reclaim_all();
        wl_publish_timers();
      }
      WL_STORE_RELEASE(&control->busy, worked);
      busy = worked;
    }
    if (worked) {
      idle = 0;
      continue;
    }
    idle += 1;
    __builtin_ia32_pause();
    if (idle < WL_IDLE_ROUNDS) continue;
    idle = 0;
    if (may_sleep) wl_sleep();
    else wl_reclaim_all();
  }
}

/* ---- in steps -------------------------------------------------------------------------------------------- */

/* Returns when the next step is requested; false if the run is over instead. */
WL_APART bool wl_await_step(uint64_t done) {
  struct wl_control *control = &wl_shared.control;
  for (uint32_t looks = 0;; looks += 1) {
    if (WL_UNLIKELY(WL_LOAD_RELAXED(&control->stop) == WL_STOP_HOLD)) wl_hold();
    if (WL_LOAD_ACQUIRE(&control->step_request) != done) return true;
    if (WL_LOAD_RELAXED(&control->stop) == WL_STOP_END) return false;
    __builtin_ia32_pause();
    if (looks < WL_STEP_LOOKS) continue;
    looks = 0;
    WL_STORE_RELAXED(&control->waiting, 1);
    wl_fence();
    if (WL_LOAD_RELAXED(&control->step_request) == done && !WL_LOAD_RELAXED(&control->stop)) wl_machine_wait(WL_TIMER_NEVER);
    WL_STORE_RELAXED(&control->waiting, 0);
  }
}

/* All that was sent is with the host, and its slots are back: a step never finds fewer than the plan counted. */
WL_APART void wl_settle(void) {
  const struct wl_control *control = &wl_shared.control;
  for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) {
    while (wl_buffers_out(&wl_transmit_queues[interface].buffers) > 0) {
      if (wl_transmit_reclaim(interface)) continue;
      if (WL_LOAD_RELAXED(&control->stop) == WL_STOP_END) return;
      __builtin_ia32_pause();
    }
  }
}

WL_APART void wl_run_in_steps(void) {
  struct wl_control *control = &wl_shared.control;
  uint64_t done = control->step_done;
  while (wl_await_step(done)) {
    const uint64_t clock = WL_LOAD_RELAXED(&control->clock_ns);
    if (clock > wl_now_ns) wl_set_now(clock);
    bool busy = true;
    for (uint32_t round = 0; round < WL_STEP_ROUNDS_MAX && busy; round += 1) {
      busy = wl_round();
      wl_settle();
      WL_STORE_RELAXED(&control->rounds, control->rounds + 1);
    }
    /* A step brings one frame at most: what was offered at the start suffices, if it is kept up. */
    for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) {
      if (wl_short_of_slots(interface)) wl_refill(interface);
    }
    wl_announce();
    wl_publish_timers();
    WL_STORE_RELAXED(&control->busy, busy);
    done += 1;
    WL_STORE_RELEASE(&control->step_done, done);
  }
}

/* ---- the whole life -------------------------------------------------------------------------------------- */

/* The host has set its part of the control block, and wl_devices is filled. Returns when told to stop. */
static void wl_run(void) {
  struct wl_control *control = &wl_shared.control;
  wl_seed = control->seed;
  wl_clock_initialize();
  if (control->flags & WL_CLOCK_VIRTUAL) wl_set_now(WL_LOAD_RELAXED(&control->clock_ns));
  else wl_clock_read();
  wl_pool_initialize();
  for (uint32_t interface = 0; interface < WL_INTERFACE_COUNT; interface += 1) {
    if (wl_receives[interface]) wl_receive_initialize(interface);
    wl_transmit_initialize(interface);
  }
  wl_announce();
  wl_graph_initialize();
  wl_publish_timers();
  WL_STORE_RELAXED(&control->tsc_ready, __builtin_ia32_rdtsc());
  WL_STORE_RELEASE(&control->state, WL_STATE_RUNNING);
  if (control->flags & WL_STEPPED) wl_run_in_steps();
  else wl_run_by_clock();
  wl_publish_timers();
  WL_STORE_RELEASE(&control->state, WL_STATE_STOPPED);
}

#endif
