// Where the other side of a vhost-user port is, and which of the two sides of the protocol we are.
#ifndef WL_VHOST_PLACE_H
#define WL_VHOST_PLACE_H

#include <string>

namespace wl {

// Who listens and who connects is one question; who has the rings and who tends them another.
struct VhostPlace {
  std::string path;
  bool listens = false;
  bool front_end = false; // we have rings and memory, as a guest has; else the other side does
};

// `PATH[,server][,role=front-end|back-end]`: who listens is the back-end, who connects the front-end, unless it is said.
// False: it is malformed, with the reason in `why`.
bool read_vhost_place(const std::string &text, VhostPlace &place, std::string &why);

} // namespace wl

#endif
