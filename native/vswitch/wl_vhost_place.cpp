#include "wl_vhost_place.h"

#include <sys/un.h>

namespace wl {

bool read_vhost_place(const std::string &text, VhostPlace &place, std::string &why) {
  size_t end = text.find(',');
  place.path = text.substr(0, end);
  bool chosen = false;
  while (end != std::string::npos) {
    const size_t from = end + 1;
    end = text.find(',', from);
    const std::string word = text.substr(from, end == std::string::npos ? end : end - from);
    if (word == "server") place.listens = true;
    else if (word == "role=front-end" || word == "role=back-end") {
      chosen = true;
      place.front_end = word == "role=front-end";
    } else {
      why = "vhost-user has no option \"" + word + "\"";
      return false;
    }
  }
  if (!chosen) place.front_end = !place.listens;
  why = "the path of a socket has 1 to 107 characters";
  return !place.path.empty() && place.path.size() < sizeof sockaddr_un::sun_path;
}

} // namespace wl
