// The program that an interface runs for each frame that comes in: it goes to the AF_XDP socket of its queue, or, where
// there is none, to the kernel as ever (Linux: Documentation/networking/af_xdp.rst, "XSKMAP").
#ifndef WL_XDP_PROGRAM_H
#define WL_XDP_PROGRAM_H

#include <string>

#include "../tender/wl_descriptor.h"

namespace wl {

class XdpProgram {
public:
  static constexpr uint32_t kQueuesMax = 64;

  // False, with errno, and in `what` what the kernel refused.
  bool load(std::string &what);
  bool add(uint32_t queue, int socket);
  // The interface runs it until this object is gone: in its driver, or, where that cannot, before the kernel's own work.
  bool attach(unsigned interface, std::string &what);

private:
  Descriptor map_, program_, link_;
};

} // namespace wl

#endif
