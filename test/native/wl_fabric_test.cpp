// The switch: where frames go, and why some go nowhere.
#include "wl_fabric.h"
#include "wl_test.h"

#include <cstring>
#include <vector>

using namespace wl;

namespace {

constexpr uint64_t kSecond = 1000000000u;

// A link of the test's own: frames wait in `in`, and those that were sent are in `out`.
struct FakeLink final : Link {
  std::vector<std::vector<uint8_t>> in, out;
  uint32_t free = 1000;

  uint32_t take(FrameView *frames, uint32_t most) override {
    const auto count = static_cast<uint32_t>(in.size() < most ? in.size() : most);
    for (uint32_t index = 0; index < count; index += 1) frames[index] = {in[index].data(), static_cast<uint32_t>(in[index].size())};
    taken = count;
    return count;
  }
  void release() override { in.erase(in.begin(), in.begin() + taken); }
  uint32_t room() override { return free; }
  bool send(const Frame &frame) override {
    if (free == 0) return false;
    free -= 1;
    out.emplace_back(frame.bytes());
    frame.copy_to(out.back().data());
    return true;
  }
  int descriptor() const override { return -1; }

  uint32_t taken = 0;
};

// A switch or a wire with members that are fake.
struct Bench {
  Fabric fabric;
  std::vector<FakeLink *> links;

  explicit Bench(bool wire = false, uint64_t flood_rate = 0) { fabric.add_network("net", wire, 300 * kSecond, flood_rate); }
  FakeLink &plug(const Vlans &vlans = {}) {
    auto link = std::make_unique<FakeLink>();
    links.push_back(link.get());
    const uint32_t index = fabric.add_member("port" + std::to_string(links.size()), 0, vlans);
    fabric.set_link(index, std::move(link), false);
    return *links.back();
  }
  void send(uint32_t from, std::vector<uint8_t> frame, uint64_t now = kSecond) {
    links[from]->in.push_back(std::move(frame));
    fabric.tend(from, now);
    fabric.flush();
  }
  uint64_t dropped(uint32_t index, Drop reason) { return fabric.member(index)->drops[static_cast<size_t>(reason)]; }
};

constexpr uint8_t kAll = 0xff;

// A frame from station `from` to station `to`; kAll: to all. A tag where `control` is not 0.
std::vector<uint8_t> frame(uint8_t to, uint8_t from, uint16_t control = 0) {
  std::vector<uint8_t> bytes = {2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from};
  if (to == kAll) memset(bytes.data(), 0xff, 6);
  if (control != 0) bytes.insert(bytes.end(), {0x81, 0, static_cast<uint8_t>(control >> 8), static_cast<uint8_t>(control)});
  bytes.insert(bytes.end(), {8, 0});
  for (uint8_t at = 0; at < 46; at += 1) bytes.push_back(at);
  return bytes;
}

Vlans access(uint16_t vlan) {
  Vlans vlans;
  vlans.mode = Vlans::Mode::access;
  vlans.access = vlan;
  return vlans;
}

Vlans trunk(std::vector<uint16_t> ids) {
  Vlans vlans;
  vlans.mode = Vlans::Mode::trunk;
  for (const uint16_t id : ids) vlans.trunk.set(id);
  return vlans;
}

} // namespace

TEST("a switch floods what it does not know, and then sends to where an address was seen") {
  Bench bench;
  for (int count = 0; count < 3; count += 1) bench.plug();
  bench.send(0, frame(2, 1));
  CHECK(bench.links[1]->out.size() == 1 && bench.links[2]->out.size() == 1 && bench.links[0]->out.empty());
  bench.send(1, frame(1, 2));
  CHECK(bench.links[0]->out.size() == 1 && bench.links[2]->out.size() == 1);
  CHECK(bench.links[0]->out[0] == frame(1, 2));
  bench.send(0, frame(2, 1));
  CHECK(bench.links[1]->out.size() == 2 && bench.links[2]->out.size() == 1);
}

