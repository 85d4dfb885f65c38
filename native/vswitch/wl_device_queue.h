// The device's side of a split virtqueue (virtio 1.2, 2.7). The guest may write anything into its rings at any
// time: each field is read once, the copy is checked, the copy is used. Nothing here makes a system call.
#ifndef WL_DEVICE_QUEUE_H
#define WL_DEVICE_QUEUE_H

#include <cstring>

#include "../tender/wl_guest_memory.h"

namespace wl {

constexpr uint32_t kDrainBatch = 64;

// Features of virtio that the devices of this file understand.
constexpr uint64_t kDeviceFeatures = uint64_t{1} << WL_VIRTIO_F_VERSION_1 | uint64_t{1} << WL_VIRTIO_NET_F_MRG_RXBUF | uint64_t{1} << WL_VIRTIO_F_IN_ORDER;

struct FrameView {
  const uint8_t *data;
  uint32_t length;
};

// What both sides agreed on.
struct Agreement {
  uint64_t features = 0; // of virtio
  bool bare = false;     // WL_BARE_FRAMES
};

class DeviceQueue {
public:
  // The ring's addresses have been checked with the image. Nothing was taken from the queue yet.
  void attach(const GuestMemory &memory, const wl_ring_info &ring, const Agreement &agreed = {}) {
    in_order_ = (agreed.features >> WL_VIRTIO_F_IN_ORDER & 1) != 0;
    bare_ = agreed.bare;
    memory_ = &memory;
    descriptors_ = memory.at<Descriptor16>(ring.descriptors);
    available_ = memory.at<uint16_t>(ring.available);
    used_ = memory.at<uint8_t>(ring.used);
    size_ = ring.size;
    mask_ = static_cast<uint16_t>(ring.size - 1);
  }

  // Buffers that the guest has put on the ring and we have not taken; a lying index counts as a full ring.
  uint32_t pending() {
    const auto count = static_cast<uint16_t>(__atomic_load_n(&available_[1], __ATOMIC_ACQUIRE) - seen_);
    if (__builtin_expect(count <= size_, 1)) return count;
    lies_ = true;
    return size_;
  }
  // It did: nothing on the ring can be believed.
  bool lies() const { return lies_; }

  // Tells the guest whether kicks are wanted (2.7.10).
  void want_kicks(bool wanted) { __atomic_store_n(used_flags(), wanted ? 0 : WL_VIRTQ_USED_F_NO_NOTIFY, __ATOMIC_RELAXED); }
  // Whether the guest wants to be woken. After publish() and a full barrier.
  bool wants_calls() const { return (__atomic_load_n(&available_[0], __ATOMIC_RELAXED) & WL_VIRTQ_AVAIL_F_NO_INTERRUPT) == 0; }

  uint32_t size() const { return size_; }

  // Goes on where an earlier device of the ring stopped, which gave buffers back in the order in which it took them.
  // What that one had taken and not given back is taken again.
  void resume() { seen_ = used_index_ = published_ = __atomic_load_n(used_index_word(), __ATOMIC_ACQUIRE); }

  // Used buffers become the guest's.
  void publish() {
    if (published_ == used_index_) return;
    published_ = used_index_;
    __atomic_store_n(used_index_word(), used_index_, __ATOMIC_RELEASE);
  }
  // Descriptors that were refused: out of bounds, chained, of the wrong direction or length.
  uint64_t malformed() const { return malformed_; }

protected:
  struct Descriptor16 {
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
  };
  static_assert(sizeof(Descriptor16) == 16);

  struct Buffer {
    uint8_t *data; // nullptr: malformed
    uint32_t length;
    uint16_t id;
  };

  // What a loop over buffers needs, in variables of its own: as members, all would be read again after each store. Loops
  // are there twice, for queues that are kept in order and for others, so that no round asks which it is.
  struct View {
    const Descriptor16 *descriptors;
    const uint16_t *available;
    uint8_t *memory; // of address `base`
    uint64_t base, bytes;
    uint32_t size;
    uint16_t mask;

