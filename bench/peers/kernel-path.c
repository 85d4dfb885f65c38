/*
 * Frames through a path of this kernel, on one core: a bridge, routes, filters, translation. Run in a network namespace
 * of its own, whose devices are there. An XDP program makes the frames by BPF_PROG_TEST_RUN (live frames, Linux 5.18):
 * it copies one of those given, by chance, and hands it to the stack as if INTERFACE had received it, or sends it.
 *
 *   usage: kernel-path PACKETS COUNTER pass:INTERFACE|send:INTERFACE [INTERFACE=drop|INTERFACE=swap:OTHER]... [setup=no] < frames
 *
 * COUNTER is the file that counts what came through. INTERFACE=drop and =swap:OTHER put XDP programs on devices: one
 * that drops all, one that swaps a frame's addresses and sends it by OTHER. Prints: packets cycles nanoseconds counted.
 * Frames for setup (see wl_bench.h) go first unless said otherwise, those of interface 0 only. Time is what our thread had of its core, and the
 * kernel's for softirqs there, which works for us. Slow paths get fewer packets, so that all take at most a second.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLOT 64
#define LENGTH 60
#define FRAMES_MAX 16384
#define PACKETS_PER_CALL 4096
/* Slow paths are measured with fewer packets. */
#define NS_MAX 500000000u

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(3);
}

static int bpf(int command, union bpf_attr *attributes) { return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes); }

#define INSTRUCTION(code_, to, from, offset, value) ((struct bpf_insn){.code = (code_), .dst_reg = (to), .src_reg = (from), .off = (int16_t)(offset), .imm = (int32_t)(value)})
#define MOVE(to, from) INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0)
#define SET(to, value) INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value)
#define ADD(to, value) INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value)
#define AND(to, value) INSTRUCTION(BPF_ALU64 | BPF_AND | BPF_K, to, 0, 0, value)
#define LOAD(size, to, from, offset) INSTRUCTION(BPF_LDX | BPF_MEM | (size), to, from, offset, 0)
#define STORE(size, to, offset, from) INSTRUCTION(BPF_STX | BPF_MEM | (size), to, from, offset, 0)
#define CALL(function) INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, function)
#define EXIT INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static int load(const struct bpf_insn *code, uint32_t count) {
  static char log[65536];
  union bpf_attr attributes = {.prog_type = BPF_PROG_TYPE_XDP, .insns = (uint64_t)(uintptr_t)code, .insn_cnt = count, .license = (uint64_t)(uintptr_t)"GPL", .log_buf = (uint64_t)(uintptr_t)log, .log_size = sizeof log, .log_level = 1};
  const int program = bpf(BPF_PROG_LOAD, &attributes);
  if (program < 0) fprintf(stderr, "%s", log), fail("BPF_PROG_LOAD");
  return program;
}

/* One of `count` frames of the map, and what to do with it: hand it on, or send it by a device. */
static int generator(int map, uint32_t count, uint32_t send_by) {
  struct bpf_insn code[64];
  uint32_t n = 0, out[2];
  code[n++] = MOVE(BPF_REG_6, BPF_REG_1);
  code[n++] = CALL(BPF_FUNC_get_prandom_u32);
  code[n++] = INSTRUCTION(BPF_ALU | BPF_MOD | BPF_K, BPF_REG_0, 0, 0, count);
  code[n++] = STORE(BPF_W, BPF_REG_10, -4, BPF_REG_0);
  code[n++] = INSTRUCTION(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map);
  code[n++] = INSTRUCTION(0, 0, 0, 0, 0);
  code[n++] = MOVE(BPF_REG_2, BPF_REG_10);
  code[n++] = ADD(BPF_REG_2, -4);
  code[n++] = CALL(BPF_FUNC_map_lookup_elem);
  out[0] = n++;
  code[n++] = LOAD(BPF_W, BPF_REG_2, BPF_REG_6, offsetof(struct xdp_md, data));
  code[n++] = LOAD(BPF_W, BPF_REG_3, BPF_REG_6, offsetof(struct xdp_md, data_end));
  code[n++] = MOVE(BPF_REG_4, BPF_REG_2);
  code[n++] = ADD(BPF_REG_4, LENGTH);
  out[1] = n++;
  for (int at = 0; at < LENGTH; at += 8) {
    const int size = LENGTH - at >= 8 ? BPF_DW : BPF_W;
    code[n++] = LOAD(size, BPF_REG_5, BPF_REG_0, at);
    code[n++] = STORE(size, BPF_REG_2, at, BPF_REG_5);
  }
  if (send_by == 0) {
    code[n++] = SET(BPF_REG_0, XDP_PASS);
  } else {
    code[n++] = SET(BPF_REG_1, send_by);
    code[n++] = SET(BPF_REG_2, 0);
    code[n++] = CALL(BPF_FUNC_redirect);
  }
  code[n++] = EXIT;
  code[out[0]] = INSTRUCTION(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, n - out[0] - 1, 0);
  code[out[1]] = INSTRUCTION(BPF_JMP | BPF_JGT | BPF_X, BPF_REG_4, BPF_REG_3, n - out[1] - 1, 0);
  code[n++] = SET(BPF_REG_0, XDP_ABORTED);
  code[n++] = EXIT;
  return load(code, n);
}

