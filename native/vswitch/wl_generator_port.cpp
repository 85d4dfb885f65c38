#include "wl_generator_port.h"

#include <algorithm>

#include "wl_null_port.h"

namespace wl {

namespace {

constexpr uint32_t kChecksumBytes = 4; // the frame check sequence, which is not in memory
constexpr uint32_t kEthernetBytes = 14, kIpBytes = 20;
constexpr uint32_t kIpAt = kEthernetBytes, kUdpAt = kIpAt + kIpBytes;
constexpr uint32_t kFirstPort = 1024, kPortsOfAddress = 65536 - kFirstPort;
constexpr uint16_t kDiscardPort = 9;
constexpr uint8_t kSourceMac[6] = {0x02, 0, 0, 0, 0, 0xaa};
// Bytes of a template capture that are kept; enough for 100,000 small frames.
constexpr uint32_t kTemplateBytesMax = 16 << 20;

void store16(uint8_t *at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

// RFC 1071: sum of 16-bit words, not yet folded.
uint32_t sum_words(const uint8_t *at, uint32_t bytes) {
  uint32_t sum = 0;
  for (uint32_t index = 0; index + 1 < bytes; index += 2) sum += static_cast<uint32_t>(at[index] << 8 | at[index + 1]);
  return bytes % 2 != 0 ? sum + static_cast<uint32_t>(at[bytes - 1] << 8) : sum;
}

uint16_t fold(uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~(sum + (sum >> 16)));
}

} // namespace

std::unique_ptr<GeneratorPort> GeneratorPort::create(const PortSpec &spec, const uint8_t *mac, const TscClock &clock, Observer &observer, Failure &failure) {
  std::unique_ptr<GeneratorPort> port(new GeneratorPort(spec, clock));
  if (spec.frames.empty()) port->make_frame(mac);
  else if (!port->read_frames(observer, failure)) return nullptr;
  return port;
}

bool GeneratorPort::read_frames(Observer &observer, Failure &failure) {
  const std::unique_ptr<CaptureReader> reader = CaptureReader::open(spec_.frames, failure);
  if (reader == nullptr) return false;
  CapturedFrame frame;
  while (reader->next(frame)) {
    if (frame.length == 0 || frame.length > WL_FRAME_BYTES_MAX) continue;
    if (bytes_.size() + frame.length > kTemplateBytesMax) {
      observer.warning(spec_.frames, "only its first 16 MiB of frames are used", "");
      break;
    }
    templates_.push_back({static_cast<uint32_t>(bytes_.size()), frame.length});
    bytes_.insert(bytes_.end(), frame.data, frame.data + frame.length);
  }
  if (templates_.empty()) {
    return failure.set("WL4021", "capture " + spec_.frames + " has no frame to send" + (reader->damaged() ? ": " + reader->damage().message : ""), reader->damage().hint);
  }
  if (reader->damaged()) observer.warning(spec_.frames, reader->damage().message, reader->damage().hint);
  return true;
}

void GeneratorPort::make_frame(const uint8_t *mac) {
  const uint32_t length = spec_.size - kChecksumBytes;
  const uint32_t udp_bytes = length - kUdpAt;
  bytes_.assign(length, 0);
  templates_.push_back({0, length});
  uint8_t *const frame = bytes_.data();
  memcpy(frame, mac, 6);
  memcpy(frame + 6, kSourceMac, 6);
  store16(frame + 12, 0x0800);
  uint8_t *const ip = frame + kIpAt;
  ip[0] = 0x45;
  store16(ip + 2, length - kEthernetBytes);
  ip[8] = 64;
  ip[9] = 17;
  const uint8_t addresses[8] = {10, 0, 0, 0, 10, 0, 1, 1};
  memcpy(ip + 12, addresses, 8);
  address_sum_ = sum_words(ip, kIpBytes);
  uint8_t *const udp = frame + kUdpAt;
  store16(udp + 2, kDiscardPort);
  store16(udp + 4, udp_bytes);
  port_sum_ = sum_words(udp, udp_bytes) + sum_words(addresses, 8) + 17 + udp_bytes;
  set_flow(frame, 0);
}

// Source address and port, and both checksums.
void GeneratorPort::set_flow(uint8_t *frame, uint32_t flow) const {
  const uint32_t host = 1 + flow / kPortsOfAddress;
  const uint32_t port = kFirstPort + flow % kPortsOfAddress;
  uint8_t *const ip = frame + kIpAt;
  uint8_t *const udp = frame + kUdpAt;
  ip[15] = static_cast<uint8_t>(host);
  store16(ip + 10, fold(address_sum_ + host));
  store16(udp, port);
  const uint16_t checksum = fold(port_sum_ + host + port);
  store16(udp + 6, checksum == 0 ? 0xffff : checksum); // RFC 768: zero would say there is none
}

// Frames whose time has come by `now`, in all.
uint64_t GeneratorPort::due_count(uint64_t now) const {
  uint64_t due = UINT64_MAX;
  if (spec_.speed == PortSpec::Speed::rate) {
    due = static_cast<uint64_t>(static_cast<unsigned __int128>(now - start_tsc_) * spec_.rate / clock_.hz) + 1;
  }
  return spec_.count != 0 ? std::min(due, spec_.count) : due;
}

uint64_t GeneratorPort::next_frame() const {
  if (spent()) return kNever;
  if (spec_.speed != PortSpec::Speed::rate || start_tsc_ == 0) return 0;
  return start_tsc_ + static_cast<uint64_t>(static_cast<unsigned __int128>(made_) * clock_.hz / spec_.rate) + 1;
}

uint32_t GeneratorPort::receive(ReceiveQueue *queue, uint32_t budget, uint64_t now, PortFigures &figures) {
  if (start_tsc_ == 0) start_tsc_ = now;
  const uint64_t due = due_count(now);
  blocked_ = false;
  uint32_t count = 0;
  while (count < budget && made_ < due) {
    if (queue == nullptr) {
      figures.drops += 1;
    } else if (!put(*queue, figures)) {
      // At full speed the guest sets the pace; at a rate it is late.
      if (spec_.speed != PortSpec::Speed::rate) {
        blocked_ = true;
        break;
      }
      figures.drops += 1;
    }
    made_ += 1;
    count += 1;
  }
  return count;
}

bool GeneratorPort::put(ReceiveQueue &queue, PortFigures &figures) {
  const bool made_up = spec_.frames.empty();
  const Template &from = templates_[made_up ? 0 : turn_];
  if (made_up && spec_.flows > 1) set_flow(bytes_.data(), turn_);
  if (!queue.put(bytes_.data() + from.offset, from.length)) return false;
  figures.rx_packets += 1;
  figures.rx_bytes += from.length;
  turn_ += 1;
  if (turn_ == (made_up ? spec_.flows : templates_.size())) turn_ = 0;
  return true;
}

void GeneratorPort::transmit(const FrameView *frames, uint32_t count, uint64_t, PortFigures &figures) { count_sent(frames, count, figures); }

} // namespace wl
