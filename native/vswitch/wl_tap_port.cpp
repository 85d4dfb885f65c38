#include "wl_tap_port.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace wl {

bool open_tap(const std::string &device, Descriptor &tap, Failure &failure) {
  tap.reset(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!tap.open()) {
    return failure.set("WL4030", "/dev/net/tun cannot be opened: " + reason(errno), errno == ENOENT || errno == ENODEV ? "modprobe tun" : "Run as root, or give yourself the right to use /dev/net/tun.", kExitMissing);
  }
  ifreq request{};
  memcpy(request.ifr_name, device.c_str(), device.size() + 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (ioctl(tap.get(), TUNSETIFF, &request) == 0) return true;
  const int error = errno;
  if (error == EBUSY) failure.set("WL4031", "tap " + device + " is in use", "Another program has it; end that one, or take another tap.");
  else if (error == EPERM) failure.set("WL4030", "no permission to use tap " + device, "As root: ip tuntap add dev " + device + " mode tap user $USER; or run as root.", kExitMissing);
  else if (error == EINVAL) failure.set("WL4031", device + " is there, but is not a tap of one queue", "Take another name; ip -d link show " + device + " says what it is.");
  else failure.set("WL4030", "tap " + device + " cannot be used: " + reason(error), "", kExitMissing);
  return false;
}

bool tap_is_up(int tap) {
  pollfd file{tap, POLLOUT, 0};
  return poll(&file, 1, 0) == 1 && (file.revents & (POLLOUT | POLLERR)) == POLLOUT;
}

std::unique_ptr<TapPort> TapPort::open(const std::string &device, Observer &observer, Failure &failure) {
  Descriptor tap;
  if (!open_tap(device, tap, failure)) return nullptr;
  Descriptor control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  std::unique_ptr<TapPort> port(new TapPort(device, std::move(tap), std::move(control), observer));
  port->was_down_ = port->set_up(true);
  return port;
}

TapPort::~TapPort() {
  if (was_down_) set_up(false);
}

// True if the device changed. Without the permission it stays as it is: whoever made it has to set it up.
bool TapPort::set_up(bool up) {
  ifreq request{};
  memcpy(request.ifr_name, device_.c_str(), device_.size() + 1);
  if (ioctl(control_.get(), SIOCGIFFLAGS, &request) != 0 || ((request.ifr_flags & IFF_UP) != 0) == up) return false;
  request.ifr_flags = static_cast<short>(request.ifr_flags ^ IFF_UP);
  return ioctl(control_.get(), SIOCSIFFLAGS, &request) == 0;
}

uint32_t TapPort::receive(ReceiveQueue *queue, uint32_t budget, uint64_t, PortFigures &figures) {
  uint32_t count = 0;
  blocked_ = false;
  while (count < budget && tap_.open() && receive_one(queue, figures)) count += 1;
  return count;
}

// Reads a frame straight into the guest's buffer; what does not fit there comes by way of overflow_.
bool TapPort::receive_one(ReceiveQueue *queue, PortFigures &figures) {
  uint32_t capacity = 0;
  uint8_t *buffer = nullptr;
  if (queue != nullptr && (buffer = queue->room(&capacity)) == nullptr) {
    blocked_ = true;
    return false;
  }
  const iovec pieces[2] = {{buffer, capacity}, {overflow_, sizeof overflow_}};
  const ssize_t got = buffer != nullptr ? readv(tap_.get(), pieces, 2) : read(tap_.get(), overflow_, sizeof overflow_);
  if (got <= 0) {
    if (got < 0 && errno != EAGAIN && errno != EINTR) lose(errno);
    return false;
  }
  const auto length = static_cast<uint32_t>(got);
  if (buffer == nullptr || length > WL_FRAME_BYTES_MAX) {
    figures.drops += 1;
    return true;
  }
  if (length <= capacity) {
    queue->commit(length);
  } else {
    memmove(overflow_ + capacity, overflow_, length - capacity);
    memcpy(overflow_, buffer, capacity);
    if (!queue->put(overflow_, length)) {
      figures.drops += 1;
      return true;
    }
  }
  figures.rx_packets += 1;
  figures.rx_bytes += length;
  return true;
}

void TapPort::transmit(SentFrames &frames, uint64_t, PortFigures &figures) {
  frames.each([&](const FrameView &frame) {
    // A full queue, a device that is down, a frame too short for Ethernet: the network drops it.
    if (!tap_.open() || write(tap_.get(), frame.data, frame.length) < 0) {
      figures.drops += 1;
      return;
    }
    figures.tx_packets += 1;
    figures.tx_bytes += frame.length;
  });
}

void TapPort::lose(int error) {
  if (error == EIO) return; // it is down: it may come up again
  observer_.warning(device_, "the tap is gone: " + reason(error), "The run goes on without it.");
  tap_.reset();
}

} // namespace wl
