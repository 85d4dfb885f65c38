// Frames that come in by a packet socket, in a ring that the kernel shares (packet(7), TPACKET_V2; Linux:
// Documentation/networking/packet_mmap.rst): no system call and no copy of ours for a frame. TPACKET_V3 would hand
// frames over in blocks, and keep one that comes alone for a millisecond.
#ifndef WL_PACKET_RING_H
#define WL_PACKET_RING_H

#include "wl_device_queue.h"
#include "wl_packet_socket.h"

namespace wl {

class PacketRing {
public:
  ~PacketRing();
  // Of a socket that has received nothing yet. False, with errno: the kernel gives none.
  bool open(int socket);

  // The next frame, as it was on the wire, valid until give_back(); false: there is none now. `length` 0: it is longer
  // than any frame.
  bool next(FrameView &frame);
  void give_back();
  // Frames since the last call that the kernel had no room for.
  uint64_t lost() const;

private:
  static constexpr uint32_t kFrameBytes = 10240, kBlockBytes = 1 << 16, kFramesPerBlock = kBlockBytes / kFrameBytes, kBlocks = 128, kFrames = kBlocks * kFramesPerBlock;
  static constexpr size_t kBytes = size_t{kBlocks} * kBlockBytes;
  uint8_t *at(uint32_t index) const { return memory_ + size_t{index / kFramesPerBlock} * kBlockBytes + size_t{index % kFramesPerBlock} * kFrameBytes; }

  int socket_ = -1;
  uint8_t *memory_ = nullptr;
  uint32_t first_ = 0; // that is ours
  uint32_t held_ = 0;
};

} // namespace wl

#endif
