#include "wl_tap_link.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "wl_tap_port.h"

namespace wl {

std::unique_ptr<TapLink> TapLink::open(const std::string &device, Failure &failure) {
  Descriptor tap;
  if (!open_tap(device, tap, failure)) return nullptr;
  const Descriptor control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  memcpy(request.ifr_name, device.c_str(), device.size() + 1);
  // Without the permission it stays as it is: whoever made it has to set it up.
  if (ioctl(control.get(), SIOCGIFFLAGS, &request) == 0) {
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    ioctl(control.get(), SIOCSIFFLAGS, &request);
  }
  return std::unique_ptr<TapLink>(new TapLink(std::move(tap)));
}

uint32_t TapLink::take(FrameView *frames, uint32_t most) {
  uint32_t count = 0;
  for (uint32_t reads = 0; count < most && reads < kBatch; reads += 1) {
    uint8_t *const to = frames_.get() + count * kFrameBytes;
    const ssize_t got = read(tap_.get(), to, kFrameBytes);
    if (got <= 0) break;
    if (got == kFrameBytes) too_long_ += 1;
    else frames[count++] = {to, static_cast<uint32_t>(got)};
  }
  return count;
}

bool TapLink::send(const Frame &frame) {
  const iovec pieces[2] = {{const_cast<uint8_t *>(frame.head), frame.head_bytes}, {const_cast<uint8_t *>(frame.rest), frame.rest_bytes}};
  return writev(tap_.get(), pieces, 2) >= 0;
}

} // namespace wl
