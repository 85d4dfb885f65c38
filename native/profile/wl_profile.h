/*
 * A host that shows a C compiler what a graph does with traffic: `wirelet build --profile` runs it, instrumented. Frames
 * of standard input go through the graph in batches of one interface, again and again, with timers and tasks as in
 * wl_loop.h; what is sent goes nowhere.
 *
 *   usage: PROGRAM ROUNDS < frames
 *   frames: { u64 clock_ns, u32 interface, u32 length, bytes }..., in the machine's byte order
 */
#ifndef WL_PROFILE_H
#define WL_PROFILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WL_PROFILE_HEAD_BYTES 16
/* Time between the last frame of a round and the first of the next. */
#define WL_PROFILE_PAUSE_NS 1000000u

static void wl_transmit(uint32_t interface, struct wl_packet *packet, uint8_t *data, uint8_t *end) {
  (void)interface;
  (void)data;
  (void)end;
  wl_release(packet);
}

static uint32_t wl_transmit_room(uint32_t interface) {
  (void)interface;
  return WL_BATCH_PACKETS_MAX;
}

static void wl_profile_work(void) {
  for (uint32_t round = 0; round < WL_BATCH_PACKETS_MAX; round += 1) {
    const bool busy = wl_graph_fire_timers();
    if (!(wl_graph_run_tasks() | busy)) return;
  }
}

static void wl_profile_give(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  if (count > 0) wl_graph_receive(interface, frames, count);
  wl_profile_work();
#if WL_LOG_BYTES
  wl_shared.control.log_tail = wl_shared.control.log_head;
#endif
}

/* The frames from `begin` to `end`; false if they are not what they should be. */
static bool wl_profile_round(const uint8_t *begin, const uint8_t *end) {
  struct wl_frame frames[WL_BATCH_PACKETS_MAX];
  uint32_t count = 0, interface = 0;
  uint64_t before = 0;
  for (const uint8_t *at = begin; at < end;) {
    struct { uint64_t clock_ns; uint32_t interface, length; } head;
    if (end - at < WL_PROFILE_HEAD_BYTES) return false;
    memcpy(&head, at, WL_PROFILE_HEAD_BYTES);
    at += WL_PROFILE_HEAD_BYTES;
    if ((uint64_t)(end - at) < head.length) return false;
    if (count == WL_BATCH_PACKETS_MAX || (count > 0 && head.interface != interface)) {
      wl_profile_give(interface, frames, count);
      count = 0;
    }
    if (before != 0 && head.clock_ns > before) wl_set_now(wl_now_ns + head.clock_ns - before);
    before = head.clock_ns;
    interface = head.interface;
    struct wl_packet *packet = wl_packet_make(head.length);
    if (packet != NULL) {
      uint8_t *data = wl_slot_data(packet);
      memcpy(data, at, head.length);
      frames[count++] = (struct wl_frame){packet, data, data + head.length};
    }
    at += head.length;
  }
  wl_profile_give(interface, frames, count);
  wl_set_now(wl_now_ns + WL_PROFILE_PAUSE_NS);
  return true;
}

int main(int words, char **word) {
  size_t room = 1u << 20, length = 0, got;
  uint8_t *bytes = malloc(room);
  wl_seed = 1;
  wl_set_now(1000000000000000000u);
  while (bytes != NULL && (got = fread(bytes + length, 1, room - length, stdin)) > 0) {
    length += got;
    if (length == room) bytes = realloc(bytes, room *= 2);
  }
  if (bytes == NULL || words < 2) return 2;
  wl_pool_initialize();
  wl_graph_initialize();
  for (uint64_t rounds = strtoull(word[1], NULL, 10); rounds > 0; rounds -= 1) {
    if (!wl_profile_round(bytes, bytes + length)) return 3;
  }
  return 0;
}

#endif
