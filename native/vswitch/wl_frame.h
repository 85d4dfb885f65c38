// A frame on its way through the switch: its Ethernet header is a copy of ours, checked and perhaps changed (a VLAN
// tag put in or taken out); the rest lies where it came from and is copied once, to where it goes.
#ifndef WL_FRAME_H
#define WL_FRAME_H

#include <cstdint>
#include <cstring>

#include "wl_device_queue.h"

namespace wl {

constexpr uint32_t kEthernetBytes = 14, kTagBytes = 4;
constexpr uint16_t kNoVlan = 0;

struct Frame {
  uint8_t head[kEthernetBytes + kTagBytes];
  uint32_t head_bytes;
  const uint8_t *rest;
  uint32_t rest_bytes;

  uint32_t bytes() const { return head_bytes + rest_bytes; }
  // Addresses as numbers: six bytes, the first one lowest.
  uint64_t destination() const { return address(0); }
  uint64_t source() const { return address(6); }
  bool group() const { return (head[0] & 1) != 0; }
  bool group_source() const { return (head[6] & 1) != 0; }

  // False: too short to have an Ethernet header.
  bool read(const FrameView &view) {
    if (view.length < kEthernetBytes) return false;
    head_bytes = kEthernetBytes;
    memcpy(head, view.data, kEthernetBytes);
    rest = view.data + kEthernetBytes;
    rest_bytes = view.length - kEthernetBytes;
    return true;
  }
  // IEEE 802.1Q, 9.6: takes the tag out, and says its VLAN and priority bits; false: there is none.
  bool untag(uint16_t *control) {
    if (head[12] != 0x81 || head[13] != 0x00 || rest_bytes < kTagBytes) return false;
    uint8_t tag[kTagBytes]; // read once: the rest is somebody else's memory
    memcpy(tag, rest, kTagBytes);
    *control = static_cast<uint16_t>(tag[0] << 8 | tag[1]);
    head[12] = tag[2];
    head[13] = tag[3];
    rest += kTagBytes;
    rest_bytes -= kTagBytes;
    return true;
  }
  // A copy of it with a tag.
  Frame tagged(uint16_t control) const {
    Frame frame = *this;
    memcpy(frame.head + kEthernetBytes + 2, head + 12, 2);
    frame.head[12] = 0x81;
    frame.head[13] = 0x00;
    frame.head[14] = static_cast<uint8_t>(control >> 8);
    frame.head[15] = static_cast<uint8_t>(control);
    frame.head_bytes = kEthernetBytes + kTagBytes;
    return frame;
  }
  void copy_to(uint8_t *to) const {
    memcpy(to, head, head_bytes);
    memcpy(to + head_bytes, rest, rest_bytes);
  }

private:
  uint64_t address(uint32_t at) const {
    uint64_t value = 0;
    memcpy(&value, head + at, 6);
    return value;
  }
};

} // namespace wl

#endif
