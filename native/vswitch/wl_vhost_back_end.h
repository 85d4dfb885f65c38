// The back-end: the other side has memory and rings (a guest of QEMU, DPDK's virtio-user), and we tend them.
#ifndef WL_VHOST_BACK_END_H
#define WL_VHOST_BACK_END_H

#include "wl_vhost_link.h"
#include "wl_vhost_queue.h"

namespace wl {

class VhostBackEnd final : public VhostLink {
public:
  uint32_t take(FrameView *frames, uint32_t most) override;
  void release() override;
  uint32_t room() override;
  bool send(const Frame &frame) override;
  void flush() override;
  bool there() const override { return receive_.attached() || transmit_.attached(); }
  bool takes() const override { return receive_.attached(); }
  bool arm(bool for_room) override;
  void disarm() override;
  uint64_t malformed() const override { return receive_.malformed() + transmit_.malformed(); }

protected:
  void handle(VhostMessage &message) override;
  void part() override;

private:
  // What the front-end said of a queue.
  struct Said {
    uint32_t size = 0;
    uint16_t base = 0;
    bool placed = false, enabled = false, kicked = false;
    uint64_t descriptors = 0, available = 0, used = 0; // addresses of the front-end
    Descriptor kick;
    VhostBell call;
  };

  void handle_queue(VhostMessage &message);
  bool set_memory(VhostMessage &message);
  void set_kick(Said &said, VhostMessage &message);
  bool answer(uint64_t value);
  void stop(uint32_t number);
  void refresh();
  bool place(const Said &said, VhostQueue::Rings &rings) const;
  VhostQueue &queue(uint32_t number) { return number == 0 ? static_cast<VhostQueue &>(receive_) : transmit_; }
  bool sound();

  uint64_t features_ = 0;
  Said said_[kQueues];
  LentMemory memory_;
  VhostReceiveQueue receive_;
  VhostTransmitQueue transmit_;
  bool holding_ = false;
  uint64_t malformed_before_ = 0; // of earlier connections
};

} // namespace wl

#endif
