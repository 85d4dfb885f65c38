// What generators send, when, and what they find out about it.
#include "wl_generator_port.h"
#include "wl_measurement.h"
#include "wl_test.h"
#include "wl_test_guest.h"

#include <cmath>
#include <deque>
#include <map>
#include <set>

using namespace wl;
using wl::test::Guest;
using wl::test::Random;
using wl::test::Silent;
using wl::test::TemporaryFile;
using Bytes = std::vector<uint8_t>;

namespace {

constexpr uint8_t kMac[6] = {2, 0, 0, 0, 0, 1};

// A generator at a ring, and the measurement of what comes out.
struct Bench {
  TscClock clock;
  Silent silent;
  Failure failure;
  Guest guest;
  PortFigures figures;
  std::unique_ptr<GeneratorPort> port;
  Measurement measurement{clock};

  explicit Bench(const std::string &options, uint32_t buffer_bytes = WL_VIRTIO_NET_HEADER_BYTES + WL_SMALL_DATA_BYTES) : guest(buffer_bytes) {
    clock.hz = 2600000000u;
    PortSpec spec;
    if (!read_port("if=gen:" + options, spec, failure)) return;
    port = GeneratorPort::create(spec, 5, kMac, clock, silent, failure);
    if (port != nullptr) measurement.add(*port->stream());
  }
  // Up to `budget` frames, with that many buffers offered anew.
  std::vector<Bytes> send(uint32_t budget, uint64_t now = 1) {
    guest.offer(budget);
    port->receive(&guest.queue(), budget, now, figures);
    return guest.take();
  }
  void see(const Bytes &frame) {
    const FrameView view{frame.data(), static_cast<uint32_t>(frame.size())};
    measurement.look(&view, 1);
    measurement.count(1);
  }
  const Stream &stream() const { return *port->stream(); }
};

uint16_t sum(const uint8_t *at, size_t bytes, uint32_t start) {
  for (size_t index = 0; index < bytes; index += 1) start += index % 2 == 0 ? at[index] << 8 : at[index];
  while (start > 0xffff) start = (start & 0xffff) + (start >> 16);
  return static_cast<uint16_t>(start);
}

// Of an IPv4 frame without options whose transport header is covered together with addresses, protocol and length.
bool checksums_right(const Bytes &frame, bool pseudo = true) {
  const size_t bytes = frame.size() - 34;
  const uint32_t start = pseudo ? sum(frame.data() + 26, 8, static_cast<uint32_t>(frame[23] + bytes)) : 0;
  return sum(frame.data() + 14, 20, 0) == 0xffff && sum(frame.data() + 34, bytes, start) == 0xffff;
}

void put16(Bytes &bytes, size_t at, uint32_t value) {
  bytes[at] = static_cast<uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<uint8_t>(value);
}

// A frame with random payload behind a transport header of `header` bytes, its checksum at `checksum`.
Bytes ip_frame(Random &random, uint8_t protocol, uint32_t header, uint32_t checksum, uint32_t payload) {
  Bytes frame(34 + header + payload);
  for (uint8_t &byte : frame) byte = static_cast<uint8_t>(random.next());
  put16(frame, 12, 0x0800);
  frame[14] = 0x45;
  put16(frame, 16, 20 + header + payload);
  put16(frame, 20, 0);
  frame[23] = protocol;
  if (protocol == 6) frame[46] = static_cast<uint8_t>(header << 2);
  if (protocol == 17) put16(frame, 38, header + payload);
  put16(frame, 24, 0);
  put16(frame, 24, ~sum(frame.data() + 14, 20, 0) & 0xffff);
  put16(frame, 34 + checksum, 0);
  const uint32_t start = protocol == 1 ? 0 : sum(frame.data() + 26, 8, protocol + header + payload);
  put16(frame, 34 + checksum, ~sum(frame.data() + 34, header + payload, start) & 0xffff);
  return frame;
}

std::string capture(const std::vector<Bytes> &frames) {
  const auto word = [](uint32_t value) { return std::string(reinterpret_cast<const char *>(&value), 4); };
  std::string file = word(0xa1b2c3d4) + word(4 << 16 | 2) + word(0) + word(0) + word(65535) + word(1);
  for (const Bytes &frame : frames) {
    const auto length = static_cast<uint32_t>(frame.size());
    file += word(0) + word(0) + word(length) + word(length) + std::string(frame.begin(), frame.end());
  }
  return file;
}

} // namespace

