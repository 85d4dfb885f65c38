#include "wl_frame_store.h"

#include "wl_capture_reader.h"
#include "wl_ethernet.h"
#include "wl_frame_payload.h"

namespace wl {

namespace {

constexpr uint32_t kChecksumBytes = 4; // the frame check sequence, which is not in memory
constexpr uint32_t kIpBytes = 20, kUdpBytes = 8;
constexpr uint32_t kIpAt = kEthernetBytes, kUdpAt = kIpAt + kIpBytes, kPayloadAt = kUdpAt + kUdpBytes;
constexpr uint32_t kIpSumAt = kIpAt + 10, kAddressesAt = kIpAt + 12, kUdpSumAt = kUdpAt + 6;
constexpr uint8_t kSourceMac[6] = {0x02, 0, 0, 0, 0, 0xaa};
constexpr uint32_t kLineBytes = 64;
// Bytes of a template capture that are kept; enough for 100,000 small frames.
constexpr uint32_t kTemplateBytesMax = 16 << 20;
// Made-up frames that are kept whole: less than the first-level cache of any processor this runs on.
constexpr uint64_t kWholeBytesMax = 32 << 10;

// The simple IMIX: 7 : 4 : 1, in an order that spreads them. Twin of src/run/generator-spec.ts.
constexpr uint32_t kImixSizes[3] = {64, 594, 1518};
constexpr uint8_t kImixPattern[12] = {0, 1, 0, 0, 1, 0, 2, 0, 1, 0, 0, 1};
constexpr uint8_t kOnePattern[1] = {0};

// Sums are of 16-bit words as they lie in memory, not yet folded: RFC 1071, section 2 (B), byte order does not matter.
uint32_t sum_words(const uint8_t *at, uint32_t bytes) {
  uint32_t sum = bytes % 2 != 0 ? at[bytes - 1] : 0;
  for (uint32_t index = 0; index + 1 < bytes; index += 2) sum += static_cast<uint32_t>(at[index] | at[index + 1] << 8);
  return sum;
}

uint16_t checksum_of(uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~(sum + (sum >> 16)));
}

} // namespace

bool FrameStore::fill(const PortSpec &spec, const uint8_t *mac, uint32_t stream, Observer &observer, Failure &failure) {
  if (spec.frames.empty()) make_up(spec, mac, stream);
  else if (!read_capture(spec, stream, observer, failure)) return false;
  choose();
  return true;
}

uint8_t *FrameStore::append(uint32_t length, Frame *frame) {
  const auto at = static_cast<uint32_t>(bytes_.size() - (bytes_.empty() ? 0 : kSpareBytes));
  bytes_.resize((at + length + kLineBytes - 1) / kLineBytes * kLineBytes + kSpareBytes);
  frame->at = at;
  frame->length = length;
  return &bytes_[at];
}

bool FrameStore::read_capture(const PortSpec &spec, uint32_t stream, Observer &observer, Failure &failure) {
  const std::unique_ptr<CaptureReader> reader = CaptureReader::open(spec.frames, failure);
  if (reader == nullptr) return false;
  const bool numbered = spec.verify || spec.latency != 0;
  CapturedFrame captured;
  while (reader->next(captured)) {
    if (captured.length == 0 || captured.length > WL_FRAME_BYTES_MAX) continue;
    if (bytes_.size() + captured.length > kTemplateBytesMax) {
      observer.warning(spec.frames, "only its first 16 MiB of frames are used", "");
      break;
    }
    const FramePayload payload = numbered ? find_payload(captured.data, captured.length) : FramePayload{};
    const bool room = payload.end - payload.at >= sizeof(Trailer);
    Frame frame;
    uint8_t *const bytes = append(room ? payload.end : captured.length, &frame); // nothing may follow a trailer
    memcpy(bytes, captured.data, frame.length);
    if (room) {
      frame.trailer = payload.end - static_cast<uint32_t>(sizeof(Trailer));
      clear_payload(bytes, payload, frame.trailer);
      frame.base = Trailer::base(stream, bytes + payload.at, static_cast<uint16_t>(frame.trailer - payload.at));
    }
    frames_.push_back(frame);
  }
  if (frames_.empty()) {
    return failure.set("WL4021", "capture " + spec.frames + " has no frame to send" + (reader->damaged() ? ": " + reader->damage().message : ""), reader->damage().hint);
  }
  if (reader->damaged()) observer.warning(spec.frames, reader->damage().message, reader->damage().hint);
  pattern_ = kOnePattern;
  lanes_.resize(1);
  flows_ = static_cast<uint32_t>(frames_.size());
  return !numbered || check_room(spec, failure);
}

