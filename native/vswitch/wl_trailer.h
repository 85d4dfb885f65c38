// The last 16 bytes of a frame of a measured stream: whose frame it is, which one, and what its payload was.
//
// Trailers lie at the end, so that headers may be put before a frame or taken off it, and hold nothing that NAT
// or a router changes. Their sum is zero in the arithmetic of RFC 1071: whatever sequence number is put into a
// frame, the checksum of the UDP datagram, TCP segment or ICMP message around it stays the same.
#ifndef WL_TRAILER_H
#define WL_TRAILER_H

#include <cstdint>
#include <cstring>

#include "wl_crc32c.h"

namespace wl {

// Frames that are time-stamped are numbered by themselves.
enum class TrailerKind : uint8_t { plain = 0, timed = 0x80 };

struct Trailer {
  uint32_t magic;    // three bytes that no protocol puts there, then kind and stream
  uint32_t sequence; // from 0
  uint32_t check;    // of the covered bytes and the sequence number
  uint16_t covered;  // bytes before the trailer that `check` is about
  uint16_t balance;  // makes the sum zero

  // What the trailers of a frame have in common: they differ in kind, sequence, check and balance alone.
  struct Base {
    uint32_t magic, crc, sum;
    uint16_t covered;
  };

  static constexpr uint32_t kMagic = 0x9d57c1;
  static constexpr uint32_t kStreamsMax = 64;

  // Of frames whose `covered` bytes before the trailer begin at `content`.
  static Base base(uint32_t stream, const uint8_t *content, uint16_t covered) {
    const uint32_t magic = kMagic | stream << 24;
    return {magic, crc32c(content, covered), (magic & 0xffff) + (magic >> 16) + covered, covered};
  }

  static Trailer make(const Base &base, TrailerKind kind, uint32_t sequence) {
    const uint32_t check = base.crc + sequence * kStride;
    const uint32_t high = static_cast<uint32_t>(kind) << 24;
    const uint64_t sum = base.sum + (high >> 16) + (sequence & 0xffff) + (sequence >> 16) + (check & 0xffff) + (check >> 16);
    return {base.magic | high, sequence, check, base.covered, static_cast<uint16_t>(~fold(sum))};
  }

  bool marked() const { return (magic & 0xffffff) == kMagic; }
  TrailerKind kind() const { return (magic >> 24 & 0x80) != 0 ? TrailerKind::timed : TrailerKind::plain; }
  uint32_t stream() const { return magic >> 24 & (kStreamsMax - 1); }

  // Whether the trailer is as it was sent.
  bool balanced() const {
    return fold(uint64_t{magic & 0xffff} + (magic >> 16) + (sequence & 0xffff) + (sequence >> 16) + (check & 0xffff) + (check >> 16) + covered + balance) == 0xffff;
  }
  // Whether the content is, of a frame with `length` bytes that ends with this trailer at `at`.
  bool matches(const uint8_t *at, uint32_t length) const {
    return length >= sizeof(Trailer) + covered && check == crc32c(at - covered, covered) + sequence * kStride;
  }

private:
  static constexpr uint32_t kStride = 0x9e3779b1; // odd: another sequence number is another check

  static constexpr uint32_t fold(uint64_t sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint32_t>(sum);
  }
};
static_assert(sizeof(Trailer) == 16);

} // namespace wl

#endif