TEST("an address that was not seen for its age is flooded again, and one whose port is gone at once") {
  Bench bench;
  for (int count = 0; count < 3; count += 1) bench.plug();
  bench.send(1, frame(1, 2), kSecond);
  bench.send(0, frame(2, 1), 2 * kSecond);
  CHECK(bench.links[2]->out.size() == 1); // the flood of the first frame only
  bench.send(0, frame(2, 1), 400 * kSecond);
  CHECK(bench.links[2]->out.size() == 2);
  bench.send(1, frame(1, 2), 401 * kSecond);
  bench.fabric.set_link(1, nullptr, true);
  bench.send(0, frame(2, 1), 402 * kSecond);
  CHECK(bench.links[2]->out.size() == 3);
}

TEST("frames that are none, from nobody, or to where they came from are dropped with the reason") {
  Bench bench;
  bench.plug();
  bench.plug();
  bench.send(0, {1, 2, 3});
  CHECK(bench.dropped(0, Drop::too_short) == 1);
  std::vector<uint8_t> group = frame(2, 1);
  group[6] |= 1;
  bench.send(0, group);
  CHECK(bench.dropped(0, Drop::bad_source) == 1);
  bench.send(0, frame(9, 1));
  bench.send(0, frame(1, 7));
  CHECK(bench.dropped(0, Drop::same_port) == 1);
  bench.links[1]->free = 0;
  bench.send(0, frame(9, 1));
  CHECK(bench.dropped(1, Drop::no_room) == 1);
}

TEST("an address that moves too often stays where it is, and may move again later") {
  Bench bench;
  for (int count = 0; count < 3; count += 1) bench.plug();
  for (uint32_t move = 0; move < 20; move += 1) bench.send(move % 2, frame(9, 1), kSecond + move);
  CHECK(bench.dropped(0, Drop::mac_move) + bench.dropped(1, Drop::mac_move) >= 7);
  const uint64_t before = bench.dropped(0, Drop::mac_move) + bench.dropped(1, Drop::mac_move);
  bench.send(0, frame(9, 1), 20 * kSecond);
  bench.send(1, frame(9, 1), 20 * kSecond + 1);
  CHECK(bench.dropped(0, Drop::mac_move) + bench.dropped(1, Drop::mac_move) == before);
}

TEST("a port floods no more frames a second than it may, and known addresses are not counted") {
  Bench bench(false, 1000);
  bench.plug();
  bench.plug();
  bench.send(1, frame(kAll, 2));
  for (int count = 0; count < 500; count += 1) bench.send(0, frame(kAll, 1), 2 * kSecond);
  CHECK(bench.links[1]->out.size() == 100); // what a tenth of a second may be
  CHECK(bench.dropped(0, Drop::flood_limit) == 400);
  for (int count = 0; count < 500; count += 1) bench.send(0, frame(2, 1), 2 * kSecond);
  CHECK(bench.links[1]->out.size() == 600);
  bench.send(0, frame(kAll, 1), 2 * kSecond + kSecond / 100);
  CHECK(bench.links[1]->out.size() == 601);
}

TEST("of frames that come together each goes where it would have gone alone, in order") {
  // By chance, but the same each time; at once to one switch, one after the other to another.
  for (uint32_t seed = 1; seed <= 50; seed += 1) {
    Bench together, alone;
    for (Bench *bench : {&together, &alone}) {
      for (int port = 0; port < 4; port += 1) bench->plug();
      bench->links[2]->free = seed;
    }
    uint32_t state = seed;
    const auto draw = [&](uint32_t most) { return (state = state * 1664525 + 1013904223) / 65536 % most; };
    for (uint64_t turn = 1; turn <= 6; turn += 1) {
      const uint32_t from = draw(4), count = 1 + draw(kLinkBatch);
      for (uint32_t index = 0; index < count; index += 1) {
        // Runs of one destination, strangers, all, short ones, group sources.
        const uint32_t kind = draw(12);
        std::vector<uint8_t> bytes = frame(kind == 0 ? kAll : static_cast<uint8_t>(10 + (draw(3) == 0 ? draw(5) : turn % 4)), static_cast<uint8_t>(10 + (kind == 1 ? draw(4) : from)));
        if (kind == 2) bytes.resize(draw(20));
        if (kind == 3) bytes[6] |= 1;
        if (!bytes.empty()) bytes.back() = static_cast<uint8_t>(index);
        together.links[from]->in.push_back(bytes);
        alone.send(from, bytes, turn * kSecond);
      }
      together.fabric.tend(from, turn * kSecond);
      together.fabric.flush();
    }
    for (uint32_t port = 0; port < 4; port += 1) {
      const Member &one = *together.fabric.member(port), &other = *alone.fabric.member(port);
      CHECK(together.links[port]->out == alone.links[port]->out);
      CHECK(memcmp(one.drops, other.drops, sizeof one.drops) == 0);
      CHECK(one.rx_packets == other.rx_packets && one.rx_bytes == other.rx_bytes && one.tx_packets == other.tx_packets && one.tx_bytes == other.tx_bytes);
    }
  }
}

