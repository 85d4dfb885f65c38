// A guest's side of a receive queue, for tests of ports: it offers buffers and takes the frames out of them.
#ifndef WL_TEST_GUEST_H
#define WL_TEST_GUEST_H

#include <cstdlib>
#include <cstring>
#include <vector>

#include "wl_device_queue.h"
#include "wl_observer.h"

namespace wl::test {

struct Silent final : Observer {
  std::vector<std::string> warnings;
  void ready(const StartParts &) override {}
  void log(const char *, size_t) override {}
  void warning(const std::string &, const std::string &message, const std::string &) override { warnings.push_back(message); }
  void first_frame(const BootFigures &) override {}
  void panic(const wl_control &, const Registers &) override {}
  void stuck(const Registers &) override {}
};

class Guest {
public:
  static constexpr uint32_t kSize = 64;

  explicit Guest(uint32_t buffer_bytes = WL_VIRTIO_NET_HEADER_BYTES + WL_SMALL_DATA_BYTES) {
    wl_image_info info{};
    info.base = WL_IMAGE_BASE;
    info.memory_bytes = 96 * WL_PAGE_BYTES;
    info.shared_base = WL_IMAGE_BASE + 95 * WL_PAGE_BYTES;
    Failure failure;
    if (!memory_.create(info, Sharing::threads, -1, failure)) abort();
    for (uint32_t index = 0; index < kSize; index += 1) {
      const uint64_t address = kBuffers + uint64_t{index} * kStride;
      const uint16_t flags = WL_VIRTQ_DESC_F_WRITE;
      uint8_t *const descriptor = memory_.at(kDescriptors + 16 * index);
      memcpy(descriptor, &address, 8);
      memcpy(descriptor + 8, &buffer_bytes, 4);
      memcpy(descriptor + 12, &flags, 2);
      available()[2 + index] = static_cast<uint16_t>(index);
    }
    attach(queue_);
  }

  ReceiveQueue &queue() { return queue_; }
  // A queue of somebody else's becomes the device's side, in place of queue().
  void attach(ReceiveQueue &queue) { queue.attach(memory_, {kDescriptors, kAvailable, kUsed, kSize, 0}); }
  void offer(uint32_t buffers) { available()[1] = static_cast<uint16_t>(available()[1] + buffers); }

  // The frames that were put on the ring since the last call; their buffers may be offered again.
  std::vector<std::vector<uint8_t>> take() {
    queue_.publish();
    std::vector<std::vector<uint8_t>> frames;
    uint32_t parts = 0;
    for (const uint16_t end = memory_.at<uint16_t>(kUsed)[1]; taken_ != end; taken_ = static_cast<uint16_t>(taken_ + 1)) {
      const uint32_t *const element = memory_.at<uint32_t>(kUsed + 4) + 2 * (taken_ % kSize);
      const uint8_t *const buffer = memory_.at(kBuffers + uint64_t{element[0]} * kStride);
      if ((element[1] & WL_NOTE) != 0) {
        notes_.emplace_back(buffer + WL_VIRTIO_NET_HEADER_BYTES, buffer + (element[1] & ~WL_NOTE));
        continue;
      }
      const uint32_t header = parts == 0 ? WL_VIRTIO_NET_HEADER_BYTES : 0;
      if (parts == 0) {
        frames.emplace_back();
        parts = static_cast<uint32_t>(buffer[10] | buffer[11] << 8);
      }
      frames.back().insert(frames.back().end(), buffer + header, buffer + element[1]);
      parts -= 1;
    }
    return frames;
  }
  // The notes of frames that others take, as far as take() came by them.
  const std::vector<std::vector<uint8_t>> &notes() const { return notes_; }

private:
  static constexpr uint64_t kDescriptors = WL_IMAGE_BASE, kAvailable = kDescriptors + 0x1000, kUsed = kAvailable + 0x1000, kBuffers = kUsed + 0x1000;
  static constexpr uint64_t kStride = 4096;

  uint16_t *available() { return memory_.at<uint16_t>(kAvailable); }

  GuestMemory memory_;
  ReceiveQueue queue_;
  uint16_t taken_ = 0;
  std::vector<std::vector<uint8_t>> notes_;
};

} // namespace wl::test

#endif