static int dropper(void) {
  const struct bpf_insn code[] = {SET(BPF_REG_0, XDP_DROP), EXIT};
  return load(code, 2);
}

static int swapper(uint32_t send_by) {
  const struct bpf_insn code[] = {
      LOAD(BPF_W, BPF_REG_2, BPF_REG_1, offsetof(struct xdp_md, data)),
      LOAD(BPF_W, BPF_REG_3, BPF_REG_1, offsetof(struct xdp_md, data_end)),
      MOVE(BPF_REG_4, BPF_REG_2),
      ADD(BPF_REG_4, 14),
      INSTRUCTION(BPF_JMP | BPF_JGT | BPF_X, BPF_REG_4, BPF_REG_3, 12, 0),
      LOAD(BPF_W, BPF_REG_4, BPF_REG_2, 0),
      LOAD(BPF_H, BPF_REG_5, BPF_REG_2, 4),
      LOAD(BPF_W, BPF_REG_6, BPF_REG_2, 6),
      LOAD(BPF_H, BPF_REG_7, BPF_REG_2, 10),
      STORE(BPF_W, BPF_REG_2, 0, BPF_REG_6),
      STORE(BPF_H, BPF_REG_2, 4, BPF_REG_7),
      STORE(BPF_W, BPF_REG_2, 6, BPF_REG_4),
      STORE(BPF_H, BPF_REG_2, 10, BPF_REG_5),
      SET(BPF_REG_1, send_by),
      SET(BPF_REG_2, 0),
      CALL(BPF_FUNC_redirect),
      EXIT,
      SET(BPF_REG_0, XDP_ABORTED),
      EXIT,
  };
  return load(code, sizeof code / sizeof *code);
}

static uint32_t device(const char *name) {
  const uint32_t index = if_nametoindex(name);
  if (index == 0) fail(name);
  return index;
}

/* Lasts until this program ends. */
static void attach(char *text) {
  char *what = strchr(text, '=');
  if (what == NULL) exit(2);
  *what++ = 0;
  const int program = strncmp(what, "swap:", 5) == 0 ? swapper(device(what + 5)) : dropper();
  union bpf_attr attributes = {.link_create = {.prog_fd = (uint32_t)program, .target_ifindex = device(text), .attach_type = BPF_XDP}};
  if (bpf(BPF_LINK_CREATE, &attributes) < 0) fail("BPF_LINK_CREATE");
}

static int make_map(void) {
  union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = SLOT, .max_entries = FRAMES_MAX};
  const int map = bpf(BPF_MAP_CREATE, &attributes);
  if (map < 0) fail("BPF_MAP_CREATE");
  return map;
}

static uint64_t now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* The kernel's thread that does on our core what is left of interrupts: its number, or 0. */
static long softirq_thread(unsigned core) {
  char wanted[32], file[64], name[32];
  snprintf(wanted, sizeof wanted, "ksoftirqd/%u", core);
  for (long thread = 2; thread < 4096; thread += 1) {
    snprintf(file, sizeof file, "/proc/%ld/comm", thread);
    FILE *from = fopen(file, "r");
    if (from == NULL) continue;
    const bool is = fscanf(from, "%31s", name) == 1 && strcmp(name, wanted) == 0;
    fclose(from);
    if (is) return thread;
  }
  return 0;
}

/* Nanoseconds that our thread and that one had the core. */
static uint64_t core_ns(long thread) {
  unsigned long long other = 0;
  char file[64];
  snprintf(file, sizeof file, "/proc/%ld/schedstat", thread);
  FILE *from = thread == 0 ? NULL : fopen(file, "r");
  if (from != NULL) {
    if (fscanf(from, "%llu", &other) != 1) other = 0;
    fclose(from);
  }
  return now(CLOCK_THREAD_CPUTIME_ID) + other;
}