TEST("a wire takes nothing before its other end is there") {
  Bench bench(true);
  bench.plug();
  bench.send(0, frame(2, 1));
  CHECK(bench.links[0]->in.size() == 1 && bench.fabric.expects_peer(0));
  bench.plug();
  bench.fabric.member(1)->awaited = true;
  bench.fabric.tend(0, kSecond);
  CHECK(bench.links[0]->in.size() == 1 && bench.fabric.expects_peer(0));
  bench.fabric.member(1)->awaited = false;
  bench.fabric.tend(0, kSecond);
  CHECK(bench.links[0]->in.empty() && bench.links[1]->out.size() == 1 && !bench.fabric.expects_peer(0));
}

TEST("VLANs part a switch: untagged at access ports, tagged at trunks") {
  Bench bench;
  bench.plug(access(10));
  bench.plug(access(20));
  bench.plug(trunk({10, 20}));
  bench.plug(trunk({20}));
  bench.send(0, frame(kAll, 1));
  CHECK(bench.links[1]->out.empty() && bench.links[3]->out.empty());
  CHECK(bench.links[2]->out.size() == 1 && bench.links[2]->out[0] == frame(kAll, 1, 10));
  // The priority of a tag stays in another tag.
  bench.send(2, frame(kAll, 2, 0xa000 | 20));
  CHECK(bench.links[0]->out.empty());
  CHECK(bench.links[1]->out.size() == 1 && bench.links[1]->out[0] == frame(kAll, 2));
  CHECK(bench.links[3]->out.size() == 1 && bench.links[3]->out[0] == frame(kAll, 2, 0xa000 | 20));
  // The same address in another VLAN is another one.
  bench.send(0, frame(2, 1));
  CHECK(bench.links[2]->out.size() == 2);
}

TEST("frames of VLANs that a port does not have are dropped") {
  Bench bench;
  bench.plug(access(10));
  bench.plug(trunk({10}));
  bench.send(0, frame(kAll, 1, 10));
  CHECK(bench.dropped(0, Drop::wrong_vlan) == 1);
  bench.send(0, frame(kAll, 1, 0x2000)); // a tag that only has a priority
  CHECK(bench.dropped(0, Drop::wrong_vlan) == 1 && bench.links[1]->out.size() == 1);
  bench.send(1, frame(kAll, 2));
  bench.send(1, frame(kAll, 2, 11));
  CHECK(bench.dropped(1, Drop::wrong_vlan) == 2 && bench.links[0]->out.empty());
}

TEST("a wire takes no more than its other end has room for, and loses nothing") {
  Bench bench(true);
  bench.plug();
  bench.plug();
  bench.links[1]->free = 3;
  for (int count = 0; count < 10; count += 1) bench.links[0]->in.push_back(frame(2, 1));
  CHECK(bench.fabric.tend(0, kSecond) == 3);
  CHECK(bench.fabric.tend(0, kSecond) == 0 && bench.fabric.member(0)->blocked);
  CHECK(bench.links[0]->in.size() == 7 && bench.links[1]->out.size() == 3);
  bench.links[1]->free = 100;
  CHECK(bench.fabric.tend(0, kSecond) == 7);
  CHECK(bench.links[1]->out.size() == 10 && bench.dropped(1, Drop::no_room) == 0);
}

TEST("a wire carries any frame as it is, and counts what comes when its other end is away") {
  Bench bench(true);
  bench.plug();
  bench.plug();
  std::vector<uint8_t> group = frame(2, 1, 99);
  group[6] |= 1;
  bench.send(0, group);
  CHECK(bench.links[1]->out.size() == 1 && bench.links[1]->out[0] == group);
  bench.fabric.set_link(1, nullptr, true);
  bench.send(0, frame(2, 1));
  CHECK(bench.dropped(1, Drop::away) == 1);
}