TEST("generated frames differ by flow and have right checksums, with trailers and without") {
  for (const char *options : {"size=64,flows=100000", "size=1519,flows=3", "size=65,flows=1", "size=64,flows=70,verify=true", "size=64,flows=3000,verify=true,latency=1",
                              "flows=4096,sources=192.168.0.0/28,destinations=10.9.0.0/20,sports=7,dports=1-16,verify=true", "size=9220,flows=2,verify=true"}) {
    Bench bench(options);
    CHECK(bench.port != nullptr);
    PortSpec spec;
    CHECK(read_port(std::string("if=gen:") + options, spec, bench.failure));
    std::set<std::string> flows;
    for (uint32_t frame = 0; frame < spec.flows; frame += 1) {
      const std::vector<Bytes> sent = bench.send(spec.size > 1800 ? 8 : 1);
      CHECK(!sent.empty() && sent[0].size() == spec.size - 4);
      const Bytes &at = sent[0];
      CHECK(memcmp(at.data(), kMac, 6) == 0 && at[22] == 64 && checksums_right(at));
      flows.insert(std::string(at.begin() + 26, at.begin() + 38));
    }
    CHECK(flows.size() == spec.flows && bench.figures.rx_packets >= spec.flows);
  }
}

TEST("IMIX is 7 : 4 : 1, and each flow has frames of all sizes") {
  for (const char *options : {"size=imix,flows=12", "size=imix,flows=12,verify=true", "size=imix,flows=1200"}) {
    Bench bench(options);
    std::map<size_t, uint32_t> sizes;
    std::set<std::pair<size_t, std::string>> seen;
    for (uint32_t frame = 0; frame < 12 * 1200; frame += 1) {
      const Bytes at = bench.send(1)[0];
      CHECK(checksums_right(at));
      sizes[at.size() + 4] += 1;
      seen.insert({at.size(), std::string(at.begin() + 26, at.begin() + 38)});
    }
    CHECK(sizes[64] == 7 * 1200 && sizes[594] == 4 * 1200 && sizes[1518] == 1200);
    CHECK(seen.size() == (std::string(options) == "size=imix,flows=1200" ? 3 * 1200 : 36));
  }
}

TEST("loss, copies, other order and damage are counted to the frame") {
  Random random(wl::test::seed());
  for (const char *options : {"verify=true,flows=9", "verify=true,latency=1000000,size=imix", "verify=true,latency=100,rate=1000,size=200"}) {
    Bench bench(options);
    uint64_t lost = 0, copies = 0, damaged = 0, whole = 0, late = 0, now = 1;
    std::deque<Bytes> held;
    for (uint32_t round = 0; round < 3000; round += 1, now += 2600000) {
      for (Bytes &frame : bench.send(1, now)) {
        const uint64_t fate = random.below(20);
        if (fate == 0) {
          lost += 1;
        } else if (fate == 1 && held.empty()) {
          held.push_back(frame);
        } else if (fate == 2) {
          damaged += 1;
          frame[42 + random.below(frame.size() - 42 - sizeof(Trailer))] ^= 1;
          bench.see(frame);
        } else {
          whole += 1;
          bench.see(frame);
          if (fate == 3) bench.see(frame), copies += 1;
        }
      }
      if (round % 7 == 6 && !held.empty()) {
        // Timed frames have numbers of their own: whether this one is late shows in the stream's count alone.
        late += 1;
        bench.see(held.front());
        held.pop_front();
      }
    }
    lost += held.size();
    const Stream &stream = bench.stream();
    CHECK(stream.offered() == stream.sent() && stream.sent() == lost + damaged + whole + late);
    CHECK(stream.seen() == whole + late + copies + damaged && stream.lost() == lost && stream.duplicated() == copies && stream.corrupted() == damaged);
    CHECK(stream.reordered() <= late && stream.reordered() > late / 2);
  }
}

