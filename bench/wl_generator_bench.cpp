// How fast the generator fills rings in shared memory, on one core, with nobody at the other end: the guest's part is to
// offer all buffers of the ring again, one write to the available index for as many frames as the ring has. Prints the
// median and the best of many short slices, as the machine may do other things meanwhile.
//
//   cmake -S native -B build/bench && cmake --build build/bench --target wl_generator_bench && build/bench/wl_generator_bench
#include <algorithm>
#include <cstdio>

#include "wl_generator_port.h"

using namespace wl;

namespace {

constexpr uint32_t kRing = 256, kBatch = 64;
constexpr uint32_t kSlices = 41;
constexpr uint64_t kSliceNs = 20000000;
constexpr uint64_t kDescriptors = WL_IMAGE_BASE, kAvailable = kDescriptors + 16 * kRing, kUsed = kAvailable + 0x1000, kSlots = kUsed + 0x2000;

struct Silent final : Observer {
  void ready(const StartParts &) override {}
  void log(const char *, size_t) override {}
  void warning(const std::string &, const std::string &, const std::string &) override {}
  void first_frame(const BootFigures &) override {}
  void panic(const wl_control &, const Registers &) override {}
  void stuck(const Registers &) override {}
};

// Buffers as an image lays them out: behind a descriptor, headroom and the header of virtio-net.
void offer_all(GuestMemory &memory) {
  for (uint32_t index = 0; index < kRing; index += 1) {
    const uint64_t address = kSlots + uint64_t{index} * WL_SMALL_SLOT_BYTES + WL_SLOT_HEADER_BYTES + WL_HEADROOM_BYTES - WL_VIRTIO_NET_HEADER_BYTES;
    const uint32_t length = WL_VIRTIO_NET_HEADER_BYTES + WL_SMALL_DATA_BYTES;
    const uint16_t flags = WL_VIRTQ_DESC_F_WRITE;
    uint8_t *const descriptor = memory.at(kDescriptors + 16 * index);
    memcpy(descriptor, &address, 8);
    memcpy(descriptor + 8, &length, 4);
    memcpy(descriptor + 12, &flags, 2);
    memory.at<uint16_t>(kAvailable)[2 + index] = static_cast<uint16_t>(index);
  }
}

bool measure(GuestMemory &memory, const TscClock &clock, const char *options) {
  Silent silent;
  Failure failure;
  PortSpec spec;
  const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
  if (!read_port(std::string("bench=gen:") + options, spec, failure)) return false;
  const auto port = GeneratorPort::create(spec, 0, mac, clock, silent, failure);
  if (port == nullptr) return false;
  memset(memory.at(kAvailable), 0, kSlots - kAvailable);
  offer_all(memory);
  ReceiveQueue queue;
  queue.attach(memory, {kDescriptors, kAvailable, kUsed, kRing, 0});
  uint16_t *const index = &memory.at<uint16_t>(kAvailable)[1];
  PortFigures figures;
  double rates[kSlices], cycles[kSlices];
  for (uint32_t slice = 0; slice < kSlices; slice += 1) {
    const uint64_t start = tsc(), end = start + clock.ns_to_ticks(kSliceNs), before = figures.rx_packets;
    uint64_t now = start;
    while (now < end) {
      __atomic_store_n(index, static_cast<uint16_t>(*index + kRing), __ATOMIC_RELEASE);
      for (uint32_t sent = 0; sent < kRing; sent += kBatch) {
        now = tsc();
        port->receive(&queue, kBatch, now, figures);
        queue.publish();
        __atomic_thread_fence(__ATOMIC_SEQ_CST); // as the driver does before it looks whether the guest sleeps
      }
    }
    const auto frames = static_cast<double>(figures.rx_packets - before);
    rates[slice] = frames * 1e3 / static_cast<double>(clock.ticks_to_ns(static_cast<int64_t>(now - start)));
    cycles[slice] = static_cast<double>(now - start) / frames;
  }
  std::sort(rates, rates + kSlices);
  std::sort(cycles, cycles + kSlices);
  printf("%-55s median %6.1f Mpps (%5.1f TSC cycles a frame), best %6.1f\n", options, rates[kSlices / 2], cycles[kSlices / 2], rates[kSlices - 1]);
  return figures.drops == 0;
}

} // namespace

int main() {
  wl_image_info info{};
  info.base = WL_IMAGE_BASE;
  info.memory_bytes = WL_HUGE_PAGE_BYTES;
  info.shared_base = WL_IMAGE_BASE + WL_HUGE_PAGE_BYTES - WL_PAGE_BYTES;
  static_assert(kSlots + kRing * WL_SMALL_SLOT_BYTES < WL_IMAGE_BASE + WL_HUGE_PAGE_BYTES - WL_PAGE_BYTES);
  GuestMemory memory;
  Failure failure;
  if (!memory.create(info, Sharing::threads, -1, failure)) return 1;
  TscClock clock;
  clock.hz = measure_tsc_hz(false);
  clock.set_base();
  bool good = true;
  for (const char *options : {"size=64", "size=64,flows=64", "size=64,flows=1024", "size=64,flows=1000000", "size=64,flows=64,latency=1000", "size=64,flows=64,verify=true", "size=imix,flows=64", "size=1518", "size=1518,flows=64"}) {
    good = measure(memory, clock, options) && good;
  }
  return good ? 0 : 1;
}