// Bytes that tell which frame it is.
static std::vector<uint8_t> numbered(uint8_t number) {
  std::vector<uint8_t> bytes = frame(2, 1);
  bytes.back() = number;
  return bytes;
}

TEST("a port turns to another link between two batches: what came meanwhile waits, in order, and nothing is lost") {
  for (const bool wire : {true, false}) {
    Bench bench(wire);
    bench.plug();
    bench.plug();
    bench.send(1, frame(1, 2)); // a switch knows where station 2 is
    const size_t before = bench.links[0]->out.size();
    for (uint8_t number = 0; number < 10; number += 1) bench.send(0, numbered(number));
    bench.fabric.park(1);
    for (uint8_t number = 10; number < 100; number += 1) bench.send(0, numbered(number));
    CHECK(bench.links[1]->out.size() == 10);
    // What the old one still sends goes on.
    bench.send(1, frame(1, 2));
    CHECK(bench.links[0]->out.size() == before + 1);
    bench.fabric.drain(1, kSecond);
    auto next = std::make_unique<FakeLink>();
    FakeLink &link = *next;
    link.free = 30; // it has not room for all at once
    bench.fabric.set_link(1, std::move(next), false);
    bench.fabric.let_go(1);
    bench.fabric.tend(1, kSecond);
    CHECK(link.out.size() == 30);
    bench.send(0, numbered(100)); // behind those that wait
    CHECK(link.out.size() == 30 && bench.links[0]->in.size() == (wire ? 1 : 0)); // a wire lets the sender wait
    link.free = 1000;
    while (bench.fabric.tend(1, kSecond) != 0) continue;
    CHECK(bench.fabric.member(1)->parked == nullptr);
    bench.send(0, numbered(101));
    CHECK(link.out.size() == 92);
    for (uint8_t index = 0; index < 92; index += 1) CHECK(link.out[index] == numbered(static_cast<uint8_t>(10 + index)));
    CHECK(bench.dropped(1, Drop::no_room) == 0 && bench.dropped(1, Drop::away) == 0);
  }
}

TEST("what a port sent before it turns is not lost when the other end has no room") {
  Bench bench(true);
  bench.plug();
  bench.plug();
  bench.links[0]->free = 0;
  for (uint8_t number = 0; number < 100; number += 1) bench.links[1]->in.push_back(numbered(number));
  bench.fabric.drain(1, kSecond);
  CHECK(bench.links[1]->in.empty() && bench.links[0]->out.empty());
  bench.links[0]->free = 1000;
  while (bench.fabric.tend(0, kSecond) != 0) continue;
  CHECK(bench.links[0]->out.size() == 100);
  for (uint8_t index = 0; index < 100; index += 1) CHECK(bench.links[0]->out[index] == numbered(index));
}

TEST("the last frames that a link was given are kept when it has ended") {
  Bench bench(true);
  bench.plug();
  bench.plug();
  bench.fabric.member(1)->recorded = true;
  bench.links[1]->free = 10000;
  for (uint32_t number = 0; number < 700; number += 1) {
    std::vector<uint8_t> bytes = numbered(static_cast<uint8_t>(number));
    bytes.resize(60 + number * 2); // up to 1,458 bytes
    bench.send(0, bytes, kSecond + number);
  }
  bench.send(0, std::vector<uint8_t>(9000, 7), 2 * kSecond);
  CHECK(bench.fabric.member(1)->past_flight == nullptr);
  bench.fabric.set_link(1, nullptr, true);
  const FlightRecord *const record = bench.fabric.member(1)->past_flight.get();
  CHECK(record != nullptr && record->count() == 701 && record->kept() == FlightRecord::kFrames);
  for (uint64_t number = 701 - FlightRecord::kFrames; number < 700; number += 1) {
    const FlightRecord::Entry &entry = record->entry(number);
    CHECK(entry.at_ns == kSecond + number && entry.length == 60 + number * 2 && entry.kept == entry.length);
    CHECK(entry.data[59] == static_cast<uint8_t>(number));
  }
  const FlightRecord::Entry &last = record->entry(700);
  CHECK(last.length == 9000 && last.kept == FlightRecord::kFrameBytes && last.data[1535] == 7);
}
