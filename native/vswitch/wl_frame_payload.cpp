#include "wl_frame_payload.h"

#include <cstring>

#include "wl_ethernet.h"

namespace wl {

namespace {

constexpr uint32_t kTagsMax = 2;
constexpr uint32_t kUdp = 17, kTcp = 6, kIcmp = 1, kIcmp6 = 58;

// Behind the header of a transport protocol at `at`, in a packet that ends at `end`.
FramePayload behind(const uint8_t *frame, uint32_t protocol, uint32_t at, uint32_t end) {
  uint32_t header, checksum;
  if (protocol == kUdp) header = 8, checksum = 6;
  else if (protocol == kIcmp || protocol == kIcmp6) header = 8, checksum = 2;
  else if (protocol == kTcp && at + 20 <= end) header = (frame[at + 12] >> 4) * 4u, checksum = 16;
  else return {};
  if (header < 8 || at + header > end) return {};
  return {at + header, end, at, at + checksum};
}

} // namespace

FramePayload find_payload(const uint8_t *frame, uint32_t length) {
  uint32_t at = kEthernetBytes;
  if (length < at) return {};
  uint32_t type = load16(frame + 12);
  for (uint32_t tags = 0; tags < kTagsMax && (type == 0x8100 || type == 0x88a8) && at + kTagBytes <= length; tags += 1, at += kTagBytes) type = load16(frame + at + 2);
  if (type == 0x0800) {
    if (at + 20 > length) return {};
    const uint32_t header = (frame[at] & 15) * 4u, total = load16(frame + at + 2);
    const bool fragment = (load16(frame + at + 6) & 0x3fff) != 0;
    if (frame[at] >> 4 != 4 || header < 20 || total < header || at + total > length || fragment) return {};
    return behind(frame, frame[at + 9], at + header, at + total);
  }
  if (type == 0x86dd) {
    if (at + 40 > length) return {};
    const uint32_t end = at + 40 + load16(frame + at + 4);
    return end > length ? FramePayload{} : behind(frame, frame[at + 6], at + 40, end);
  }
  return type == 0x0806 || type < 0x0600 ? FramePayload{} : FramePayload{at, length, at, 0};
}

void clear_payload(uint8_t *frame, const FramePayload &payload, uint32_t from) {
  uint32_t sum = 0;
  for (uint32_t at = from; at < payload.end; at += 1) sum += (at - payload.transport) % 2 == 0 ? uint32_t{frame[at]} << 8 : frame[at];
  memset(frame + from, 0, payload.end - from);
  if (payload.checksum == 0) return;
  uint8_t *const checksum = frame + payload.checksum;
  const uint32_t before = load16(checksum);
  const bool udp = payload.checksum - payload.transport == 6;
  if (udp && before == 0) return; // RFC 768: there is none
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  sum = (~before & 0xffff) + (~sum & 0xffff);
  sum = (sum & 0xffff) + (sum >> 16);
  uint32_t after = ~sum & 0xffff;
  if (udp && after == 0) after = 0xffff;
  checksum[0] = static_cast<uint8_t>(after >> 8);
  checksum[1] = static_cast<uint8_t>(after);
}

} // namespace wl
