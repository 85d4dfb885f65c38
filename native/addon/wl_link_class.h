// Node's view of what a switch's port may be plugged into: AF_XDP, vhost-user.
#ifndef WL_LINK_CLASS_H
#define WL_LINK_CLASS_H

#include <napi.h>

namespace wl {

// new Link('NAME=xdp:DEVICE'); receive(buffer) -> bytes of the next frame, 0: there is none now; send(frame); close().
Napi::Function define_link(Napi::Env env);

} // namespace wl

#endif
