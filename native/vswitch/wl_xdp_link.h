// A port that is an interface of this machine, by AF_XDP: its frames come here instead of to the kernel, without a system
// call for each batch that comes.
#ifndef WL_XDP_LINK_H
#define WL_XDP_LINK_H

#include <vector>

#include "wl_link.h"
#include "wl_xdp_program.h"
#include "wl_xdp_socket.h"

namespace wl {

class XdpLink final : public Link {
public:
  // Takes all frames that come to the device, on all its queues. Fails with WL4035.
  static std::unique_ptr<XdpLink> open(const std::string &device, Failure &failure);

  uint32_t take(FrameView *frames, uint32_t most) override;
  void release() override { sockets_[turn_]->give_back(); }
  uint32_t room() override { return sockets_[0]->room(); }
  bool send(const Frame &frame) override { return sockets_[0]->put(frame); }
  void flush() override { sockets_[0]->publish(); }
  int descriptor() const override { return events_.get(); }
  uint64_t malformed() const override;
  bool arm(bool for_room) override;

private:
  std::vector<std::unique_ptr<XdpSocket>> sockets_; // by queue
  XdpProgram program_;
  Descriptor events_, promiscuous_;
  size_t turn_ = 0; // the queue that was looked at last
};

} // namespace wl

#endif
