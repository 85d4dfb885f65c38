// The front-end: memory and rings are ours, as of a guest, and the other side tends them (DPDK's net_vhost, Open
// vSwitch).
#ifndef WL_VHOST_FRONT_END_H
#define WL_VHOST_FRONT_END_H

#include "../tender/wl_bell.h"
#include "wl_driver_ring.h"
#include "wl_vhost_link.h"

namespace wl {

class VhostFrontEnd final : public VhostLink {
public:
  // Fails with WL4034.
  static std::unique_ptr<VhostFrontEnd> create(Failure &failure);
  ~VhostFrontEnd() override;

  uint32_t take(FrameView *frames, uint32_t most) override;
  void release() override;
  uint32_t room() override { return running_ ? transmit_.room() : kLinkBatch; }
  bool send(const Frame &frame) override { return running_ && transmit_.put(frame); }
  void flush() override;
  bool there() const override { return running_; }
  bool arm(bool for_room) override;
  void disarm() override;
  uint64_t malformed() const override { return receive_.malformed() + transmit_.malformed(); }

protected:
  void meet() override;
  void handle(VhostMessage &message) override;
  void part() override;

private:
  VhostFrontEnd() = default;
  void agree(uint64_t offered);
  void start();
  bool say(VhostRequest request, const void *payload, uint32_t bytes, int file = -1);
  bool say_number(VhostRequest request, uint64_t number, int file = -1) { return say(request, &number, sizeof number, file); }
  void kick(uint32_t queue, const DriverRing &ring);
  bool sound();

  Descriptor file_;
  uint8_t *memory_ = nullptr;
  uint64_t features_ = 0;
  uint32_t header_bytes_ = WL_VIRTIO_NET_HEADER_BYTES;
  bool running_ = false;
  VhostBell kicks_to_[kQueues];
  Bell calls_[kQueues];
  uint64_t malformed_before_ = 0; // of earlier connections
  DriverReceiveRing receive_;
  DriverTransmitRing transmit_;
};

} // namespace wl

#endif