TEST("what is not of the stream is not taken for it, and what an appliance makes up is damage") {
  Random random(wl::test::seed());
  Bench bench("verify=true");
  const Bytes frame = bench.send(1)[0];
  Bytes other = frame;
  other[other.size() - 13] ^= 1; // the stream's number
  bench.see(other);
  bench.see(Bytes(8));
  for (uint32_t round = 0; round < 1000; round += 1) {
    other.resize(60 + random.below(100));
    for (uint8_t &byte : other) byte = static_cast<uint8_t>(random.next());
    bench.see(other);
  }
  CHECK(bench.stream().seen() == 0 && bench.measurement.out() == 1002);
  // A number that was not sent yet, in a trailer that is right by itself.
  other = frame;
  const Trailer trailer = Trailer::make(Trailer::base(5, frame.data() + 42, 2), TrailerKind::plain, 77);
  memcpy(other.data() + 44, &trailer, sizeof trailer);
  bench.see(other);
  CHECK(bench.stream().seen() == 1 && bench.stream().corrupted() == 1 && bench.stream().lost() == 1);
}

TEST("timed frames are a part of the rate, and each is timed once") {
  for (const char *options : {"latency=10,rate=1000", "latency=10,rate=1000,verify=true", "latency=7,rate=1000", "latency=1000,rate=1000"}) {
    Bench bench(options);
    uint64_t frames = 0;
    for (uint64_t now = 1; now <= bench.clock.hz; now += bench.clock.hz / 5000) {
      for (const Bytes &frame : bench.send(8, now)) {
        frames += 1;
        bench.see(frame);
        bench.see(frame);
      }
    }
    PortSpec spec;
    CHECK(read_port(std::string("if=gen:") + options, spec, bench.failure));
    const LatencyHistogram *const latency = bench.stream().latency();
    CHECK(frames == 1000 && bench.stream().sent() == 1000 && latency->count() == spec.latency && bench.stream().duplicated() == (spec.verify ? 1000 : spec.latency));
    CHECK(latency->min_ns() > 0 && latency->max_ns() < 100000000 && bench.stream().lost() == 0);
  }
}

TEST("rates are kept to the ppm from 1 frame a second to 10 million") {
  Random random(wl::test::seed());
  for (const uint64_t rate : {1u, 3u, 1000u, 100000u, 1000000u, 10000000u}) {
    Bench bench("rate=" + std::to_string(rate));
    const uint64_t start = 1000 + random.below(1000000), seconds = rate < 10 ? 20 : 1;
    const uint64_t longest = 3000; // ticks of a round of the driver
    bench.guest.offer(Guest::kSize);
    for (uint64_t now = start; now < start + seconds * bench.clock.hz; now += rate < 10 ? 1 + random.below(1000000) : 1 + random.below(longest)) {
      bench.guest.offer(bench.port->receive(&bench.guest.queue(), Guest::kSize, now, bench.figures));
    }
    bench.guest.offer(bench.port->receive(&bench.guest.queue(), Guest::kSize, start + seconds * bench.clock.hz - 1, bench.figures));
    CHECK(bench.stream().sent() == rate * seconds && bench.stream().unsent() == 0);
    CHECK(std::abs(bench.port->pacer()->error_ppm(bench.clock.hz)) < 100 && (rate < 10 || bench.port->pacer()->max_late_ns() < 2 * longest));
    CHECK(std::abs(bench.port->pacer()->error_ppm(bench.clock.hz * 1001 / 1000) + 1000) < 150);
  }
}

