/*
 * A host for measurements: packets in memory, one thread, no devices. The same loop drives a compiled graph and
 * its hand-written counterpart (bench/reference), so that their ratio is that of the work between.
 *
 *   usage: PROGRAM ROUNDS < frames    frames: { u32 length, bytes }...
 *   prints: packets cycles nanoseconds sent
 *
 * Each round takes every frame once, in batches of 32. With WL_BENCH_COPY a frame is copied into a fresh buffer,
 * as a device would; without, the same buffers go round and nothing is copied (only for graphs that neither change
 * nor drop packets).
 */
#ifndef WL_BENCH_H
#define WL_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WL_BENCH_FRAMES_MAX 1048576

static struct wl_frame wl_bench_in[WL_BENCH_FRAMES_MAX];
static struct wl_frame wl_bench_out[1024];
static uint64_t wl_bench_sent;

static void wl_transmit(uint32_t interface, struct wl_packet *packet, uint8_t *data, uint8_t *end) {
  (void)interface;
  wl_bench_out[wl_bench_sent & 1023] = (struct wl_frame){packet, data, end};
  wl_bench_sent += 1;
#if WL_BENCH_COPY
  wl_release(packet);
#endif
}

static uint32_t wl_transmit_room(uint32_t interface) {
  (void)interface;
  return WL_BATCH_PACKETS_MAX;
}

static uint64_t wl_bench_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void wl_bench_round(uint32_t count) {
  for (uint32_t first = 0; first < count; first += WL_BATCH_PACKETS_MAX) {
    const uint32_t batch = count - first < WL_BATCH_PACKETS_MAX ? count - first : WL_BATCH_PACKETS_MAX;
#if WL_BENCH_COPY
    struct wl_frame frames[WL_BATCH_PACKETS_MAX];
    for (uint32_t index = 0; index < batch; index += 1) {
      const struct wl_frame *from = &wl_bench_in[first + index];
      struct wl_packet *packet = wl_take_small();
      uint8_t *data = wl_slot_data(packet);
      __builtin_memcpy(data, from->data, 64);
      frames[index] = (struct wl_frame){packet, data, data + (from->end - from->data)};
    }
    wl_graph_receive(0, frames, batch);
#else
    wl_graph_receive(0, &wl_bench_in[first], batch);
#endif
  }
}

int main(int words, char **word) {
  const uint32_t rounds = words > 1 ? (uint32_t)strtoul(word[1], NULL, 10) : 1;
  uint32_t count = 0, length;
  wl_now_ns = 1000000000000000000u;
  wl_seed = 1;
  wl_pool_initialize();
  wl_graph_initialize();
  while (count < WL_BENCH_FRAMES_MAX && fread(&length, 4, 1, stdin) == 1 && length >= 60 && length <= 1500) {
#if WL_BENCH_COPY
    uint8_t *data = calloc(1, 1536);
    struct wl_packet *packet = NULL;
#else
    struct wl_packet *packet = wl_take_small();
    if (packet == NULL) return 3;
    uint8_t *data = wl_slot_data(packet);
#endif
    if (fread(data, 1, length, stdin) != length) return 2;
    wl_bench_in[count] = (struct wl_frame){packet, data, data + length};
    count += 1;
  }
  if (count == 0) return 2;
  for (uint32_t round = 0; round < rounds / 8 + 1; round += 1) wl_bench_round(count);
  const uint64_t sent = wl_bench_sent;
  const uint64_t begin = wl_bench_ns(), first = __builtin_ia32_rdtsc();
  for (uint32_t round = 0; round < rounds; round += 1) wl_bench_round(count);
  const uint64_t last = __builtin_ia32_rdtsc(), end = wl_bench_ns();
  printf("%llu %llu %llu %llu\n", (unsigned long long)rounds * count, (unsigned long long)(last - first), (unsigned long long)(end - begin), (unsigned long long)(wl_bench_sent - sent));
  return 0;
}

#endif
