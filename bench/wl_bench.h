/*
 * A host for measurements: packets in memory, one thread, no devices. The same loop drives a compiled graph and
 * its hand-written counterpart (bench/reference), so that their ratio is that of the work between.
 *
 *   usage: PROGRAM PACKETS < frames    prints: packets cycles nanoseconds sent
 *
 * Compiled with WL_BENCH_CHECK the program measures nothing; it writes every frame sent, in order, as
 * { u16 length, u16 interface, bytes }.
 *
 *   frames: { u32 setup, u32 traffic }, then setup + traffic of { u16 length, u16 interface }, then as many times
 *   WL_BENCH_FRAME_BYTES bytes. All in the machine's byte order.
 *
 * The frames for setup are taken once, before anything is measured; the others go round, in batches of at most 32 of
 * one interface. Time is that of the core (CLOCK_THREAD_CPUTIME_ID): what else the machine does counts for nothing.
 *
 * With WL_BENCH_COPY a frame is copied into a fresh buffer, as a device would; without, the same buffers go round
 * and nothing is copied (only for graphs that neither change nor drop packets).
 */
#ifndef WL_BENCH_H
#define WL_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define WL_BENCH_FRAMES_MAX (1u << 22)
/* Of a frame in the input, at most. */
#ifndef WL_BENCH_FRAME_BYTES
#define WL_BENCH_FRAME_BYTES 64
#endif
#ifndef WL_BENCH_BATCH
#define WL_BENCH_BATCH WL_BATCH_PACKETS_MAX
#endif
/* Time that passes from batch to batch: 32 packets at 32 million a second. */
#define WL_BENCH_BATCH_NS 1000

struct wl_bench_batch {
  uint32_t first;
  uint16_t count;
  uint16_t interface;
};

static struct { uint16_t length, interface; } *wl_bench_kind;
static uint8_t (*wl_bench_bytes)[WL_BENCH_FRAME_BYTES];
static struct wl_frame *wl_bench_in;
static struct wl_bench_batch *wl_bench_batches;
static struct wl_frame wl_bench_out[1024];
static uint64_t wl_bench_sent;

static __attribute__((unused)) void wl_bench_record(uint32_t interface, const uint8_t *data, const uint8_t *end) {
  const uint16_t head[2] = {(uint16_t)(end - data), (uint16_t)interface};
  fwrite(head, 1, sizeof head, stdout);
  fwrite(data, 1, (size_t)(end - data), stdout);
}

static void wl_transmit(uint32_t interface, struct wl_packet *packet, uint8_t *data, uint8_t *end) {
#if WL_BENCH_CHECK
  wl_bench_record(interface, data, end);
#endif
  wl_bench_out[wl_bench_sent & 1023] = (struct wl_frame){packet, data, end};
  wl_bench_sent += 1;
#ifdef WL_BENCH_SLOW
  /* A mistake for `npm run bench:smoke` to find. */
  for (volatile uint32_t turn = 0; turn < WL_BENCH_SLOW; turn += 1) continue;
#endif
#if WL_BENCH_COPY
  wl_release(packet);
#endif
}

static uint32_t wl_transmit_room(uint32_t interface) {
  (void)interface;
  return WL_BATCH_PACKETS_MAX;
}

static uint64_t wl_bench_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void wl_bench_run(const struct wl_bench_batch *batches, uint32_t count) {
  for (uint32_t number = 0; number < count; number += 1) {
    const struct wl_bench_batch batch = batches[number];
#if WL_BENCH_COPY
    struct wl_frame frames[WL_BATCH_PACKETS_MAX];
    for (uint32_t index = 0; index < batch.count; index += 1) {
      struct wl_packet *packet = wl_take_small();
      uint8_t *data = wl_slot_data(packet);
      /* What the device reads is no part of the job: two batches ahead, past the caches that the job uses. */
      __builtin_prefetch(wl_bench_bytes[batch.first + index + 2 * WL_BENCH_BATCH], 0, 0);
      __builtin_memcpy(data, wl_bench_bytes[batch.first + index], WL_BENCH_FRAME_BYTES);
      frames[index] = (struct wl_frame){packet, data, data + wl_bench_kind[batch.first + index].length};
    }
    wl_graph_receive(batch.interface, frames, batch.count);
#else
    wl_graph_receive(batch.interface, &wl_bench_in[batch.first], batch.count);
#endif
    /* What was sent is looked at: no store may be left out because a later one takes its place. */
    __asm__ volatile("" : : "r"(wl_bench_out) : "memory");
    wl_set_now(wl_now_ns + WL_BENCH_BATCH_NS);
  }
}

