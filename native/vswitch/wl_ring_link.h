// A port of the switch whose other side is a virtual machine: rings in its memory, which it may scribble over.
#ifndef WL_RING_LINK_H
#define WL_RING_LINK_H

#include <memory>
#include <string>
#include <utility>

#include "../tender/wl_bell.h"
#include "wl_handover.h"
#include "wl_link.h"

namespace wl {

class RingLink final : public Link {
public:
  // Asks the VMM at `path` for the rings; it answers on lifeline(), and then meet() takes them. Both fail with WL4233.
  static std::unique_ptr<RingLink> ask(const std::string &path, Failure &failure);
  bool meet(Failure &failure);
  ~RingLink() override;

  uint32_t take(FrameView *frames, uint32_t most) override { return transmit_.take(frames, most); }
  void release() override;
  uint32_t room() override { return receive_.pending(); }
  bool send(const Frame &frame) override;
  uint32_t send_all(const Frame *frames, uint32_t count) override;
  void flush() override;
  bool woken() override { return std::exchange(woken_, false); }
  bool takes() const override { return takes_; }
  int descriptor() const override { return kick_.get(); }
  int lifeline() const override { return connection_.get(); }
  bool arm(bool for_room) override;
  void disarm() override;
  uint64_t malformed() const override { return transmit_.malformed() + receive_.malformed(); }
  const char *fault() const override;

private:
  RingLink() = default;
  bool take_over(const Handover &handover, Failure &failure);
  void ring_guest() const;

  std::string path_;
  Descriptor connection_, memory_file_, guest_, kick_;
  GuestMemory memory_;
  void *mapping_ = nullptr;
  size_t mapping_bytes_ = 0;
  ReceiveQueue receive_;
  TransmitQueue transmit_;
  bool takes_ = true, woken_ = false;
  bool polls_ = false; // the guest never sleeps, and kicks cost it time
  uint8_t whole_[WL_FRAME_BYTES_MAX + kTagBytes]; // of a frame that is spread over several buffers
};

} // namespace wl

#endif
