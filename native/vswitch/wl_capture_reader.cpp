#include "wl_capture_reader.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>

namespace wl {

namespace {

constexpr uint32_t kSectionHeader = 0x0a0d0d0a;

uint32_t big32(const uint8_t *at) { return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | at[3]; }
uint32_t little32(const uint8_t *at) { return uint32_t{at[3]} << 24 | uint32_t{at[2]} << 16 | uint32_t{at[1]} << 8 | at[0]; }

} // namespace

std::unique_ptr<CaptureReader> CaptureReader::open(const std::string &path, Failure &failure) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  int error = file.open() ? 0 : errno;
  if (error == 0 && fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode)) error = EISDIR;
  if (error != 0) {
    failure.set("WL4020", "capture " + path + " cannot be read: " + reason(error), error == ENOENT ? "Give the name of a pcap or pcapng file; tcpdump -w makes one." : "");
    return nullptr;
  }
  return std::unique_ptr<CaptureReader>(new CaptureReader(path, std::move(file)));
}

bool CaptureReader::next(CapturedFrame &frame) {
  if (ended_) return false;
  if (format_ == Format::unknown && !begin()) {
    ended_ = true;
    return false;
  }
  const bool found = format_ == Format::pcap ? next_pcap(frame) : next_pcapng(frame);
  if (found) count_ += 1;
  else ended_ = true;
  return found;
}

bool CaptureReader::begin() {
  uint32_t got;
  const uint8_t *first = reader_.take(4, &got);
  if (reader_.error() != 0) return wrong("it cannot be read: " + reason(reader_.error()));
  if (got == 0) return wrong("it is empty", "A capture begins with a file header, even without frames.");
  const uint32_t magic = got < 4 ? 0 : big32(first);
  switch (magic) {
    case 0xa1b2c3d4:
    case 0xd4c3b2a1:
    case 0xa1b23c4d:
    case 0x4d3cb2a1:
      format_ = Format::pcap;
      return begin_pcap(magic);
    case kSectionHeader:
      format_ = Format::pcapng;
      at_section_ = true;
      return true;
    default:
      return wrong("it is neither pcap nor pcapng", "Captures are made with tcpdump -w, Wireshark or dumpcap.");
  }
}

bool CaptureReader::wrong(std::string message, std::string hint) {
  damage_ = {std::move(message), std::move(hint)};
  return false;
}

uint32_t CaptureReader::u32(const uint8_t *at) const { return little_ ? little32(at) : big32(at); }

uint16_t CaptureReader::u16(const uint8_t *at) const {
  return static_cast<uint16_t>(little_ ? at[0] | at[1] << 8 : at[1] | at[0] << 8);
}

// Takes a frame's bytes, of which the first WL_FRAME_BYTES_MAX are kept: no interface takes longer ones.
uint64_t CaptureReader::take_frame(uint32_t length) {
  const uint32_t kept = std::min<uint32_t>(length, WL_FRAME_BYTES_MAX);
  const uint64_t got = reader_.copy(data_.get(), kept);
  return got < kept ? got : got + reader_.copy(nullptr, length - kept);
}

// ---- classic pcap (draft-ietf-opsawg-pcap) ---------------------------------------------------------------

bool CaptureReader::begin_pcap(uint32_t magic) {
  little_ = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
  scale_ = magic == 0xa1b2c3d4 || magic == 0xd4c3b2a1 ? 1000 : 1;
  uint32_t got;
  const uint8_t *header = reader_.take(20, &got);
  if (got < 20) return wrong("the file header is cut off after " + std::to_string(4 + got) + " of 24 bytes");
  const uint32_t link = u32(header + 16) & 0x0fffffff;
  if (link == kLinkTypeEthernet) return true;
  return wrong("its frames are of link type " + std::to_string(link) + ", not Ethernet (1)", "Capture on an Ethernet interface: tcpdump -i eth0 -w FILE.");
}

bool CaptureReader::next_pcap(CapturedFrame &frame) {
  const uint64_t at = reader_.position();
  uint32_t got;
  const uint8_t *record = reader_.take(16, &got);
  if (got == 0) return false;
  if (got < 16) return cut_off_record(at, got, 16);
  const uint64_t seconds = u32(record), fraction = u32(record + 4);
  const uint32_t length = u32(record + 8);
  if (length > kRecordBytesMax) {
    return wrong("frame " + std::to_string(count_ + 1) + " at byte " + std::to_string(at) + " claims " + std::to_string(length) + " bytes, which no capture has", "The file is damaged from there on.");
  }
  const uint64_t bytes = take_frame(length);
  if (bytes < length) return cut_off_record(at, 16 + bytes, 16 + uint64_t{length});
  frame = {seconds * 1000000000u + fraction * scale_, data_.get(), length};
  return true;
}

bool CaptureReader::cut_off_record(uint64_t at, uint64_t got, uint64_t wanted) {
  return wrong("it is cut off in frame " + std::to_string(count_ + 1) + ", at byte " + std::to_string(at) + ": " + std::to_string(got) + " of " + std::to_string(wanted) + " bytes are there",
               "The " + std::to_string(count_) + " frames before it are complete; editcap or tcpdump -r FILE -w NEW keeps just those.");
}

} // namespace wl