    // The descriptor at `place` of the available ring; false: there is none of that number. In order, it has the number
    // of its place.
    template <bool kInOrder> bool number(uint16_t place, uint16_t *id) const {
      *id = kInOrder ? place & mask : __atomic_load_n(&available[2 + (place & mask)], __ATOMIC_RELAXED);
      return kInOrder || __builtin_expect(*id < size, 1);
    }

    // The buffer of a descriptor that there is, checked; false: it is malformed. `direction` is WL_VIRTQ_DESC_F_WRITE or 0.
    bool look(uint16_t id, uint16_t direction, uint8_t **data, uint32_t *length) const {
      const Descriptor16 &shared = descriptors[id];
      const uint64_t offset = __atomic_load_n(&shared.address, __ATOMIC_RELAXED) - base; // too much if it lies before
      *length = __atomic_load_n(&shared.length, __ATOMIC_RELAXED);
      if (__builtin_expect(__atomic_load_n(&shared.flags, __ATOMIC_RELAXED) != direction, 0)) return false;
      if (__builtin_expect(*length < WL_VIRTIO_NET_HEADER_BYTES, 0)) return false;
      if (__builtin_expect(offset > bytes, 0) || __builtin_expect(*length > bytes - offset, 0)) return false;
      *data = memory + offset;
      return true;
    }
  };
  View view() const { return {descriptors_, available_, memory_->at(memory_->base()), memory_->base(), memory_->end() - memory_->base(), size_, mask_}; }
  Buffer look(uint16_t place, uint16_t direction) const {
    const View view = this->view();
    Buffer buffer{nullptr, 0, 0};
    const bool there = in_order_ ? view.number<true>(place, &buffer.id) : view.number<false>(place, &buffer.id);
    if (!there || !view.look(buffer.id, direction, &buffer.data, &buffer.length)) buffer.data = nullptr;
    return buffer;
  }

  // Element number `place` of the used ring.
  static void write_used(uint8_t *used, uint16_t place, uint32_t id, uint32_t length) {
    const uint64_t element = id | uint64_t{length} << 32;
    memcpy(used + 4 + 8 * size_t{place}, &element, sizeof element);
  }

  void use(uint16_t id, uint32_t length) {
    write_used(used_, used_index_ & mask_, id, length);
    used_index_ = static_cast<uint16_t>(used_index_ + 1);
  }

  // The next `count` buffers of a queue that is kept in order, all unused: one element says so (2.7.9).
  void use_in_order(uint32_t count) {
    if (count == 0) return;
    const auto last = static_cast<uint16_t>(used_index_ + count - 1);
    use(last & mask_, 0);
    used_index_ = static_cast<uint16_t>(last + 1);
  }

  uint16_t *used_flags() const { return reinterpret_cast<uint16_t *>(used_); }
  uint16_t *used_index_word() const { return reinterpret_cast<uint16_t *>(used_) + 1; }

  const GuestMemory *memory_ = nullptr;
  const Descriptor16 *descriptors_ = nullptr;
  const uint16_t *available_ = nullptr; // flags, index, ring
  uint8_t *used_ = nullptr;             // flags, index, ring of { id, length }
  uint32_t size_ = 0;
  uint16_t mask_ = 0;
  bool in_order_ = false;
  bool bare_ = false;
  uint16_t seen_ = 0;       // of the available ring
  uint16_t used_index_ = 0; // as we count it; the guest's copy is only written
  uint16_t published_ = 0;
  uint64_t malformed_ = 0;
  bool lies_ = false;
};

// Guest to port: frames are looked at where they lie and given back afterwards.
class TransmitQueue : public DeviceQueue {
public:
  // Up to `most` frames; `frames` stay valid until give_back(). A malformed buffer is given back unused.
  uint32_t take(FrameView *frames, uint32_t most = kDrainBatch) {
    // Read once: a driver that publishes meanwhile must not make it more than there is room for.
    const uint32_t published = pending();
    const uint32_t count = published < most ? published : most;
    held_ = count < kDrainBatch ? count : kDrainBatch;
    return in_order_ ? look_at<true>(frames, held_) : look_at<false>(frames, held_);
  }

