// A packet socket on a network interface of this machine (packet(7)): frames as they are on the wire.
#ifndef WL_PACKET_SOCKET_H
#define WL_PACKET_SOCKET_H

#include <cstdint>
#include <linux/if_packet.h>
#include <string>

#include "../tender/wl_descriptor.h"
#include "../tender/wl_failure.h"

namespace wl {

// Bytes before a received frame that restore_frame() may use.
constexpr uint32_t kRestoredBytes = 4;

struct ReceivedFrame {
  uint8_t *data;
  uint32_t length;
};

// A socket that does not block, for all frames that come in by the interface, also those for other stations, and none that
// go out. Fails with WL4032.
bool open_packet_socket(const std::string &device, Descriptor &socket, Failure &failure);

// Whether the interface is set up and its cable leads somewhere.
bool interface_is_up(int socket, const std::string &device);

// Puts back what the kernel took from a frame: the tag of its VLAN, which it tells apart from the bytes, and the checksum
// that a sender on this machine leaves to the network card. kRestoredBytes before `frame` are free.
ReceivedFrame restore_frame(uint8_t *frame, uint32_t length, const tpacket_auxdata &notes);

// The next frame, put at the start of `buffer` or a few bytes behind it; length 0: there is none now, with the reason in
// errno. A frame longer than the buffer is given up to its end, with its true length.
ReceivedFrame receive_frame(int socket, uint8_t *buffer, uint32_t size);

} // namespace wl

#endif
