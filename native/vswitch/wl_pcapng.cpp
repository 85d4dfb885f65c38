// pcapng (draft-ietf-opsawg-pcapng): sections of either byte order, any time resolution; the part of the
// capture reader whose twin is src/capture/read-pcapng.ts.
#include <algorithm>

#include "wl_capture_reader.h"

namespace wl {

namespace {

constexpr uint32_t kSectionHeader = 0x0a0d0d0a, kByteOrderMagic = 0x1a2b3c4d;
constexpr uint32_t kInterfaceDescription = 1, kObsoletePacket = 2, kSimplePacket = 3, kEnhancedPacket = 6;
constexpr uint16_t kOptionEnd = 0, kOptionTimeResolution = 9, kOptionTimeOffset = 14;
constexpr uint32_t kBlockBytesMax = 16 << 20;
constexpr uint32_t kInterfacesMax = 65536; // of a section; a file with more is not believed

// Nanoseconds of a time stamp: units of 10^-n seconds, or of 2^-n when the high bit of `resolution` is set.
// A time beyond what clocks of elements count (2^52 microseconds, the year 2112) is cut to that; false: it is before 1970.
bool to_nanoseconds(uint64_t units, uint8_t resolution, int64_t offset_s, uint64_t *nanoseconds) {
  const uint32_t exponent = resolution & 0x7f;
  const auto scaled = static_cast<unsigned __int128>(units) * 1000000000u; // below 2^94
  unsigned __int128 value;
  if ((resolution & 0x80) != 0) {
    value = exponent >= 94 ? 0 : scaled >> exponent;
  } else {
    unsigned __int128 divisor = 1;
    for (uint32_t power = 0; power < exponent && divisor <= scaled; power += 1) divisor *= 10;
    value = scaled / divisor;
  }
  const __int128 time = static_cast<__int128>(value) + static_cast<__int128>(offset_s) * 1000000000;
  if (time < 0) return false;
  constexpr unsigned __int128 last = (uint64_t{1} << 52) * 1000;
  *nanoseconds = static_cast<uint64_t>(std::min(static_cast<unsigned __int128>(time), last));
  return true;
}

} // namespace

bool CaptureReader::next_pcapng(CapturedFrame &frame) {
  for (;;) {
    if (at_section_) {
      at_section_ = false;
      if (!section(reader_.position() - 4)) return false;
      continue;
    }
    const uint64_t at = reader_.position();
    uint32_t got;
    const uint8_t *bytes = reader_.take(4, &got);
    if (got == 0) return false;
    if (got < 4) return cut_off_block(at);
    const uint32_t type = u32(bytes);
    if (type == kSectionHeader) { // the same in either byte order
      at_section_ = true;
      continue;
    }
    bool found = false;
    if (!block(type, at, frame, &found)) return false;
    if (found) return true;
  }
}

bool CaptureReader::section(uint64_t at) {
  uint32_t got;
  const uint8_t *head = reader_.take(8, &got);
  if (got < 8) return cut_off_block(at);
  little_ = true;
  if (u32(head + 4) != kByteOrderMagic) {
    little_ = false;
    if (u32(head + 4) != kByteOrderMagic) return wrong("the section at byte " + std::to_string(at) + " has no byte-order mark");
  }
  const uint32_t length = u32(head);
  if (length % 4 != 0 || length > kBlockBytesMax || length < 28) return damaged_block(at);
  if (reader_.copy(nullptr, length - 12) < length - 12) return cut_off_block(at);
  interfaces_.clear();
  return true;
}

bool CaptureReader::block(uint32_t type, uint64_t at, CapturedFrame &frame, bool *found) {
  uint32_t got;
  const uint8_t *head = reader_.take(4, &got);
  if (got < 4) return cut_off_block(at);
  const uint32_t length = u32(head);
  if (length % 4 != 0 || length > kBlockBytesMax || length < 12) return damaged_block(at);
  const uint32_t content = length - 12;
  const uint64_t end = at + length;
  // What is wrong inside a block is said only if the block is whole.
  bool good = true;
  switch (type) {
    case kInterfaceDescription:
      good = describe_interface(content, at);
      break;
    case kEnhancedPacket:
    case kObsoletePacket:
      good = *found = timed_packet(type, content, at, frame);
      break;
    case kSimplePacket:
      good = *found = simple_packet(content, at, frame);
      break;
    default:
      break;
  }
  return leave_block(end, at) && good;
}

bool CaptureReader::leave_block(uint64_t end, uint64_t at) {
  const uint64_t left = end - reader_.position();
  return reader_.copy(nullptr, left) == left || cut_off_block(at);
}

bool CaptureReader::describe_interface(uint32_t bytes, uint64_t at) {
  if (bytes < 8) return damaged_block(at);
  uint32_t got;
  const uint8_t *head = reader_.take(8, &got);
  if (got < 8 || interfaces_.size() >= kInterfacesMax) return damaged_block(at);
  Interface item{u16(head), u32(head + 4), 6, 0};
  uint32_t left = bytes - 8;
  while (left >= 4) {
    const uint8_t *option = reader_.take(4, &got);
    if (got < 4) break;
    left -= 4;
    const uint16_t code = u16(option);
    const uint32_t length = u16(option + 2);
    if (code == kOptionEnd) break;
    const uint32_t there = std::min(left, (length + 3) / 4 * 4);
    if (code == kOptionTimeResolution && length == 1 && there >= 1) {
      const uint8_t *value = reader_.take(there, &got);
      if (got >= 1) item.resolution = value[0];
    } else if (code == kOptionTimeOffset && length == 8 && there >= 8) {
      const uint8_t *value = reader_.take(there, &got);
      if (got >= 8) item.offset_s = static_cast<int64_t>(little_ ? uint64_t{u32(value + 4)} << 32 | u32(value) : uint64_t{u32(value)} << 32 | u32(value + 4));
    } else if (reader_.copy(nullptr, there) < there) {
      break;
    }
    left -= there;
  }
  interfaces_.push_back(item);
  return true;
}

bool CaptureReader::timed_packet(uint32_t type, uint32_t bytes, uint64_t at, CapturedFrame &frame) {
  if (bytes < 20) return damaged_block(at);
  uint32_t got;
  const uint8_t *head = reader_.take(20, &got);
  if (got < 20) return cut_off_block(at);
  const uint32_t number = type == kEnhancedPacket ? u32(head) : u16(head);
  const uint32_t length = u32(head + 12);
  const uint64_t units = uint64_t{u32(head + 4)} << 32 | u32(head + 8);
  if (number >= interfaces_.size() || length > kRecordBytesMax || length > bytes - 20) return damaged_block(at);
  const Interface &from = interfaces_[number];
  if (take_frame(length) < length) return cut_off_block(at);
  if (!check_link(from)) return false;
  uint64_t timestamp;
  if (!to_nanoseconds(units, from.resolution, from.offset_s, &timestamp)) return damaged_block(at);
  frame = {timestamp, data_.get(), length};
  return true;
}

bool CaptureReader::simple_packet(uint32_t bytes, uint64_t at, CapturedFrame &frame) {
  if (interfaces_.empty() || bytes < 4) return damaged_block(at);
  const Interface &from = interfaces_[0];
  uint32_t got;
  const uint8_t *head = reader_.take(4, &got);
  if (got < 4) return cut_off_block(at);
  const uint32_t limit = from.snap_length == 0 ? kRecordBytesMax : from.snap_length;
  const uint32_t length = std::min({u32(head), limit, bytes - 4});
  if (take_frame(length) < length) return cut_off_block(at);
  if (!check_link(from)) return false;
  frame = {0, data_.get(), length};
  return true;
}

bool CaptureReader::check_link(const Interface &from) {
  if (from.link == kLinkTypeEthernet) return true;
  return wrong("frame " + std::to_string(count_ + 1) + " is of link type " + std::to_string(from.link) + ", not Ethernet (1)", "Capture on an Ethernet interface: tcpdump -i eth0 -w FILE.");
}

bool CaptureReader::damaged_block(uint64_t at) {
  return wrong("the block at byte " + std::to_string(at) + " is damaged", "The " + std::to_string(count_) + " frames before it are good.");
}

bool CaptureReader::cut_off_block(uint64_t at) {
  return wrong("it is cut off in the block at byte " + std::to_string(at), "The " + std::to_string(count_) + " frames before it are complete.");
}

} // namespace wl
