// The device's side of a split virtqueue (virtio 1.2, 2.7). The guest may write anything into its rings at any
// time: each field is read once, the copy is checked, the copy is used. Nothing here makes a system call.
#ifndef WL_DEVICE_QUEUE_H
#define WL_DEVICE_QUEUE_H

#include <algorithm>
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

    // Calls each(index, descriptor) for `count` places of the available ring from `first` on, until it returns false; how
    // many it was called for. In order, a descriptor has the number of its place, so that those of a run lie side by side;
    // else the guest says which, and there may be none of that number: nullptr.
    template <typename Each> [[gnu::always_inline]] uint32_t go_through(bool in_order, uint16_t first, uint32_t count, Each each) const {
      for (uint32_t index = 0; index < count;) {
        const uint32_t place = static_cast<uint16_t>(first + index) & mask, room = size - place;
        const uint32_t end = room < count - index ? index + room : count;
        const Descriptor16 *next = descriptors + place;
#ifndef __clang__
#pragma GCC unroll 4 // a loop of 32 rounds, as the one before, ends where no predictor expects it
#endif
        for (const uint16_t *said = available + 2 + place; index < end; index += 1, next += 1, said += 1) {
          if (!each(index, in_order ? next : numbered(__atomic_load_n(said, __ATOMIC_RELAXED)))) return index;
        }
      }
      return count;
    }
    const Descriptor16 *numbered(uint16_t id) const { return __builtin_expect(id < size, 1) ? descriptors + id : nullptr; }

    // The longest frame that the guest's memory holds.
    uint32_t longest() const { return static_cast<uint32_t>((bytes < UINT32_MAX ? bytes : UINT32_MAX) - WL_VIRTIO_NET_HEADER_BYTES); }

    // Where the frame of a descriptor lies, behind its header, and its length, or the room for one; false: it is malformed.
    // `direction` is WL_VIRTQ_DESC_F_WRITE or 0; `most` is what a frame may have, no more than longest(). What is checked
    // is loaded one after the other: GCC makes one long condition of several that it finds side by side.
    bool look(const Descriptor16 *shared, uint16_t direction, uint32_t most, FrameView *frame) const {
      if (__builtin_expect(__atomic_load_n(&shared->flags, __ATOMIC_RELAXED) != direction, 0)) return false;
      const uint32_t length = __atomic_load_n(&shared->length, __ATOMIC_RELAXED) - WL_VIRTIO_NET_HEADER_BYTES; // too much if it was less
      if (__builtin_expect(length > most, 0)) return false;
      const uint64_t offset = __atomic_load_n(&shared->address, __ATOMIC_RELAXED) - base; // too much if it lies before
      if (__builtin_expect(offset > bytes - WL_VIRTIO_NET_HEADER_BYTES - length, 0)) return false;
      *frame = {memory + offset + WL_VIRTIO_NET_HEADER_BYTES, length};
      return true;
    }

    // Asks for the cache lines where the frame of a descriptor will be written, and its header if it gets one. What the
    // descriptor says is not believed for that: it is read again and checked when the frame is written. GCC has a builtin for it
    // only where it may assume the instruction, which all 64-bit processors accept.
    void want_to_write(const Descriptor16 *shared, bool bare) const {
      const uint64_t offset = __atomic_load_n(&shared->address, __ATOMIC_RELAXED) - base;
      if (__builtin_expect(offset >= bytes, 0)) return;
      if (!bare) __asm__ volatile("prefetchw %0" : : "m"(memory[offset]));
      __asm__ volatile("prefetchw %0" : : "m"(memory[offset + WL_VIRTIO_NET_HEADER_BYTES]));
    }
  };
  View view() const { return {descriptors_, available_, memory_->at(memory_->base()), memory_->base(), memory_->bytes(), size_, mask_}; }
  Buffer look(uint16_t place, uint16_t direction) const {
    const View view = this->view();
    const uint16_t id = in_order_ ? place & mask_ : __atomic_load_n(&available_[2 + (place & mask_)], __ATOMIC_RELAXED);
    FrameView frame;
    if (id >= size_ || !view.look(descriptors_ + id, direction, view.longest(), &frame)) return {nullptr, 0, id};
    return {const_cast<uint8_t *>(frame.data) - WL_VIRTIO_NET_HEADER_BYTES, frame.length + WL_VIRTIO_NET_HEADER_BYTES, id};
  }

  // Element number `place` of the used ring.
  static void write_used(uint8_t *used, uint32_t place, uint32_t id, uint32_t length) {
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
  // Calls each(frame) for the frames of up to `most` buffers, at most kDrainBatch, in their order; how many frames. They
  // stay valid until give_back(). A malformed buffer is given back unused.
  template <typename Each> uint32_t take_each(Each each, uint32_t most = kDrainBatch) {
    // Read once: a driver that publishes meanwhile must not make it more than there is room for.
    const uint32_t published = pending();
    const uint32_t count = published < most ? published : most;
    held_ = count < kDrainBatch ? count : kDrainBatch;
    const uint32_t refused = in_order_ ? look_at<true>(each) : look_at<false>(each);
    seen_ = static_cast<uint16_t>(seen_ + held_);
    malformed_ += refused;
    return held_ - refused;
  }

  // The same as a list, for who looks at frames more than once: their first cache lines are on the way.
  uint32_t take(FrameView *frames, uint32_t most = kDrainBatch) {
    FrameView *next = frames;
    return take_each([&next](const FrameView &frame) {
      __builtin_prefetch(frame.data);
      *next++ = frame;
    }, most);
  }

  // All that was taken is the guest's again.
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
  // Calls `each` for the frames among the next `held_` buffers; how many of these were refused.
  template <bool kInOrder, typename Each> [[gnu::always_inline]] uint32_t look_at(Each &each) {
    const View view = this->view();
    const uint32_t most = view.longest() < WL_FRAME_BYTES_MAX ? view.longest() : WL_FRAME_BYTES_MAX;
    uint32_t refused = 0;
    view.go_through(kInOrder, seen_, held_, [&](uint32_t index, const Descriptor16 *shared) {
      if (!kInOrder) ids_[index] = shared == nullptr ? UINT16_MAX : static_cast<uint16_t>(shared - view.descriptors);
      FrameView frame;
      if ((!kInOrder && shared == nullptr) || !view.look(shared, 0, most, &frame)) refused += 1;
      else each(frame);
      return true;
    });
    return refused;
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

  // Fills up to `count` buffers, at most kRoomsMax, with a frame each: fill(index, data, capacity) writes one and returns
  // its length, or kNoFit, which ends it. How many it filled; fewer, or none, where the guest has no more buffers or lies:
  // room() tells. All their first cache lines are on the way before the first is filled.
  static constexpr uint32_t kRoomsMax = 64;
  static constexpr uint32_t kNoFit = UINT32_MAX;
  template <typename Fill> uint32_t fill(uint32_t count, Fill fill) {
    if (pending_ < count) pending_ = pending();
    if (pending_ < count) count = pending_;
    if (count > kRoomsMax) count = kRoomsMax;
    const uint32_t filled = in_order_ && bare_ ? fill_rooms<true>(count, fill) : fill_rooms<false>(count, fill);
    used_index_ = static_cast<uint16_t>(used_index_ + filled);
    seen_ = static_cast<uint16_t>(seen_ + filled);
    pending_ -= filled;
    return filled;
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

  // The beginning of a frame that another processor takes, for who learns from it; false: there is no room.
  bool put_note(const uint8_t *data, uint32_t length) {
    uint32_t capacity;
    uint8_t *to = room(&capacity);
    if (to == nullptr) return false;
    length = std::min({length, capacity, static_cast<uint32_t>(WL_NOTE_BYTES_MAX)});
    memcpy(to, data, length);
    finish(current_, (length + WL_VIRTIO_NET_HEADER_BYTES) | WL_NOTE);
    advance();
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
  // `kPlain`: in order, and frames are bare. A buffer is looked at when its turn comes: what was found of a batch in a pass of
  // its own would have to be kept.
  template <bool kPlain, typename Fill> [[gnu::always_inline]] uint32_t fill_rooms(uint32_t count, Fill fill) {
    const View view = this->view();
    const uint32_t most = view.longest();
    uint8_t *const used = used_;
    const uint16_t first = used_index_, mask = mask_;
    const bool in_order = kPlain || in_order_, bare = kPlain || bare_;
    view.go_through(in_order, seen_, count, [&](uint32_t, const Descriptor16 *shared) {
      if (in_order || shared != nullptr) view.want_to_write(shared, bare);
      return true;
    });
    return view.go_through(in_order, seen_, count, [&](uint32_t index, const Descriptor16 *shared) {
      FrameView room;
      if ((!in_order && shared == nullptr) || !view.look(shared, WL_VIRTQ_DESC_F_WRITE, most, &room)) return false;
      uint8_t *const data = const_cast<uint8_t *>(room.data);
      const uint32_t length = fill(index, data, room.length), place = (first + index) & mask;
      if (__builtin_expect(length == kNoFit, 0)) return false;
      if (!bare || __builtin_expect(length == room.length, 0)) write_header(data - WL_VIRTIO_NET_HEADER_BYTES, 1);
      write_used(used, place, kPlain ? place : static_cast<uint32_t>(shared - view.descriptors), length + WL_VIRTIO_NET_HEADER_BYTES);
      return true;
    });
  }

  static constexpr uint32_t kPartsMax = 64;

  static void write_header(uint8_t *at, uint16_t buffers) {
    memset(at, 0, 10);
    memcpy(at + 10, &buffers, 2); // num_buffers (5.1.6)
  }

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
