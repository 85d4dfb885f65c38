// The device's side of a split virtqueue that somebody else's driver keeps (virtio 1.2, 2.7): frames come in chains of
// descriptors, anywhere in the memory that the driver's host lends. The driver may write anything into its rings at any
// time: each field is read once, the copy is checked, the copy is used.
#ifndef WL_VHOST_QUEUE_H
#define WL_VHOST_QUEUE_H

#include <memory>

#include "wl_frame.h"
#include "wl_lent_memory.h"

namespace wl {

class VhostQueue {
public:
  static constexpr uint32_t kSizeMax = 32768;
  static constexpr uint32_t kPartsMax = 64; // of a chain; a driver of ours or Linux has less than twenty

  struct Rings {
    uint32_t size = 0;
    const uint8_t *descriptors = nullptr;
    const uint16_t *available = nullptr; // flags, index, ring
    uint8_t *used = nullptr;             // flags, index, ring of { id, length }
  };

  // Begins where a queue stopped that had taken `base` chains.
  void attach(const LentMemory &memory, const Rings &rings, uint16_t base, uint32_t header_bytes);
  void detach() { rings_ = {}; }
  bool attached() const { return rings_.size != 0; }
  // Chains taken so far, as the protocol counts them.
  uint16_t base() const { return seen_; }

  // Chains that the driver has put on the ring and we have not taken.
  uint32_t pending();
  void want_kicks(bool wanted);
  // Whether the driver wants to be called. After publish() and a full barrier.
  bool wants_calls() const { return (__atomic_load_n(&rings_.available[0], __ATOMIC_RELAXED) & WL_VIRTQ_AVAIL_F_NO_INTERRUPT) == 0; }
  // True: there was something new.
  bool publish();
  uint64_t malformed() const { return malformed_; }
  // The driver's index went further than there are chains: nothing on the ring can be believed.
  bool lies() const { return lies_; }

protected:
  struct Part {
    uint8_t *data;
    uint32_t length;
  };
  // A chain, checked: its parts in order; `count` 0: malformed.
  struct Chain {
    uint32_t count = 0;
    uint64_t bytes = 0;
    uint16_t id = 0;
    Part parts[kPartsMax];
  };

  // The chain at `place` of the available ring; `direction` is WL_VIRTQ_DESC_F_WRITE or 0.
  void look(uint16_t place, uint16_t direction, Chain &chain) const;
  void use(uint16_t id, uint32_t length);

  const LentMemory *memory_ = nullptr;
  Rings rings_;
  uint32_t header_bytes_ = WL_VIRTIO_NET_HEADER_BYTES;
  uint16_t mask_ = 0;
  uint16_t seen_ = 0;
  uint16_t used_index_ = 0, published_ = 0;
  uint64_t malformed_ = 0;
  bool lies_ = false;

private:
  bool walk(uint16_t id, uint16_t direction, Chain &chain) const;
};

// Driver to us: frames are looked at where they lie, or in a copy where they come in pieces.
class VhostTransmitQueue : public VhostQueue {
public:
  VhostTransmitQueue() : whole_(new uint8_t[kDrainBatch * kWholeBytes]) {}
  // Up to `most` frames, valid until give_back(). Malformed chains are given back unused.
  uint32_t take(FrameView *frames, uint32_t most);
  void give_back();

private:
  static constexpr uint32_t kWholeBytes = WL_FRAME_BYTES_MAX + kTagBytes;
  bool view(const Chain &chain, uint8_t *whole, FrameView &frame) const;

  std::unique_ptr<uint8_t[]> whole_;
  uint16_t ids_[kDrainBatch];
  uint32_t held_ = 0;
};

// Us to the driver.
class VhostReceiveQueue : public VhostQueue {
public:
  // `merged`: a frame may take several chains (VIRTIO_NET_F_MRG_RXBUF). False: there is no room for it now.
  bool put(const Frame &frame, bool merged);

private:
  void write_header(const Chain &chain, uint16_t chains) const;
};

} // namespace wl

#endif