  // All that take() took is the guest's again.
  void give_back() {
    if (in_order_) {
      use_in_order(held_);
    } else {
      for (uint32_t index = 0; index < held_; index += 1) {
        if (__builtin_expect(ids_[index] < size_, 1)) use(ids_[index], 0);
      }
    }
    held_ = 0;
    publish();
  }
  uint32_t held() const { return held_; }
  bool holding() const { return held_ != 0; }

private:
  // Frames among the next `count` buffers, at most kDrainBatch.
  template <bool kInOrder> uint32_t look_at(FrameView *frames, uint32_t count) {
    const View view = this->view();
    const uint16_t first = seen_;
    uint32_t taken = 0;
    for (uint32_t index = 0; index < count; index += 1) {
      uint16_t id;
      uint8_t *data;
      uint32_t length;
      const bool there = view.number<kInOrder>(static_cast<uint16_t>(first + index), &id);
      if (!kInOrder) ids_[index] = id;
      if (!there || !view.look(id, 0, &data, &length) || __builtin_expect(length > WL_VIRTIO_NET_HEADER_BYTES + WL_FRAME_BYTES_MAX, 0)) continue;
      __builtin_prefetch(data + WL_VIRTIO_NET_HEADER_BYTES);
      frames[taken++] = {data + WL_VIRTIO_NET_HEADER_BYTES, length - WL_VIRTIO_NET_HEADER_BYTES};
    }
    malformed_ += count - taken;
    seen_ = static_cast<uint16_t>(first + count);
    return taken;
  }

  uint16_t ids_[kDrainBatch]; // only where the order is not kept
  uint32_t held_ = 0;
};

// Port to guest. room() and commit() fill a buffer in place; put() copies a frame of any length.
class ReceiveQueue : public DeviceQueue {
public:
  // Where the next frame goes, and in `capacity` how long it may be there; nullptr: the guest has no buffer.
  uint8_t *room(uint32_t *capacity) {
    while (pending_ != 0 || (pending_ = pending()) != 0) {
      current_ = look(seen_, WL_VIRTQ_DESC_F_WRITE);
      if (__builtin_expect(current_.data != nullptr, 1)) {
        *capacity = current_.length - WL_VIRTIO_NET_HEADER_BYTES;
        return current_.data + WL_VIRTIO_NET_HEADER_BYTES;
      }
      advance();
      malformed_ += 1;
      if (current_.id < size_) use(current_.id, 0);
    }
    return nullptr;
  }

  // The frame that was written at room() has `length` bytes, at most its capacity.
  void commit(uint32_t length) {
    finish(current_, length + WL_VIRTIO_NET_HEADER_BYTES);
    advance();
  }

  // A buffer for a frame, and how long that may be.
  struct Room {
    uint8_t *data;
    uint32_t capacity;
    uint16_t id;
  };
  // Up to `count` buffers, at most kRoomsMax, to be filled one after the other and given to commit_rooms(). Their first
  // cache lines are on the way. Fewer, or none, where the guest has no more or lies: room() tells.
  static constexpr uint32_t kRoomsMax = 64;
  uint32_t rooms(Room *rooms, uint32_t count) {
    if (pending_ < count) pending_ = pending();
    if (pending_ < count) count = pending_;
    return in_order_ ? look_for_rooms<true>(rooms, count) : look_for_rooms<false>(rooms, count);
  }
  // The first `count` of them hold frames of these lengths.
  void commit_rooms(const Room *rooms, const uint32_t *lengths, uint32_t count) {
    uint8_t *const used = used_;
    const uint16_t first = used_index_, mask = mask_;
    const bool bare = bare_;
    for (uint32_t index = 0; index < count; index += 1) {
      const Room &room = rooms[index];
      if (!bare || __builtin_expect(lengths[index] == room.capacity, 0)) write_header(room.data - WL_VIRTIO_NET_HEADER_BYTES, 1);
      write_used(used, static_cast<uint16_t>(first + index) & mask, room.id, lengths[index] + WL_VIRTIO_NET_HEADER_BYTES);
    }
    used_index_ = static_cast<uint16_t>(first + count);
    seen_ = static_cast<uint16_t>(seen_ + count);
    pending_ -= count;
  }

