/*
 * What the generated unit and the loop that drives it owe each other.
 *
 * The unit is one C file: it defines the macros below, includes wl_runtime.h, then contains the graph, then
 * includes what drives it (guest/wl_guest.h, addon/wl_native.h, or a measurement's loop). Packets are
 * owned by exactly one side at a time: whoever is handed one must pass it on or wl_release() it.
 *
 *   WL_INTERFACE_COUNT       interfaces of the appliance
 *   WL_RECEIVE_LIST          an initializer, {1, 0, ...}: 1 for each interface the graph takes frames from
 *   WL_INTERFACES(X)         X(number, name, receives, six address bytes) for each interface
 *   WL_WIRES(X)              X(from, to, counter) for each interface whose frames leave by another as they came, and who counts them
 *   WL_RING_SIZE             descriptors of each virtqueue, a power of two
 *   WL_SMALL_SLOTS, WL_JUMBO_SLOTS, WL_USES_LOW, WL_USES_TIMESTAMPS, WL_USES_ANNOTATIONS: see wl_packet.h
 *   WL_LEARNS                1 if elements learn from frames that other processors take, else 0
 *   WL_COUNTER_COUNT         64-bit counters of the elements
 *   WL_STATE_PLACES(X)       X(place) for each piece of element state, in the order of src/compile/c-state.ts
 *   WL_LOG_BYTES             size of the log ring, a power of two, or 0 when no element writes lines
 *   WL_LOG_DRAIN             where the ring is read in the thread that writes it: the function that does so
 */
#ifndef WL_GRAPH_H
#define WL_GRAPH_H

#include "wl_packet.h"

/* A frame as an interface hands it to the graph. */
struct wl_frame {
  struct wl_packet *packet;
  uint8_t *data;
  uint8_t *end;
};

/* ---- by the generated unit -------------------------------------------------------------------------- */

/* Sets up element state and first timers. Time and seed are valid. */
static void wl_graph_initialize(void);
/* Takes `count` frames (1..WL_BATCH_PACKETS_MAX) that came from one interface, in order; owns them. */
static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count);
/* Learns from a frame that came by an interface for another processor, of which it has the beginning; owns it. */
static __attribute__((unused)) void wl_graph_learn(uint32_t interface, struct wl_packet *packet, uint8_t *end);
/* Runs each task once; true if one of them found work. */
static bool wl_graph_run_tasks(void);
/* Fires each timer due at wl_now_ns once, earliest first; true if one did. */
static bool wl_graph_fire_timers(void);
/* Earliest timer in nanoseconds since 1970, or WL_TIMER_NEVER; without background timers if `work`. */
static uint64_t wl_graph_next_timer(bool work);

/* ---- by the loop --------------------------------------------------------------------------------------- */

/* Sends the bytes from `data` to `end` out of an interface; owns the packet. Counts what does not fit. */
static void wl_transmit(uint32_t interface, struct wl_packet *packet, uint8_t *data, uint8_t *end);
/* The same, there once: for code that few packets come to. */
WL_OUTLINE void wl_transmit_apart(uint32_t interface, struct wl_packet *packet, uint8_t *data, uint8_t *end) {
  wl_transmit(interface, packet, data, end);
}
/* Frames that wl_transmit would take now, for elements that pull. A stepped run, which loses nothing, waits for
 * room instead: there it is never less than WL_BATCH_PACKETS_MAX. */
static uint32_t wl_transmit_room(uint32_t interface);

/* ---- shared ------------------------------------------------------------------------------------------ */

/* wl_now_ns, the run's time, stands in wl_packet.h; the loop sets it. */
/* Seed for hash keys and random numbers. */
static uint32_t wl_seed;

/* A pulled packet was dropped or went another way since the tasks ran last: who pulled got nothing, but there may be
 * more behind it, and so there is work. */
static bool wl_pull_astray;

WL_INLINE struct wl_packet *wl_astray(void) {
  wl_pull_astray = true;
  return NULL;
}

#endif
