// Raw IPv4 sockets (raw(7)), which Node has not: packets with their IP headers, for elements on the control side.
#ifndef WL_RAW_SOCKET_H
#define WL_RAW_SOCKET_H

#include <napi.h>

namespace wl {

// openRawSocket(protocol, port) -> [descriptor, descriptor that holds the port or -1]. What comes in for the protocol is read from
// the first; neither blocks. With a port other than 0, of TCP or UDP, that port is taken on all addresses, so that nobody else
// uses it. Throws what the system says, behind the name of the call that failed.
Napi::Value open_raw_socket(const Napi::CallbackInfo &info);
// sendRaw(descriptor, packet) -> whether it was sent; false: there is no room now. The packet begins with its IP header, which says
// where it goes.
Napi::Value send_raw(const Napi::CallbackInfo &info);

} // namespace wl

#endif