  // Copies a frame, into several buffers if it is longer than one; false: there is no room for all of it.
  bool put(const uint8_t *data, uint32_t length) {
    uint32_t capacity;
    uint8_t *to = room(&capacity);
    if (to == nullptr) return false;
    if (__builtin_expect(length > capacity, 0)) return put_parts(data, length);
    memcpy(to, data, length);
    commit(length);
    return true;
  }

  // Whether the guest has buffers for a frame of that length. After room(), which found one.
  bool fits(uint32_t length) {
    const uint32_t published = pending();
    const uint32_t count = published < kPartsMax ? published : kPartsMax;
    uint32_t capacity = 0;
    for (uint32_t used = 0; used < count && capacity < length; used += 1) {
      const Buffer buffer = look(static_cast<uint16_t>(seen_ + used), WL_VIRTQ_DESC_F_WRITE);
      if (buffer.data == nullptr) return false;
      capacity += buffer.length - (used == 0 ? WL_VIRTIO_NET_HEADER_BYTES : 0);
    }
    return capacity >= length;
  }

private:
  template <bool kInOrder> uint32_t look_for_rooms(Room *rooms, uint32_t count) const {
    const View view = this->view();
    const uint16_t first = seen_;
    const bool bare = bare_;
    for (uint32_t index = 0; index < count; index += 1) {
      uint16_t id;
      uint8_t *data;
      uint32_t length;
      if (!view.number<kInOrder>(static_cast<uint16_t>(first + index), &id) || !view.look(id, WL_VIRTQ_DESC_F_WRITE, &data, &length)) return index;
      want_to_write(data + WL_VIRTIO_NET_HEADER_BYTES);
      if (!bare) want_to_write(data);
      rooms[index] = {data + WL_VIRTIO_NET_HEADER_BYTES, length - WL_VIRTIO_NET_HEADER_BYTES, id};
    }
    return count;
  }

  static constexpr uint32_t kPartsMax = 64;

  static void write_header(uint8_t *at, uint16_t buffers) {
    memset(at, 0, 10);
    memcpy(at + 10, &buffers, 2); // num_buffers (5.1.6)
  }

  // A cache line that this processor will write. GCC has a builtin for it only where it may assume the instruction,
  // which all 64-bit processors accept.
  static void want_to_write(const uint8_t *at) { __asm__ volatile("prefetchw %0" : : "m"(*at)); }

  // A frame in one buffer, `length` bytes with the header.
  void finish(const Buffer &buffer, uint32_t length) {
    if (!bare_ || length == buffer.length) write_header(buffer.data, 1);
    use(buffer.id, length);
  }

  void advance() {
    seen_ = static_cast<uint16_t>(seen_ + 1);
    pending_ -= 1;
  }

  // A frame longer than a buffer: each is filled before the next is begun (5.1.6.4).
  bool put_parts(const uint8_t *data, uint32_t length) {
    Buffer parts[kPartsMax];
    const uint32_t count = pending();
    uint32_t used = 0, capacity = 0;
    while (capacity < length) {
      if (used == count || used == kPartsMax) return false;
      parts[used] = look(static_cast<uint16_t>(seen_ + used), WL_VIRTQ_DESC_F_WRITE);
      if (parts[used].data == nullptr) return false;
      capacity += parts[used].length - (used == 0 ? WL_VIRTIO_NET_HEADER_BYTES : 0);
      used += 1;
    }
    for (uint32_t index = 0; index < used; index += 1) {
      const uint32_t header = index == 0 ? WL_VIRTIO_NET_HEADER_BYTES : 0;
      const uint32_t room = parts[index].length - header;
      const uint32_t bytes = length < room ? length : room;
      if (index == 0) write_header(parts[index].data, static_cast<uint16_t>(used));
      memcpy(parts[index].data + header, data, bytes);
      use(parts[index].id, bytes + header);
      data += bytes;
      length -= bytes;
    }
    seen_ = static_cast<uint16_t>(seen_ + used);
    pending_ = 0;
    return true;
  }

  Buffer current_{};
  uint32_t pending_ = 0; // a lower bound that spares a look at the guest's index
};

} // namespace wl

#endif