// With verify all frames need room for a trailer, with latency one of them.
bool FrameStore::check_room(const PortSpec &spec, Failure &failure) const {
  size_t without = 0, first = 0;
  for (size_t index = frames_.size(); index > 0; index -= 1) {
    if (frames_[index - 1].trailer == 0) without += 1, first = index;
  }
  if (without == 0 || (!spec.verify && without < frames_.size())) return true;
  return failure.set("WL4025", "frame " + std::to_string(first) + " of " + spec.frames + " has no payload of 16 bytes, which verify and latency write to",
                     "Use frames with UDP, TCP or ICMP and at least 16 bytes of payload, or leave verify and latency away.");
}

void FrameStore::make_up(const PortSpec &spec, const uint8_t *mac, uint32_t stream) {
  const bool mixed = spec.size == 0;
  pattern_ = mixed ? kImixPattern : kOnePattern;
  pattern_length_ = mixed ? sizeof kImixPattern : sizeof kOnePattern;
  flows_ = spec.flows;
  std::vector<uint32_t> sizes(mixed ? std::vector<uint32_t>(kImixSizes, kImixSizes + 3) : std::vector<uint32_t>{spec.size});
  uint64_t whole = 0;
  for (const uint32_t size : sizes) whole += uint64_t{size + kLineBytes} * flows_;
  const bool open = whole > kWholeBytesMax && flows_ > 1;
  const auto fields_of = [&](uint32_t index) {
    const Flow flow = spec.space.at(index);
    return FlowFields{__builtin_bswap32(flow.source), __builtin_bswap32(flow.destination), __builtin_bswap16(flow.source_port), __builtin_bswap16(flow.destination_port)};
  };
  for (const uint32_t size : sizes) {
    lanes_.push_back({static_cast<uint32_t>(frames_.size()), 0});
    const uint32_t copies = open ? 1 : flows_;
    for (uint32_t flow = 0; flow < copies; flow += 1) {
      frames_.push_back(make_frame(size, mac, stream));
      write_flow(&bytes_[frames_.back().at], frames_.back(), fields_of(flow));
    }
  }
  open_ = open;
  if (!open) return;
  fields_.reserve(flows_);
  for (uint32_t flow = 0; flow < flows_; flow += 1) fields_.push_back(fields_of(flow));
}

FrameStore::Frame FrameStore::make_frame(uint32_t size, const uint8_t *mac, uint32_t stream) {
  Frame frame;
  uint8_t *const bytes = append(size - kChecksumBytes, &frame);
  const uint32_t udp_bytes = frame.length - kUdpAt;
  memcpy(bytes, mac, 6);
  memcpy(bytes + 6, kSourceMac, 6);
  store16(bytes + 12, 0x0800);
  uint8_t *const ip = bytes + kIpAt;
  ip[0] = 0x45;
  store16(ip + 2, frame.length - kEthernetBytes);
  ip[8] = 64;
  ip[9] = 17;
  store16(bytes + kUdpAt + 4, udp_bytes);
  // The payload is zero. The pseudo header has the protocol and the length of the datagram once more (RFC 768).
  const uint32_t length_word = __builtin_bswap16(static_cast<uint16_t>(udp_bytes));
  frame.flowless = static_cast<uint32_t>(sums_.size());
  sums_.push_back({sum_words(ip, kIpBytes), (17u << 8) + 2 * length_word});
  frame.trailer = frame.length - static_cast<uint32_t>(sizeof(Trailer));
  frame.base = Trailer::base(stream, bytes + kPayloadAt, static_cast<uint16_t>(frame.trailer - kPayloadAt));
  return frame;
}

// Addresses, ports, and both checksums.
void FrameStore::write_flow(uint8_t *frame, const Frame &of, const FlowFields &flow) const {
  const Sums &sums = sums_[of.flowless];
  const uint32_t addresses = (flow.source & 0xffff) + (flow.source >> 16) + (flow.destination & 0xffff) + (flow.destination >> 16);
  const uint16_t ip = checksum_of(sums.ip + addresses);
  const uint16_t udp = checksum_of(sums.udp + addresses + flow.source_port + flow.destination_port);
  const uint16_t sent = udp == 0 ? 0xffff : udp; // RFC 768: zero would say there is none
  memcpy(frame + kIpSumAt, &ip, 2);
  memcpy(frame + kAddressesAt, &flow, sizeof flow);
  memcpy(frame + kUdpSumAt, &sent, 2);
}

// Frames of each size take the flows in turn.
void FrameStore::advance_pattern() {
  Lane &lane = lanes_[pattern_[pattern_place_]];
  lane.turn = lane.turn + 1 == flows_ ? 0 : lane.turn + 1;
  pattern_place_ = pattern_place_ + 1 == pattern_length_ ? 0 : pattern_place_ + 1;
  choose();
}

void FrameStore::choose() {
  const Lane &lane = lanes_[pattern_[pattern_place_]];
  flow_ = lane.turn;
  place_ = lane.first + (flows_open() ? 0 : lane.turn);
}

} // namespace wl