static uint64_t counter(const char *file) {
  FILE *from = fopen(file, "r");
  unsigned long long value;
  if (from == NULL || fscanf(from, "%llu", &value) != 1) fail(file);
  fclose(from);
  return value;
}

/* Puts frames [first, first + count) that arrive at interface 0 into the map; returns how many, at most what it holds. */
static uint32_t fill(int map, const uint16_t *kinds, uint8_t (*bytes)[SLOT], uint32_t first, uint32_t count) {
  uint32_t put = 0;
  for (uint32_t index = first; index < first + count && put < FRAMES_MAX; index += 1) {
    if (kinds[2 * index + 1] != 0 || kinds[2 * index] != LENGTH) continue;
    union bpf_attr attributes = {.map_fd = (uint32_t)map, .key = (uint64_t)(uintptr_t)&put, .value = (uint64_t)(uintptr_t)bytes[index]};
    if (bpf(BPF_MAP_UPDATE_ELEM, &attributes) != 0) fail("BPF_MAP_UPDATE_ELEM");
    put += 1;
  }
  return put;
}

/* So many packets, or as many as the time is enough for; returns how many. */
static uint64_t inject(int program, uint32_t interface, uint64_t packets) {
  uint8_t frame[LENGTH] = {0};
  struct xdp_md context = {.data_end = LENGTH, .ingress_ifindex = interface};
  const uint64_t begin = now(CLOCK_MONOTONIC);
  uint64_t done = 0;
  while (done < packets && now(CLOCK_MONOTONIC) - begin < NS_MAX) {
    const uint64_t left = packets - done, some = left < PACKETS_PER_CALL ? left : PACKETS_PER_CALL;
    union bpf_attr attributes = {.test = {.prog_fd = (uint32_t)program, .data_size_in = LENGTH, .data_in = (uint64_t)(uintptr_t)frame, .ctx_in = (uint64_t)(uintptr_t)&context, .ctx_size_in = sizeof context, .repeat = (uint32_t)some, .flags = BPF_F_TEST_XDP_LIVE_FRAMES}};
    while (bpf(BPF_PROG_TEST_RUN, &attributes) != 0) {
      if (errno != EINTR) fail("BPF_PROG_TEST_RUN (live frames)");
    }
    done += some;
  }
  return done;
}

int main(int words, char **word) {
  uint32_t counts[2];
  if (words < 4) return 2;
  const struct rlimit locked = {RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_MEMLOCK, &locked);
  cpu_set_t core;
  CPU_ZERO(&core);
  CPU_SET((unsigned)sysconf(_SC_NPROCESSORS_ONLN) - 1, &core);
  sched_setaffinity(0, sizeof core, &core);
  const uint64_t packets = strtoull(word[1], NULL, 10);
  const bool send = strncmp(word[3], "send:", 5) == 0;
  const uint32_t interface = device(word[3] + 5);
  bool prepare = true;
  for (int index = 4; index < words; index += 1) {
    if (strcmp(word[index], "setup=no") == 0) prepare = false;
    else attach(word[index]);
  }
  if (fread(counts, sizeof counts, 1, stdin) != 1) return 2;
  const size_t all = (size_t)counts[0] + counts[1];
  uint16_t *kinds = calloc(all, 4);
  uint8_t (*bytes)[SLOT] = calloc(all, SLOT);
  if (kinds == NULL || bytes == NULL || fread(kinds, 4, all, stdin) != all || fread(bytes, SLOT, all, stdin) != all) return 2;
  const int map = make_map();
  const uint32_t setup = prepare ? fill(map, kinds, bytes, 0, counts[0]) : 0;
  if (setup > 0) inject(generator(map, setup, send ? interface : 0), interface, 2u * setup);
  const uint32_t traffic = fill(map, kinds, bytes, counts[0], counts[1]);
  if (traffic == 0) return 2;
  const int program = generator(map, traffic, send ? interface : 0);
  inject(program, interface, packets / 4);
  const long softirqs = softirq_thread((unsigned)sysconf(_SC_NPROCESSORS_ONLN) - 1);
  const uint64_t before = counter(word[2]), begin = core_ns(softirqs), wall = now(CLOCK_MONOTONIC), first = __builtin_ia32_rdtsc();
  const uint64_t injected = inject(program, interface, packets);
  const uint64_t cycles = __builtin_ia32_rdtsc() - first, elapsed = now(CLOCK_MONOTONIC) - wall, ns = core_ns(softirqs) - begin;
  printf("%llu %llu %llu %llu\n", (unsigned long long)injected, (unsigned long long)((double)cycles / (double)elapsed * (double)ns), (unsigned long long)ns, (unsigned long long)(counter(word[2]) - before));
  return 0;
}