/* Cuts `count` frames from `first` on into batches; returns how many. */
static uint32_t wl_bench_cut(struct wl_bench_batch *batches, uint32_t first, uint32_t count) {
  uint32_t made = 0;
  for (uint32_t index = first; index < first + count; index += 1) {
    struct wl_bench_batch *last = &batches[made - 1];
    if (made > 0 && last->interface == wl_bench_kind[index].interface && last->count < WL_BENCH_BATCH) last->count += 1;
    else batches[made++] = (struct wl_bench_batch){index, 1, wl_bench_kind[index].interface};
  }
  return made;
}

/* Tables in pages of 2 MiB, as a guest has them. */
static void wl_bench_large_pages(void) {
  extern char __bss_start[], _end[];
  const uintptr_t page = 2u << 20, first = ((uintptr_t)__bss_start + page - 1) & ~(page - 1), last = (uintptr_t)_end & ~(page - 1);
  if (first < last) (void)madvise((void *)first, last - first, MADV_HUGEPAGE);
}

static bool wl_bench_read(uint32_t count) {
  wl_bench_kind = calloc(count, sizeof *wl_bench_kind);
  wl_bench_bytes = aligned_alloc(4096, ((size_t)count * WL_BENCH_FRAME_BYTES + 4095) & ~(size_t)4095);
  wl_bench_in = calloc(count, sizeof *wl_bench_in);
  wl_bench_batches = calloc(count, sizeof *wl_bench_batches);
  if (!wl_bench_kind || !wl_bench_bytes || !wl_bench_in || !wl_bench_batches) return false;
  if (fread(wl_bench_kind, sizeof *wl_bench_kind, count, stdin) != count) return false;
  if (fread(wl_bench_bytes, WL_BENCH_FRAME_BYTES, count, stdin) != count) return false;
  for (uint32_t index = 0; index < count; index += 1) {
    if (wl_bench_kind[index].length > WL_BENCH_FRAME_BYTES) return false;
#if !WL_BENCH_COPY
    struct wl_packet *packet = wl_take_small();
    if (packet == NULL) return false;
    uint8_t *data = wl_slot_data(packet);
    __builtin_memcpy(data, wl_bench_bytes[index], WL_BENCH_FRAME_BYTES);
    wl_bench_in[index] = (struct wl_frame){packet, data, data + wl_bench_kind[index].length};
#endif
  }
  return true;
}

int main(int words, char **word) {
  uint32_t counts[2];
  wl_bench_large_pages();
  wl_set_now(1000000000000000000u);
  wl_seed = 1;
  wl_pool_initialize();
  wl_graph_initialize();
  if (fread(counts, sizeof counts, 1, stdin) != 1 || counts[0] > WL_BENCH_FRAMES_MAX || counts[1] > WL_BENCH_FRAMES_MAX - counts[0]) return 2;
  if (!wl_bench_read(counts[0] + counts[1])) return 2;
  const uint32_t setup = wl_bench_cut(wl_bench_batches, 0, counts[0]);
  wl_bench_run(wl_bench_batches, setup);
  const uint32_t batches = wl_bench_cut(wl_bench_batches, counts[0], counts[1]);
  wl_bench_run(wl_bench_batches, batches);
  if (WL_BENCH_CHECK || words < 2) return 0;
  const uint64_t packets = strtoull(word[1], NULL, 10), rounds = packets / counts[1] + 1;
  for (uint64_t round = 0; round < rounds / 8; round += 1) wl_bench_run(wl_bench_batches, batches);
  const uint64_t sent = wl_bench_sent;
  const uint64_t begin = wl_bench_ns(CLOCK_THREAD_CPUTIME_ID), wall = wl_bench_ns(CLOCK_MONOTONIC), first = __builtin_ia32_rdtsc();
  for (uint64_t round = 0; round < rounds; round += 1) wl_bench_run(wl_bench_batches, batches);
  const uint64_t last = __builtin_ia32_rdtsc(), wall_end = wl_bench_ns(CLOCK_MONOTONIC), ns = wl_bench_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
  const double cycles = (double)(last - first) / (double)(wall_end - wall) * (double)ns;
  printf("%llu %.0f %llu %llu\n", (unsigned long long)rounds * counts[1], cycles, (unsigned long long)ns, (unsigned long long)(wl_bench_sent - sent));
  return 0;
}

#endif
