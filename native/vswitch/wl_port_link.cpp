#include "wl_port_link.h"

#include <algorithm>
#include <cstdio>
#include <sys/mman.h>
#include <sys/timerfd.h>

#include "wl_measurement.h"
#include "wl_pacer.h"

namespace wl {

namespace {

constexpr uint64_t kBase = WL_PAGE_BYTES;
constexpr uint8_t kEverybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr uint64_t kWakeEarlyNs = 60000; // before a frame is due, as sleepers wake late

// The switch has nobody to tell during a run: warnings go to its log.
class LoggedWarnings final : public Observer {
public:
  void ready(const StartParts &) override {}
  void log(const char *, size_t) override {}
  void warning(const std::string &file, const std::string &message, const std::string &hint) override { fprintf(stderr, "%s: %s\n  %s\n", file.c_str(), message.c_str(), hint.c_str()); }
  void first_frame(const BootFigures &) override {}
  void panic(const wl_control &, const Registers &) override {}
  void stuck(const Registers &) override {}
};
LoggedWarnings warnings;

const TscClock &common_clock() {
  static const TscClock clock = [] {
    TscClock made;
    made.hz = measure_tsc_hz(false);
    made.set_base();
    return made;
  }();
  return clock;
}

// All streams of this switch, whatever ports their frames leave by, and when the last frame came or went.
struct Streams {
  Measurement measurement{common_clock()};
  uint64_t last_tsc = 0;
};
Streams &all_streams() {
  static Streams streams;
  return streams;
}

} // namespace

std::unique_ptr<PortLink> PortLink::open(const std::string &text, Failure &failure) {
  std::unique_ptr<PortLink> link(new PortLink());
  Attachment &attachment = link->attachment_;
  if (!read_port("port=" + text, attachment.spec, failure)) return nullptr;
  attachment.receives = true;
  const PortSpec &spec = attachment.spec;
  if (!spec.in.empty() && (attachment.input = CaptureReader::open(spec.in, failure)) == nullptr) return nullptr;
  if (!spec.out.empty() && (attachment.output = CaptureWriter::create(spec.out, failure)) == nullptr) return nullptr;
  link->timer_.reset(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  void *const memory = mmap(nullptr, DriverRing::kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED || !link->timer_.open()) {
    failure.set("WL5013", "no memory for a port of the switch: " + reason(errno));
    return nullptr;
  }
  link->memory_bytes_ = static_cast<uint8_t *>(memory);
  wl_image_info extent{};
  extent.base = kBase;
  extent.memory_bytes = DriverRing::kBytes;
  extent.shared_base = kBase + DriverRing::kBytes;
  link->memory_.adopt(extent, link->memory_bytes_);
  link->ring_.start(link->memory_bytes_, kBase, WL_VIRTIO_NET_HEADER_BYTES);
  attachment.receive.resize(1);
  attachment.receive.front().attach(link->memory_, DriverRing::places(kBase));
  wl_interface_info interface{};
  memcpy(interface.mac, kEverybody, sizeof kEverybody);
  const uint32_t id = all_streams().measurement.free_id();
  if (spec.kind == PortSpec::Kind::generator && id == Trailer::kStreamsMax) {
    failure.set("WL4232", "a switch has 64 generators at most");
    return nullptr;
  }
  attachment.port = make_port(attachment, id, interface, common_clock(), warnings, failure);
  if (attachment.port == nullptr) return nullptr;
  link->measure();
  return link;
}

void PortLink::measure() {
  stream_ = attachment_.port->stream();
  if (stream_ == nullptr) return;
  all_streams().measurement.add(*stream_);
  stream_->begin(all_streams().measurement.out());
}

StreamOutcome PortLink::stream() const {
  StreamOutcome outcome;
  if (stream_ == nullptr) return outcome;
  const Streams &streams = all_streams();
  outcome.stream = stream_;
  outcome.received = stream_->verify() ? stream_->seen() : streams.measurement.out() - stream_->begun_at();
  const auto to_ns = [](uint64_t ticks) { return static_cast<uint64_t>(common_clock().ticks_to_ns(static_cast<int64_t>(ticks))); };
  if (stream_->first_tsc() != 0 && streams.last_tsc > stream_->first_tsc()) outcome.elapsed_ns = to_ns(streams.last_tsc - stream_->first_tsc());
  if (stream_->recovers()) outcome.recovery_ns = to_ns(stream_->recovery_ticks());
  const Pacer *const pacer = attachment_.port->pacer();
  if (pacer == nullptr) return outcome;
  outcome.paced = true;
  outcome.error_ppm = pacer->error_ppm(common_clock().hz);
  outcome.max_late_ns = pacer->max_late_ns();
  return outcome;
}

PortLink::~PortLink() {
  if (stream_ != nullptr) all_streams().measurement.remove(*stream_);
  Failure failure;
  if (attachment_.output != nullptr) attachment_.output->flush(failure);
  if (memory_bytes_ != nullptr) munmap(memory_bytes_, DriverRing::kBytes);
}

uint32_t PortLink::take(FrameView *frames, uint32_t most) {
  const uint64_t now = tsc();
  if (__builtin_expect(attachment_.port->resting(), 0)) attachment_.port->resume();
  if (attachment_.port->receive(&attachment_.receive.front(), std::min(most, kDrainBatch), now, attachment_.figures) > 0) all_streams().last_tsc = now;
  attachment_.receive.front().publish();
  return ring_.take(frames, std::min(most, kDrainBatch));
}

bool PortLink::send(const Frame &frame) {
  if (frame.bytes() > WL_FRAME_BYTES_MAX) return false;
  frame.copy_to(whole_);
  const FrameView view{whole_, frame.bytes()};
  Streams &streams = all_streams();
  streams.last_tsc = tsc();
  streams.measurement.look(&view, 1);
  streams.measurement.count(1);
  SentFrames frames(&view, 1);
  attachment_.port->transmit(frames, streams.last_tsc, attachment_.figures);
  return true;
}

// What is recorded is in the file when the network rests.
bool PortLink::arm(bool) {
  Failure failure;
  if (attachment_.output != nullptr && !attachment_.output->flush(failure)) fprintf(stderr, "%s\n", failure.message.c_str());
  const uint64_t next = attachment_.port->next_frame(), now = tsc();
  itimerspec wake{};
  if (next != kNever) {
    const uint64_t left = next <= now ? 0 : static_cast<uint64_t>(common_clock().ticks_to_ns(static_cast<int64_t>(next - now)));
    if (left <= kWakeEarlyNs) return false;
    wake.it_value.tv_sec = static_cast<time_t>((left - kWakeEarlyNs) / 1000000000u);
    wake.it_value.tv_nsec = static_cast<long>((left - kWakeEarlyNs) % 1000000000u) | 1;
  }
  return timerfd_settime(timer_.get(), 0, &wake, nullptr) == 0;
}

} // namespace wl
