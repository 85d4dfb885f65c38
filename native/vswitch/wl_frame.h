// A frame on its way through the switch: its Ethernet header is a copy of ours, checked and perhaps changed (a VLAN
// tag put in or taken out); the rest lies where it came from and is copied once, to where it goes.
#ifndef WL_FRAME_H
#define WL_FRAME_H

#include <cstdint>
#include <cstring>

#include "wl_device_queue.h"
#include "wl_ethernet.h"

namespace wl {

constexpr uint16_t kNoVlan = 0;

struct Frame {
  uint8_t head[kEthernetBytes + kTagBytes];
  uint16_t vlan; // within the switch
  uint32_t head_bytes;
  const uint8_t *rest;
  uint32_t rest_bytes;
  uint16_t control; // of the tag that it came with; its priority goes on

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
    memset(head + kEthernetBytes, 0, kTagBytes);
    rest = view.data + kEthernetBytes;
    rest_bytes = view.length - kEthernetBytes;
    vlan = kNoVlan;
    control = 0;
    return true;
  }
  // Whether both have the same addresses.
  bool like(const Frame &other) const { return memcmp(head, other.head, 12) == 0; }
  // IEEE 802.1Q, 9.6: takes the tag out into `control`; false: there is none.
  bool untag() {
    if (head[12] != 0x81 || head[13] != 0x00 || rest_bytes < kTagBytes) return false;
    uint8_t tag[kTagBytes]; // read once: the rest is somebody else's memory
    memcpy(tag, rest, kTagBytes);
    control = static_cast<uint16_t>(tag[0] << 8 | tag[1]);
    head[12] = tag[2];
    head[13] = tag[3];
    rest += kTagBytes;
    rest_bytes -= kTagBytes;
    return true;
  }
  // Puts a tag in, of the VLAN that it is in and the priority that it had.
  void tag() {
    const auto inner = static_cast<uint16_t>((control & 0xf000) | vlan);
    memcpy(head + kEthernetBytes + 2, head + 12, 2);
    head[12] = 0x81;
    head[13] = 0x00;
    head[14] = static_cast<uint8_t>(inner >> 8);
    head[15] = static_cast<uint8_t>(inner);
    head_bytes = kEthernetBytes + kTagBytes;
  }
  // Its first `length` bytes, no fewer than its head has.
  void copy_to(uint8_t *to, uint32_t length) const {
    const uint32_t more = length - head_bytes;
    if (__builtin_expect(more < kPiece || more > kPiecesMax, 0)) {
      memcpy(to, head, head_bytes);
      memcpy(to + head_bytes, rest, more);
      return;
    }
    // Short ones in pieces of one width, the last of which may lie over the one before it: a call of memcpy for each
    // frame costs more than its bytes.
    memcpy(to, head, kPiece);
    uint8_t *const behind = to + head_bytes;
    if (head_bytes > kPiece) memcpy(to + kPiece, head + kPiece, sizeof head - kPiece);
    for (uint32_t at = 0; at + kPiece < more; at += kPiece) memcpy(behind + at, rest + at, kPiece);
    memcpy(behind + more - kPiece, rest + more - kPiece, kPiece);
  }
  void copy_to(uint8_t *to) const { copy_to(to, bytes()); }

private:
  static constexpr uint32_t kPiece = 16, kPiecesMax = 256;
  static_assert(kPiece >= kEthernetBytes && sizeof head > kPiece);

  uint64_t address(uint32_t at) const {
    uint64_t value = 0;
    memcpy(&value, head + at, 6);
    return value;
  }
};

} // namespace wl

#endif
