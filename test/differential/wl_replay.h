/*
 * A host for differential tests: replays frames from standard input through the graph in steps, as
 * wirelet_abi.h describes them, and writes what leaves to standard output. No rings, no threads.
 *
 *   in:  { u64 clock_ns, u32 interface, u32 length, bytes }...   interface 0xffffffff: a step without a frame; its bit 31, if
 *        it is none: the next frame comes in the same batch
 *   out: { u32 1, u32 interface, u32 length, bytes } frames | { u32 2, u32 length, bytes } log text |
 *        { u32 3, u32 count, u64... } counters at the end | { u32 4, u32 busy, u64 next_timer, u64 next_work } after a step
 */
#ifndef WL_REPLAY_H
#define WL_REPLAY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the interface of a frame: another one comes in the same batch. */
#define WL_REPLAY_MORE 0x80000000u

static void wl_put32(uint32_t value) { fwrite(&value, 4, 1, stdout); }
static void wl_put64(uint64_t value) { fwrite(&value, 8, 1, stdout); }

static void wl_transmit(uint32_t interface, struct wl_packet *packet, uint8_t *data, uint8_t *end) {
  wl_put32(1);
  wl_put32(interface);
  wl_put32((uint32_t)(end - data));
  fwrite(data, 1, (size_t)(end - data), stdout);
  wl_release(packet);
}

static uint32_t wl_transmit_room(uint32_t interface) {
  (void)interface;
  return WL_BATCH_PACKETS_MAX;
}

static void wl_drain_log(void) {
#if WL_LOG_BYTES
  struct wl_control *control = &wl_shared.control;
  const uint32_t length = control->log_head - control->log_tail;
  wl_put32(2);
  wl_put32(length);
  for (uint32_t index = 0; index < length; index += 1) {
    putchar(wl_shared.log[(control->log_tail + index) & (WL_LOG_BYTES - 1)]);
  }
  control->log_tail = control->log_head;
#endif
}

/* The frame as it is received. */
static struct wl_frame wl_replay_frame(const uint8_t *bytes, uint32_t length) {
  struct wl_packet *packet = wl_packet_make(length);
  if (packet == NULL) {
    fprintf(stderr, "no free packet: the plan's pool is too small\n");
    exit(3);
  }
  uint8_t *data = wl_slot_data(packet);
  memcpy(data, bytes, length);
  return (struct wl_frame){packet, data, data + length};
}

static void wl_replay_step(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  bool busy = true;
  for (uint32_t round = 0; round < WL_STEP_ROUNDS_MAX && busy; round += 1) {
    busy = wl_graph_fire_timers();
    if (count > 0) {
      wl_graph_receive(interface, frames, count);
      count = 0;
      busy = true;
    }
    busy |= wl_graph_run_tasks();
    wl_drain_log();
  }
  wl_put32(4);
  wl_put32(busy);
  wl_put64(wl_graph_next_timer(false));
  wl_put64(wl_graph_next_timer(true));
}

static int wl_replay(uint32_t seed, uint64_t start_ns) {
  struct { uint64_t clock_ns; uint32_t interface, length; } head;
  static uint8_t bytes[65536];
  struct wl_frame frames[WL_BATCH_PACKETS_MAX];
  uint32_t waiting = 0;
  wl_seed = seed;
  wl_set_now(start_ns);
  wl_pool_initialize();
  wl_graph_initialize();
  const uint32_t small = wl_free_small_count, jumbo = wl_free_jumbo_count;
  while (fread(&head, sizeof head, 1, stdin) == 1) {
    if (head.length > sizeof bytes || fread(bytes, 1, head.length, stdin) != head.length) return 2;
    if (head.clock_ns > wl_now_ns) wl_set_now(head.clock_ns);
    if (head.interface != UINT32_MAX) frames[waiting++] = wl_replay_frame(bytes, head.length);
    if (head.interface != UINT32_MAX && (head.interface & WL_REPLAY_MORE) != 0 && waiting < WL_BATCH_PACKETS_MAX) continue;
    wl_replay_step(head.interface & ~WL_REPLAY_MORE, frames, waiting);
    waiting = 0;
  }
  wl_put32(3);
  wl_put32(WL_COUNTER_COUNT);
  for (uint32_t index = 0; index < WL_COUNTER_COUNT; index += 1) wl_put64(wl_shared.counters[index]);
  /* Packets that are not free: the elements must hold as many. */
  wl_put32(5);
  wl_put32(small + jumbo - wl_free_small_count - wl_free_jumbo_count);
  return 0;
}

#endif
