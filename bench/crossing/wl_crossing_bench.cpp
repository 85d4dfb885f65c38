// Frames over a virtio interface with both sides on one core: ours, with all their checks. The device copies a frame
// into a buffer of the driver, the driver sends it back, the device copies it out. That is two crossings, one in
// each direction; a figure is for one, the mean of both.
//
// With CORES 2 the driver has a thread and a processor of its own, as many frames are under way as the rings hold, and
// nanoseconds are those of the wall.
//
//   usage: PROGRAM PACKETS FEATURES(hexadecimal) BARE(0 or 1) CORES(1 or 2)    prints: crossings cycles nanoseconds lost
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <pthread.h>

#include "wl_crossing.h"
#include "wl_device_queue.h"

using namespace wl;

namespace {

uint64_t nanoseconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

struct Device {
  GuestMemory memory;
  ReceiveQueue receive;
  TransmitQueue transmit;
  alignas(64) uint8_t in[WL_CROSSING_BATCH][64]{};
  alignas(64) uint8_t out[kDrainBatch][64]{};
  uint64_t sent = 0, back = 0;
  bool apart = false; // the driver runs elsewhere

  void put() {
    const uint32_t count = receive.fill(WL_CROSSING_BATCH, [this](uint32_t index, uint8_t *to, uint32_t capacity) {
      if (capacity < sizeof in[0]) return ReceiveQueue::kNoFit;
      memcpy(to, in[index], sizeof in[0]);
      return uint32_t{WL_CROSSING_FRAME_BYTES};
    });
    receive.publish();
    sent += count;
    __atomic_thread_fence(__ATOMIC_SEQ_CST); // as the driver of the ports does before it looks whether the guest sleeps
    if (receive.wants_calls()) abort();
  }

  void take() {
    uint8_t *to = out[0];
    const uint32_t count = transmit.take_each([&to](const FrameView &frame) {
      if (frame.length != WL_CROSSING_FRAME_BYTES) abort();
      memcpy(to, frame.data, sizeof *out);
      to += sizeof *out;
    });
    if (!transmit.holding()) return;
    transmit.give_back();
    __atomic_thread_fence(__ATOMIC_SEQ_CST); // and here, as it may sleep for want of what it sent
    if (transmit.wants_calls()) abort();
    back += count;
  }

  void round() {
    put();
    if (!apart) (void)wl_crossing_round();
    take();
  }
};

std::atomic<bool> stop{false};

void stay_on(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

void *drive(void *) {
  stay_on(0);
  while (!stop.load(std::memory_order_relaxed)) {
    if (wl_crossing_round() == 0) __builtin_ia32_pause();
  }
  return nullptr;
}

} // namespace

int main(int words, char **word) {
  static Device device;
  const uint64_t packets = words > 1 ? strtoull(word[1], nullptr, 10) : 1000;
  const uint64_t features = words > 2 ? strtoull(word[2], nullptr, 16) : 0;
  const Agreement agreed{features, words > 3 && word[3][0] == '1'};
  const wl_image_info *const info = wl_crossing_begin(agreed.features, agreed.bare);
  device.memory.adopt(*info, reinterpret_cast<uint8_t *>(info->base));
  device.receive.attach(device.memory, info->interfaces[0].receive, agreed);
  device.transmit.attach(device.memory, info->interfaces[0].transmit, agreed);
  device.receive.want_kicks(false);
  device.transmit.want_kicks(false);
  for (uint32_t index = 0; index < WL_CROSSING_BATCH; index += 1) memset(device.in[index], static_cast<int>(index + 1), sizeof device.in[index]);
  device.apart = words > 4 && word[4][0] == '2';
  pthread_t driver;
  if (device.apart) {
    stay_on(1);
    if (pthread_create(&driver, nullptr, drive, nullptr) != 0) return 1;
  }
  while (device.back < packets / 8 + 4096) device.round();
  if (memcmp(device.out, device.in, 64) != 0 && !device.apart) return 3; // as they came, in order
  const uint64_t before = device.back;
  const uint64_t begin = nanoseconds(CLOCK_THREAD_CPUTIME_ID), wall = nanoseconds(CLOCK_MONOTONIC), first = __builtin_ia32_rdtsc();
  while (device.back - before < packets) device.round();
  const uint64_t last = __builtin_ia32_rdtsc(), wall_end = nanoseconds(CLOCK_MONOTONIC);
  const uint64_t ns = device.apart ? wall_end - wall : nanoseconds(CLOCK_THREAD_CPUTIME_ID) - begin;
  const uint64_t count = device.back - before;
  if (device.apart) {
    while (device.back != device.sent) device.take();
    stop = true;
    pthread_join(driver, nullptr);
  }
  const double cycles = static_cast<double>(last - first) / static_cast<double>(wall_end - wall) * static_cast<double>(ns);
  printf("%llu %.0f %llu %llu\n", static_cast<unsigned long long>(2 * count), cycles, static_cast<unsigned long long>(ns), static_cast<unsigned long long>(device.sent - device.back));
  return device.sent != device.back;
}
