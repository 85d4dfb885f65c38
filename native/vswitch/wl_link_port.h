// A run's interface that is plugged into what a switch could be as well (wl_link.h).
#ifndef WL_LINK_PORT_H
#define WL_LINK_PORT_H

#include "wl_link.h"
#include "wl_port.h"

namespace wl {

class LinkPort final : public Port {
public:
  // `name` is what warnings call it. `clock` is set before the first receive(). Fails with WL4034.
  static std::unique_ptr<LinkPort> create(const std::string &name, std::unique_ptr<Link> link, const TscClock &clock, Observer &observer, Failure &failure);

  uint32_t receive(ReceiveQueue *queue, uint32_t budget, uint64_t now, PortFigures &figures) override;
  void transmit(SentFrames &frames, uint64_t now, PortFigures &figures) override;
  Source source() const override { return Source::world; }
  int descriptor() const override { return events_.get(); }
  bool blocked() const override { return blocked_; }
  bool ready() const override { return link_->there(); }
  bool rest() override { return link_->arm(false); }
  void rise() override { link_->disarm(); }

private:
  LinkPort(std::string name, std::unique_ptr<Link> link, const TscClock &clock, Observer &observer) : name_(std::move(name)), link_(std::move(link)), clock_(clock), observer_(observer) {}
  void attend(uint64_t now);

  const std::string name_;
  const std::unique_ptr<Link> link_;
  const TscClock &clock_;
  Observer &observer_;
  Descriptor events_;
  uint64_t attended_ = 0; // TSC
  bool blocked_ = false;
};

} // namespace wl

#endif
