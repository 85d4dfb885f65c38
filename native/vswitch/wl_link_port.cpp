#include "wl_link_port.h"

#include <algorithm>
#include <sys/epoll.h>

namespace wl {

namespace {

constexpr uint64_t kAttendNs = 1000000; // between looks whether the other side has said something

} // namespace

std::unique_ptr<LinkPort> LinkPort::create(const std::string &name, std::unique_ptr<Link> link, const TscClock &clock, Observer &observer, Failure &failure) {
  if (link == nullptr) return nullptr;
  std::unique_ptr<LinkPort> port(new LinkPort(name, std::move(link), clock, observer));
  port->events_.reset(epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  bool good = port->events_.open() && epoll_ctl(port->events_.get(), EPOLL_CTL_ADD, port->link_->descriptor(), &event) == 0;
  if (good && port->link_->tended()) good = epoll_ctl(port->events_.get(), EPOLL_CTL_ADD, port->link_->lifeline(), &event) == 0;
  if (good) return port;
  failure.set("WL4034", "no descriptors for " + name + ": " + reason(errno));
  return nullptr;
}

// What goes on besides frames.
void LinkPort::attend(uint64_t now) {
  if (now - attended_ < clock_.ns_to_ticks(kAttendNs)) return;
  attended_ = now;
  if (link_->tended()) link_->hear();
  if (link_->fault() == nullptr) return;
  observer_.warning(name_, std::string("the other side was parted with: ") + link_->fault(), "The run goes on; another one may connect.");
  link_->recover();
}

uint32_t LinkPort::receive(ReceiveQueue *queue, uint32_t budget, uint64_t now, PortFigures &figures) {
  attend(now);
  if (link_->fault() != nullptr) return 0;
  uint32_t most = std::min(budget, kLinkBatch);
  if (queue != nullptr) most = std::min(most, queue->pending());
  blocked_ = most == 0;
  if (blocked_) return 0;
  FrameView frames[kLinkBatch];
  const uint32_t count = link_->take(frames, most);
  for (uint32_t index = 0; index < count; index += 1) {
    const FrameView &frame = frames[index];
    if (queue == nullptr || frame.length == 0 || frame.length > WL_FRAME_BYTES_MAX || !queue->put(frame.data, frame.length)) {
      figures.drops += 1;
      continue;
    }
    figures.rx_packets += 1;
    figures.rx_bytes += frame.length;
  }
  link_->release();
  return count;
}

void LinkPort::transmit(SentFrames &frames, uint64_t, PortFigures &figures) {
  const bool takes = link_->fault() == nullptr && link_->takes();
  frames.each([&](const FrameView &view) {
    Frame frame;
    // Nobody there, a full ring, too short for Ethernet: it is dropped, as by a network.
    if (!takes || !frame.read(view) || !link_->send(frame)) {
      figures.drops += 1;
      return;
    }
    figures.tx_packets += 1;
    figures.tx_bytes += view.length;
  });
  link_->flush();
}

} // namespace wl