TEST("a frame is due exactly when it is said to be") {
  Random random(wl::test::seed());
  for (uint32_t round = 0; round < 20000; round += 1) {
    TscClock clock;
    clock.hz = 1000000000 + random.below(4000000000);
    const uint64_t rate = 1 + random.below(uint64_t{1} << (1 + random.below(30)));
    Pacer pacer(rate, clock);
    pacer.start(1 + random.below(uint64_t{1} << 40));
    const uint64_t index = random.below(uint64_t{1} << (1 + random.below(36)));
    if (static_cast<double>(index) * static_cast<double>(clock.hz) / static_cast<double>(rate) > 1e18) continue; // further away than the TSC counts
    CHECK(pacer.due(pacer.moment(index)) > index && (index == 0 || pacer.due(pacer.moment(index) - 1) <= index));
  }
}

TEST("frames without a buffer are offered, unsent, and have no number") {
  Bench bench("rate=1000000,count=100,verify=true");
  const uint64_t ticks = bench.clock.hz / 1000000;
  std::vector<Bytes> frames = bench.send(10, 1);
  CHECK(frames.size() == 1);
  // Nine buffers are left of ten; 39 frames are due.
  bench.port->receive(&bench.guest.queue(), 64, 1 + 40 * ticks - ticks / 2, bench.figures);
  CHECK(bench.guest.take().size() == 9 && bench.stream().sent() == 10 && bench.stream().unsent() == 30 && bench.figures.drops == 30);
  frames = bench.send(1, 1 + 41 * ticks);
  CHECK(frames.size() == 1);
  Trailer trailer;
  memcpy(&trailer, frames[0].data() + frames[0].size() - sizeof trailer, sizeof trailer);
  CHECK(trailer.sequence == 10);
  const uint64_t offered = bench.stream().offered();
  bench.port->end(1 + 60 * ticks - 1);
  CHECK(bench.stream().offered() == 60 && bench.stream().unsent() == 60 - 11 && offered < 60 && bench.port->spent() && bench.port->next_frame() == kNever);
  // Without a rate the appliance sets the pace, and nothing is late.
  Bench other("count=100");
  CHECK(other.send(10).size() == 10 && other.port->receive(&other.guest.queue(), 64, 2, other.figures) == 0 && other.port->blocked());
  other.port->end(3);
  CHECK(other.stream().offered() == 10 && other.stream().unsent() == 0);
}

TEST("frames that warm up are sent and not counted, and the stream begins anew behind them") {
  Bench bench("count=20,warmup=30,verify=true,latency=100,rate=1000");
  const uint64_t ticks = bench.clock.hz / 1000;
  uint64_t now = 1;
  for (uint32_t frame = 0; frame < 40; frame += 1, now += ticks) {
    for (const Bytes &sent : bench.send(4, now)) bench.see(sent);
  }
  CHECK(bench.figures.rx_packets == 30 && bench.port->resting() && bench.port->spent() && bench.stream().offered() == 0 && bench.stream().seen() == 0);
  bench.port->resume();
  CHECK(!bench.port->resting() && !bench.port->spent());
  for (uint32_t frame = 0; frame < 40; frame += 1, now += ticks) {
    for (const Bytes &sent : bench.send(4, now)) bench.see(sent);
  }
  CHECK(bench.figures.rx_packets == 50 && bench.port->spent() && bench.stream().offered() == 20 && bench.stream().seen() == 20 && bench.stream().latency()->count() == 2);
  CHECK(std::abs(bench.port->pacer()->error_ppm(bench.clock.hz)) < 1);
}

