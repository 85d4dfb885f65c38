// The driver's side of a split virtqueue (virtio 1.2, 2.6 and 2.7), with a buffer for each descriptor, in memory that a
// device may write: what is ours of a buffer, we remember; of what the device writes one copy is read and checked.
#ifndef WL_DRIVER_RING_H
#define WL_DRIVER_RING_H

#include <bitset>

#include "wl_frame.h"

namespace wl {

class DriverRing {
public:
  static constexpr uint32_t kSize = 512;
  static constexpr uint32_t kBufferBytes = (WL_VIRTIO_NET_HEADER_BYTES + WL_FRAME_BYTES_MAX + kTagBytes + 63) / 64 * 64;
  // From the ring's beginning, which is aligned to a page.
  static constexpr uint64_t kAvailable = 16 * kSize, kUsed = kAvailable + 2 * kSize + 64, kBuffers = (kUsed + 8 * kSize + 64 + 4095) / 4096 * 4096;
  static constexpr uint64_t kBytes = (kBuffers + uint64_t{kSize} * kBufferBytes + 4095) / 4096 * 4096;

  // Where it is for the device, whose address of its first byte is `base`.
  static wl_ring_info places(uint64_t base) { return {base, base + kAvailable, base + kUsed, kSize, 0}; }

  // Whether the device wants to be kicked. After a full barrier.
  bool wants_kicks() const { return (__atomic_load_n(word(kUsed), __ATOMIC_RELAXED) & WL_VIRTQ_USED_F_NO_NOTIFY) == 0; }
  void want_calls(bool wanted) { __atomic_store_n(word(kAvailable), wanted ? 0 : WL_VIRTQ_AVAIL_F_NO_INTERRUPT, __ATOMIC_RELAXED); }
  // Buffers that the device has used and we have not looked at.
  uint32_t pending() {
    const auto count = static_cast<uint16_t>(__atomic_load_n(word(kUsed) + 1, __ATOMIC_ACQUIRE) - seen_);
    if (__builtin_expect(count <= out_count_, 1)) return count;
    lies_ = true;
    return 0;
  }
  // The device says to have used more than it had.
  bool lies() const { return lies_; }
  uint64_t malformed() const { return malformed_; }

protected:
  // All zero at `memory`; for the device it begins at `base`.
  void begin(uint8_t *memory, uint64_t base, uint32_t header_bytes) {
    memory_ = memory;
    base_ = base;
    header_bytes_ = header_bytes;
    seen_ = available_ = published_ = 0;
    out_.reset();
    out_count_ = 0;
    lies_ = false;
  }
  uint8_t *buffer(uint16_t id) const { return memory_ + kBuffers + uint64_t{id} * kBufferBytes; }
  // Gives a buffer to the device, at the next publish().
  void offer(uint16_t id, uint32_t length, uint16_t flags) {
    uint8_t *const at = memory_ + 16 * uint64_t{id};
    const uint64_t address = base_ + kBuffers + uint64_t{id} * kBufferBytes;
    const uint32_t tail = flags; // next is 0
    memcpy(at, &address, 8);
    memcpy(at + 8, &length, 4);
    memcpy(at + 12, &tail, 4);
    memcpy(memory_ + kAvailable + 4 + 2 * uint64_t{available_ % kSize}, &id, 2);
    available_ = static_cast<uint16_t>(available_ + 1);
    out_.set(id);
    out_count_ += 1;
  }
  // The next buffer that the device has used, ours again; false: it never was the device's.
  bool take_back(uint16_t *id, uint32_t *length) {
    uint64_t element;
    memcpy(&element, memory_ + kUsed + 4 + 8 * uint64_t{seen_ % kSize}, 8);
    seen_ = static_cast<uint16_t>(seen_ + 1);
    const auto number = static_cast<uint32_t>(element);
    *length = static_cast<uint32_t>(element >> 32);
    if (number >= kSize || !out_[number]) {
      malformed_ += 1;
      return false;
    }
    *id = static_cast<uint16_t>(number);
    out_.reset(number);
    out_count_ -= 1;
    return true;
  }

public:
  // True: there was something new.
  bool publish() {
    if (published_ == available_) return false;
    published_ = available_;
    __atomic_store_n(word(kAvailable) + 1, available_, __ATOMIC_RELEASE);
    return true;
  }

protected:
  uint32_t header_bytes_ = WL_VIRTIO_NET_HEADER_BYTES;
  uint32_t out_count_ = 0; // buffers that are the device's
  uint64_t malformed_ = 0;

private:
  uint16_t *word(uint64_t at) const { return reinterpret_cast<uint16_t *>(memory_ + at); }

  uint8_t *memory_ = nullptr;
  uint64_t base_ = 0;
  uint16_t seen_ = 0, available_ = 0, published_ = 0;
  std::bitset<kSize> out_;
  bool lies_ = false;
};

// Frames from the device.
class DriverReceiveRing : public DriverRing {
public:
  void start(uint8_t *memory, uint64_t base, uint32_t header_bytes) {
    begin(memory, base, header_bytes);
    held_count_ = 0;
    for (uint16_t id = 0; id < kSize; id += 1) offer(id, kBufferBytes, WL_VIRTQ_DESC_F_WRITE);
    publish();
  }
  // Up to `most` frames, at most kDrainBatch, valid until give_back().
  uint32_t take(FrameView *frames, uint32_t most) {
    uint32_t count = pending(), taken = 0;
    if (count > most) count = most;
    for (uint32_t index = 0; index < count; index += 1) {
      uint16_t id;
      uint32_t length;
      if (!take_back(&id, &length)) continue;
      held_[held_count_++] = id;
      if (length < header_bytes_ || length > kBufferBytes) malformed_ += 1;
      else frames[taken++] = {buffer(id) + header_bytes_, length - header_bytes_};
    }
    return taken;
  }
  // True: the device has them.
  bool give_back() {
    for (uint32_t index = 0; index < held_count_; index += 1) offer(held_[index], kBufferBytes, WL_VIRTQ_DESC_F_WRITE);
    held_count_ = 0;
    return publish();
  }

private:
  uint16_t held_[kDrainBatch];
  uint32_t held_count_ = 0;
};

// Frames to the device.
class DriverTransmitRing : public DriverRing {
public:
  void start(uint8_t *memory, uint64_t base, uint32_t header_bytes) {
    begin(memory, base, header_bytes);
    free_count_ = kSize;
    for (uint16_t id = 0; id < kSize; id += 1) free_[id] = id;
  }
  // How many frames find room.
  uint32_t room() {
    for (uint32_t count = pending(); count > 0; count -= 1) {
      uint16_t id;
      uint32_t length;
      if (take_back(&id, &length)) free_[free_count_++] = id;
    }
    return free_count_;
  }
  bool put(const Frame &frame) {
    if (free_count_ == 0 && room() == 0) return false;
    const uint16_t id = free_[--free_count_];
    uint8_t *const at = buffer(id);
    memset(at, 0, header_bytes_);
    frame.copy_to(at + header_bytes_);
    offer(id, header_bytes_ + frame.bytes(), 0);
    return true;
  }

private:
  uint16_t free_[kSize];
  uint32_t free_count_ = 0;
};

} // namespace wl

#endif
