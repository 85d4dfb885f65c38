// Where a captured frame's payload lies, and the checksum that covers it.
#ifndef WL_FRAME_PAYLOAD_H
#define WL_FRAME_PAYLOAD_H

#include <cstdint>

namespace wl {

struct FramePayload {
  uint32_t at = 0, end = 0; // equal: there is none that could be written to
  uint32_t transport = 0;   // where the checksum's first word begins
  uint32_t checksum = 0;    // where it lies; 0: nowhere
};

// Behind UDP, TCP, ICMP (over IPv4 or IPv6 without extensions) or, where there is no IP, behind the Ethernet header.
// Fragments, ARP and what is cut off have none.
FramePayload find_payload(const uint8_t *frame, uint32_t length);

// Sets bytes [from, payload.end) to zero, and the checksum accordingly (RFC 1624, eqn. 3).
void clear_payload(uint8_t *frame, const FramePayload &payload, uint32_t from);

} // namespace wl

#endif
