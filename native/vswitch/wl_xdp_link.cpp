#include "wl_xdp_link.h"

#include <algorithm>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace wl {

namespace {

// Receive queues that the interface has; one, if it does not say.
uint32_t queues_of(const std::string &device) {
  const Descriptor control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ethtool_channels channels{};
  channels.cmd = ETHTOOL_GCHANNELS;
  ifreq request{};
  memcpy(request.ifr_name, device.c_str(), device.size() + 1);
  request.ifr_data = reinterpret_cast<char *>(&channels);
  if (ioctl(control.get(), SIOCETHTOOL, &request) != 0) return 1;
  return std::clamp<uint32_t>(channels.rx_count + channels.combined_count, 1, XdpProgram::kQueuesMax);
}

} // namespace

std::unique_ptr<XdpLink> XdpLink::open(const std::string &device, Failure &failure) {
  const auto refuse = [&](const std::string &what, int error) {
    std::string hint = "The kernel needs CONFIG_XDP_SOCKETS; packet:" + device + " works with every interface.";
    if (error == EPERM || error == EACCES) hint = "Run as root, or with the rights CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF.";
    if (error == EBUSY) hint = "Another program has it; ip link show " + device + " tells of programs, bpftool link of who holds them.";
    if (error == ENETDOWN) hint = "ip link set " + device + " up";
    failure.set("WL4035", "network interface " + device + " cannot be used by AF_XDP: " + what + ": " + reason(error), hint, error == EPERM || error == EACCES ? kExitMissing : kExitFailed);
    return nullptr;
  };
  const unsigned index = if_nametoindex(device.c_str());
  if (index == 0) {
    failure.set("WL4035", "there is no network interface " + device, "ip link lists those of this machine.");
    return nullptr;
  }
  std::unique_ptr<XdpLink> link(new XdpLink());
  link->events_.reset(epoll_create1(EPOLL_CLOEXEC));
  std::string what;
  if (!link->program_.load(what)) return refuse(what, errno);
  for (uint32_t queue = 0; queue < queues_of(device); queue += 1) {
    auto socket = std::make_unique<XdpSocket>();
    if (!socket->open(index, queue)) return refuse("a socket on queue " + std::to_string(queue), errno);
    epoll_event event{};
    event.events = EPOLLIN;
    if (epoll_ctl(link->events_.get(), EPOLL_CTL_ADD, socket->get(), &event) != 0 || !link->program_.add(queue, socket->get())) return refuse("its socket", errno);
    link->sockets_.push_back(std::move(socket));
  }
  if (!link->program_.attach(index, what)) return refuse(what, errno);
  // As a cable has it: frames for whomever.
  link->promiscuous_.reset(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  packet_mreq all{};
  all.mr_ifindex = static_cast<int>(index);
  all.mr_type = PACKET_MR_PROMISC;
  setsockopt(link->promiscuous_.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all);
  return link;
}

uint32_t XdpLink::take(FrameView *frames, uint32_t most) {
  for (size_t tries = 0; tries < sockets_.size(); tries += 1) {
    turn_ = (turn_ + 1) % sockets_.size();
    const uint32_t count = sockets_[turn_]->take(frames, most);
    if (count > 0) return count;
  }
  return 0;
}

uint64_t XdpLink::malformed() const {
  uint64_t lost = 0;
  for (const auto &socket : sockets_) lost += socket->lost();
  return lost;
}

// The socket is readable as long as frames wait: whoever sleeps at it is woken at once. What could not be sent is sent.
bool XdpLink::arm(bool for_room) {
  sockets_[0]->publish();
  return !for_room || sockets_[0]->room() == 0;
}

} // namespace wl
