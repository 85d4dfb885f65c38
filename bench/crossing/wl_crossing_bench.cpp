// Frames over a virtio interface with both sides on one core: ours, with all their checks. The device copies a frame
// into a buffer of the driver, the driver sends it back, the device copies it out. That is two crossings, one in
// each direction; a figure is for one, the mean of both.
//
//   usage: PROGRAM PACKETS FEATURES(hexadecimal) BARE(0 or 1)    prints: crossings cycles nanoseconds lost
#include <cstdio>
#include <cstdlib>
#include <ctime>

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

  void put() {
    ReceiveQueue::Room rooms[WL_CROSSING_BATCH];
    uint32_t lengths[WL_CROSSING_BATCH];
    const uint32_t count = receive.rooms(rooms, WL_CROSSING_BATCH);
    for (uint32_t index = 0; index < count; index += 1) {
      if (rooms[index].capacity < sizeof in[index]) abort();
      memcpy(rooms[index].data, in[index], sizeof in[index]);
      lengths[index] = WL_CROSSING_FRAME_BYTES;
    }
    receive.commit_rooms(rooms, lengths, count);
    receive.publish();
    sent += count;
    __atomic_thread_fence(__ATOMIC_SEQ_CST); // as the driver of the ports does before it looks whether the guest sleeps
    if (receive.wants_calls()) abort();
  }

  void take() {
    FrameView frames[kDrainBatch];
    const uint32_t count = transmit.take(frames);
    if (!transmit.holding()) return;
    for (uint32_t index = 0; index < count; index += 1) {
      if (frames[index].length != WL_CROSSING_FRAME_BYTES) abort();
      memcpy(out[index], frames[index].data, sizeof out[index]);
    }
    transmit.give_back();
    back += count;
  }

  void round() {
    put();
    (void)wl_crossing_round();
    take();
  }
};

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
  const uint64_t rounds = packets / WL_CROSSING_BATCH;
  for (uint64_t round = 0; round < rounds / 8 + 64; round += 1) device.round();
  if (memcmp(device.out, device.in, sizeof device.in) != 0) return 3; // as they came, in order
  device.sent = device.back = 0;
  const uint64_t begin = nanoseconds(CLOCK_THREAD_CPUTIME_ID), wall = nanoseconds(CLOCK_MONOTONIC), first = __builtin_ia32_rdtsc();
  for (uint64_t round = 0; round < rounds; round += 1) device.round();
  const uint64_t last = __builtin_ia32_rdtsc(), wall_end = nanoseconds(CLOCK_MONOTONIC), ns = nanoseconds(CLOCK_THREAD_CPUTIME_ID) - begin;
  const double cycles = static_cast<double>(last - first) / static_cast<double>(wall_end - wall) * static_cast<double>(ns);
  printf("%llu %.0f %llu %llu\n", static_cast<unsigned long long>(2 * device.back), cycles, static_cast<unsigned long long>(ns), static_cast<unsigned long long>(device.sent - device.back));
  return device.back == 0 || device.sent != device.back;
}
