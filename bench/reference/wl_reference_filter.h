/* A filter of IPv4 packets by hand: what is read of one, and what becomes of those that are refused. */
#ifndef WL_REFERENCE_FILTER_H
#define WL_REFERENCE_FILTER_H

#include "wl_reference.h"

/* What rules ask for; a port that is not there is `ports` false. */
struct asked {
  uint32_t source, destination, protocol, port;
  bool ports;
};

/* False: too short for a header, of IPv4, behind one of Ethernet. */
WL_INLINE bool read_asked(struct asked *asked, const uint8_t *data, const uint8_t *end) {
  if (WL_UNLIKELY(end - data < 34)) return false;
  const uint8_t *ip = data + 14, *transport = ip + (ip[0] & 15) * 4;
  asked->ports = (wl_load16(ip + 6) & 0x1fff) == 0 && end - transport >= 4;
  asked->source = wl_load32(ip + 12);
  asked->destination = wl_load32(ip + 16);
  asked->protocol = ip[9];
  asked->port = asked->ports ? wl_load16(transport + 2) : 0;
  return true;
}

/* What has no port is not `allowed` to be asked: `otherwise` says of it. */
WL_INLINE void filter(const struct wl_frame *frames, uint32_t count, bool (*allowed)(const struct asked *), bool otherwise) {
  for (uint32_t index = 0; index < count; index += 1) {
    const struct wl_frame *frame = &frames[index];
    struct asked asked;
    if (!read_asked(&asked, frame->data, frame->end)) {
      wl_count(2, 1);
      wl_release(frame->packet);
    } else if (WL_LIKELY(asked.ports) ? allowed(&asked) : otherwise) {
      wl_transmit(1, frame->packet, frame->data, frame->end);
    } else {
      wl_count(1, 1);
      wl_release(frame->packet);
    }
  }
  wl_count(0, count);
}

#endif