TEST("a surge leads over to the stream at its rate, and the last loss tells when it was recovered from") {
  Bench bench("count=100,surge=50,surge_rate=10000,rate=1000,verify=true");
  const uint64_t ticks = bench.clock.hz / 1000;
  uint64_t now = 1;
  uint32_t turns = 0;
  for (; bench.stream().offered() == 0 && turns < 20; turns += 1, now += ticks) {
    for (const Bytes &sent : bench.send(64, now)) bench.see(sent);
  }
  CHECK(bench.figures.rx_packets == 51 && turns >= 6 && bench.stream().seen() == 1 && bench.stream().recovers() && bench.stream().recovery_ticks() == 0);
  const uint64_t end = now - ticks;
  for (uint32_t frame = 1; frame < 5; frame += 1, now += ticks) bench.port->receive(nullptr, 64, now, bench.figures); // no room
  CHECK(bench.stream().unsent() == 4 && bench.stream().recovery_ticks() == now - ticks - end);
  while (!bench.port->spent()) {
    for (const Bytes &sent : bench.send(64, now)) bench.see(sent);
    now += ticks;
  }
  CHECK(bench.stream().offered() == 100 && bench.stream().seen() == 96 && bench.stream().recovery_ticks() == 4 * ticks);
}

TEST("captured frames are numbered behind UDP, TCP and ICMP, and stay right") {
  Random random(wl::test::seed());
  std::vector<Bytes> frames;
  for (uint32_t round = 0; round < 60; round += 1) {
    const auto payload = static_cast<uint32_t>(16 + random.below(200));
    frames.push_back(ip_frame(random, 17, 8, 6, payload));
    frames.push_back(ip_frame(random, 6, 20 + 4 * static_cast<uint32_t>(random.below(5)), 16, payload));
    frames.push_back(ip_frame(random, 1, 8, 2, payload));
  }
  frames[0].resize(frames[0].size() + 7); // what follows the packet is not its payload
  const TemporaryFile file(capture(frames));
  Bench bench("verify=true,latency=1,template=" + file.path());
  CHECK(bench.port != nullptr);
  frames[0].resize(frames[0].size() - 7);
  for (const Bytes &frame : frames) {
    const Bytes sent = bench.send(1)[0];
    CHECK(sent.size() == frame.size() && checksums_right(sent, sent[23] != 1) && memcmp(sent.data(), frame.data(), 34) == 0);
    bench.see(sent);
  }
  CHECK(bench.stream().seen() == frames.size() && bench.stream().corrupted() == 0 && bench.stream().lost() == 0 && bench.stream().latency()->count() == 1);
}

TEST("captures without room for numbers are refused where numbers are asked for") {
  Random random(wl::test::seed());
  const Bytes good = ip_frame(random, 17, 8, 6, 16), tight = ip_frame(random, 17, 8, 6, 15);
  Bytes fragment = ip_frame(random, 17, 8, 6, 100), arp(60), cut = ip_frame(random, 6, 20, 16, 100);
  fragment[20] = 0x20;
  put16(arp, 12, 0x0806);
  cut.resize(60);
  for (const Bytes &bad : {tight, fragment, arp, cut}) {
    const TemporaryFile file(capture({good, bad})), alone(capture({bad}));
    Bench plain("template=" + file.path()), timed("latency=1000,template=" + file.path()), verified("verify=true,template=" + file.path()), lonely("latency=1,template=" + alone.path());
    CHECK(plain.port != nullptr && plain.send(1)[0] == good && plain.send(1)[0] == bad);
    CHECK(timed.port != nullptr && verified.port == nullptr && verified.failure.code == "WL4025" && lonely.port == nullptr && lonely.failure.code == "WL4025");
    CHECK(verified.failure.message.find("frame 2 ") == 0);
    timed.send(1);
    CHECK(timed.send(1)[0] == bad);
  }
}

TEST("frames longer than a buffer have their trailers in the last one") {
  Bench bench("size=5000,verify=true", 1100);
  for (uint32_t round = 0; round < 50; round += 1) {
    for (const Bytes &frame : bench.send(7)) {
      CHECK(frame.size() == 4996 && checksums_right(frame));
      bench.see(frame);
    }
  }
  CHECK(bench.stream().sent() >= 50 && bench.stream().seen() == bench.stream().sent() && bench.stream().corrupted() == 0 && bench.stream().lost() == 0);
}
