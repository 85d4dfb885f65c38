#include "wl_vhost_queue.h"

namespace wl {

namespace {

struct Descriptor16 {
  uint64_t address;
  uint32_t length;
  uint16_t flags;
  uint16_t next;
};
static_assert(sizeof(Descriptor16) == 16);

} // namespace

void VhostQueue::attach(const LentMemory &memory, const Rings &rings, uint16_t base, uint32_t header_bytes) {
  memory_ = &memory;
  rings_ = rings;
  header_bytes_ = header_bytes;
  mask_ = static_cast<uint16_t>(rings.size - 1);
  seen_ = base;
  // What an earlier device had taken and not given back is taken again.
  used_index_ = published_ = __atomic_load_n(reinterpret_cast<const uint16_t *>(rings.used) + 1, __ATOMIC_ACQUIRE);
  lies_ = false;
}

uint32_t VhostQueue::pending() {
  const auto count = static_cast<uint16_t>(__atomic_load_n(&rings_.available[1], __ATOMIC_ACQUIRE) - seen_);
  if (__builtin_expect(count <= rings_.size, 1)) return count;
  lies_ = true;
  return 0;
}

void VhostQueue::want_kicks(bool wanted) {
  __atomic_store_n(reinterpret_cast<uint16_t *>(rings_.used), wanted ? 0 : WL_VIRTQ_USED_F_NO_NOTIFY, __ATOMIC_RELAXED);
}

bool VhostQueue::publish() {
  if (published_ == used_index_) return false;
  published_ = used_index_;
  __atomic_store_n(reinterpret_cast<uint16_t *>(rings_.used) + 1, used_index_, __ATOMIC_RELEASE);
  return true;
}

void VhostQueue::use(uint16_t id, uint32_t length) {
  const uint64_t element = id | uint64_t{length} << 32;
  memcpy(rings_.used + 4 + 8 * size_t{static_cast<uint16_t>(used_index_ & mask_)}, &element, sizeof element);
  used_index_ = static_cast<uint16_t>(used_index_ + 1);
}

void VhostQueue::look(uint16_t place, uint16_t direction, Chain &chain) const {
  chain.id = __atomic_load_n(&rings_.available[2 + (place & mask_)], __ATOMIC_RELAXED);
  chain.count = 0;
  chain.bytes = 0;
  if (!walk(chain.id, direction, chain)) chain.count = 0;
}

bool VhostQueue::walk(uint16_t id, uint16_t direction, Chain &chain) const {
  // A chain that leads back to itself ends when it has more links than a ring.
  for (uint32_t links = 0; links < rings_.size; links += 1) {
    if (id >= rings_.size) return false;
    const auto *const shared = reinterpret_cast<const Descriptor16 *>(rings_.descriptors) + id;
    uint64_t address = __atomic_load_n(&shared->address, __ATOMIC_RELAXED);
    uint64_t length = __atomic_load_n(&shared->length, __ATOMIC_RELAXED);
    const uint16_t flags = __atomic_load_n(&shared->flags, __ATOMIC_RELAXED);
    const uint16_t next = __atomic_load_n(&shared->next, __ATOMIC_RELAXED);
    // Indirect descriptors were not agreed on.
    if ((flags & ~WL_VIRTQ_DESC_F_NEXT) != direction) return false;
    while (length > 0) {
      uint64_t there = 0;
      uint8_t *const data = chain.count == kPartsMax ? nullptr : memory_->at(address, length, &there);
      if (data == nullptr) return false;
      chain.parts[chain.count++] = {data, static_cast<uint32_t>(there)};
      chain.bytes += there;
      address += there;
      length -= there;
    }
    if ((flags & WL_VIRTQ_DESC_F_NEXT) == 0) return chain.bytes >= header_bytes_;
    id = next;
  }
  return false;
}

uint32_t VhostTransmitQueue::take(FrameView *frames, uint32_t most) {
  const uint32_t published = pending();
  uint32_t taken = 0;
  held_ = published < most ? published : most;
  if (held_ > kDrainBatch) held_ = kDrainBatch;
  Chain chain;
  for (uint32_t index = 0; index < held_; index += 1) {
    look(static_cast<uint16_t>(seen_ + index), 0, chain);
    ids_[index] = chain.id;
    if (chain.count != 0 && view(chain, whole_.get() + taken * kWholeBytes, frames[taken])) taken += 1;
    else malformed_ += 1;
  }
  seen_ = static_cast<uint16_t>(seen_ + held_);
  return taken;
}

bool VhostTransmitQueue::view(const Chain &chain, uint8_t *whole, FrameView &frame) const {
  const uint64_t length = chain.bytes - header_bytes_;
  if (length > kWholeBytes) return false;
  uint32_t skip = header_bytes_, at = 0;
  for (; at < chain.count && chain.parts[at].length <= skip; at += 1) skip -= chain.parts[at].length;
  frame.length = static_cast<uint32_t>(length);
  frame.data = whole;
  if (at == chain.count) return true; // nothing but a header
  if (at + 1 == chain.count) {
    frame.data = chain.parts[at].data + skip;
    return true;
  }
  for (; at < chain.count; at += 1, skip = 0) {
    memcpy(whole, chain.parts[at].data + skip, chain.parts[at].length - skip);
    whole += chain.parts[at].length - skip;
  }
  return true;
}

void VhostTransmitQueue::give_back() {
  for (uint32_t index = 0; index < held_; index += 1) {
    if (__builtin_expect(ids_[index] < rings_.size, 1)) use(ids_[index], 0);
  }
  held_ = 0;
  publish();
}

bool VhostReceiveQueue::put(const Frame &frame, bool merged) {
  constexpr uint32_t kChainsMax = 16;
  const uint32_t there = pending();
  const uint32_t length = frame.bytes();
  Chain chain;
  struct {
    uint16_t id;
    uint32_t bytes;
  } uses[kChainsMax];
  uint32_t count = 0, written = 0;
  Chain first;
  while (count == 0 || written < length) {
    if (count == there || count == kChainsMax || (count == 1 && !merged)) return false;
    look(static_cast<uint16_t>(seen_ + count), WL_VIRTQ_DESC_F_WRITE, chain);
    if (chain.count == 0) {
      // It is given back unused; what was written into those before it is written again.
      if (count != 0) return false;
      malformed_ += 1;
      if (chain.id < rings_.size) use(chain.id, 0);
      seen_ = static_cast<uint16_t>(seen_ + 1);
      return false;
    }
    uint32_t skip = count == 0 ? header_bytes_ : 0, bytes = 0;
    for (uint32_t part = 0; part < chain.count && (written < length || skip > 0); part += 1) {
      const uint32_t headed = chain.parts[part].length < skip ? chain.parts[part].length : skip;
      skip -= headed;
      uint32_t room = chain.parts[part].length - headed;
      uint8_t *to = chain.parts[part].data + headed;
      bytes += headed;
      while (room > 0 && written < length) {
        const bool in_head = written < frame.head_bytes;
        const uint8_t *const from = in_head ? frame.head + written : frame.rest + (written - frame.head_bytes);
        const uint32_t left = in_head ? frame.head_bytes - written : length - written;
        const uint32_t now = left < room ? left : room;
        memcpy(to, from, now);
        to += now;
        room -= now;
        written += now;
        bytes += now;
      }
    }
    uses[count++] = {chain.id, bytes};
    if (count == 1) {
      first.count = chain.count;
      memcpy(first.parts, chain.parts, chain.count * sizeof(Part));
    }
  }
  write_header(first, static_cast<uint16_t>(count));
  for (uint32_t index = 0; index < count; index += 1) use(uses[index].id, uses[index].bytes);
  seen_ = static_cast<uint16_t>(seen_ + count);
  return true;
}

// All zero but, where the header has one, num_buffers (5.1.6).
void VhostReceiveQueue::write_header(const Chain &chain, uint16_t chains) const {
  uint8_t header[WL_VIRTIO_NET_HEADER_BYTES] = {};
  memcpy(header + 10, &chains, 2);
  uint32_t done = 0;
  for (uint32_t part = 0; done < header_bytes_; part += 1) {
    const uint32_t now = chain.parts[part].length < header_bytes_ - done ? chain.parts[part].length : header_bytes_ - done;
    memcpy(chain.parts[part].data, header + done, now);
    done += now;
  }
}

} // namespace wl
