// An AF_XDP socket on one receive queue of a network interface (Linux: Documentation/networking/af_xdp.rst): rings that
// kernel and process share, and chunks of memory that frames are copied to and from.
#ifndef WL_XDP_SOCKET_H
#define WL_XDP_SOCKET_H

#include <linux/if_xdp.h>
#include <memory>
#include <string>

#include "../tender/wl_descriptor.h"
#include "../tender/wl_failure.h"
#include "wl_frame.h"

namespace wl {

class XdpSocket {
public:
  static constexpr uint32_t kChunkBytes = 4096, kChunks = 1024; // of each direction
  // What a chunk holds: the kernel keeps room before a frame (XDP_PACKET_HEADROOM).
  static constexpr uint32_t kFrameBytesMax = kChunkBytes - 256;

  ~XdpSocket();
  // False, with errno: it cannot be had.
  bool open(unsigned interface, uint32_t queue);
  int get() const { return socket_.get(); }

  // Frames that came, valid until give_back().
  uint32_t take(FrameView *frames, uint32_t most);
  void give_back();
  // Room for frames to be sent.
  uint32_t room();
  bool put(const Frame &frame);
  void publish();
  // Frames that the kernel had no room for.
  uint64_t lost() const;

private:
  // One of the four rings.
  struct Ring {
    uint32_t *producer = nullptr, *consumer = nullptr;
    uint8_t *entries = nullptr;
    void *mapping = nullptr;
    size_t mapped = 0;
    uint32_t place = 0; // the index that is ours to move

    bool map(int socket, const xdp_ring_offset &offsets, uint64_t at, size_t entry_bytes);
  };
  bool set_up();

  Descriptor socket_;
  uint8_t *memory_ = nullptr;
  Ring fill_, completion_, receive_, transmit_;
  uint64_t held_[kDrainBatch];
  uint32_t held_count_ = 0;
  std::unique_ptr<uint32_t[]> free_; // chunks to send from
  uint32_t free_count_ = 0;
  bool waiting_ = false;
};

} // namespace wl

#endif
