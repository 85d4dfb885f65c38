// An appliance that is controlled by its serial port: what it answers, and what it makes of noise.
#include "wl_test.h"
#include "wl_test_driver.h"

#include <cstring>
#include <deque>
#include <vector>

#include "../../native/abi/wl_channel_abi.h"

using wl::test::Random;

namespace {

constexpr uint64_t kIdentity = 0x07060504030201f5, kOther = 0x17161514131211f5;
constexpr uint64_t kMillisecond = 1000000, kSecond = 1000 * kMillisecond;

struct Reply {
  bool whole = false;
  std::vector<uint8_t> bytes;
  wl_serial_frame frame; // its last member has no length
};

uint32_t check_of(const std::vector<uint8_t> &bytes, size_t count) {
  uint32_t check = 0x811c9dc5;
  for (size_t at = 0; at < count; at += 1) check = (check ^ bytes[at]) * 0x01000193;
  return check;
}

void append(std::vector<uint8_t> &to, const void *from, size_t bytes) {
  const auto *const at = static_cast<const uint8_t *>(from);
  to.insert(to.end(), at, at + bytes);
}

std::vector<uint8_t> request(uint16_t kind, uint64_t offset, uint32_t length, const std::vector<uint8_t> &data = {}, uint64_t image = kIdentity, uint16_t number = 7) {
  wl_serial_frame frame{};
  frame.image = image;
  frame.kind = kind;
  frame.number = number;
  frame.length = length;
  frame.offset = offset;
  std::vector<uint8_t> bytes;
  append(bytes, &frame, sizeof frame);
  append(bytes, data.data(), data.size());
  const uint32_t check = check_of(bytes, bytes.size());
  append(bytes, &check, sizeof check);
  return bytes;
}

// The appliance, and the line to its port.
class Port {
public:
  explicit Port(bool there = true) : there_(there), control(wl_test_serial_begin(&ports_, kIdentity, &end)) {}

  void say(const std::vector<uint8_t> &bytes) { received_.insert(received_.end(), bytes.begin(), bytes.end()); }
  // It looks until nothing happens any more.
  void look() {
    for (size_t moved = 1; moved != 0;) {
      const size_t before = moved_;
      next = wl_test_serial_look(now);
      now = next > now ? next : now + 1;
      moved = moved_ - before;
    }
  }
  // The reply that has come, as a host reads it.
  Reply reply() {
    std::vector<uint8_t> bytes;
    for (size_t at = 0; at < said.size(); at += 1) {
      if (said[at] != 0) bytes.push_back(said[at]);
      else if (at + 1 < said.size()) bytes.insert(bytes.end(), said[at += 1], 0);
    }
    said.clear();
    Reply result{};
    if (bytes.size() < sizeof result.frame + 4) return result;
    memcpy(&result.frame, bytes.data(), sizeof result.frame);
    const size_t end_of = sizeof result.frame + result.frame.length;
    if (bytes.size() != end_of + 4) return result;
    uint32_t check;
    memcpy(&check, bytes.data() + end_of, 4);
    result.whole = check == check_of(bytes, end_of);
    result.bytes.assign(bytes.begin() + sizeof result.frame, bytes.begin() + static_cast<long>(end_of));
    return result;
  }
  Reply ask(const std::vector<uint8_t> &bytes) {
    say(bytes);
    look();
    return reply();
  }
  uint32_t status(const std::vector<uint8_t> &bytes) {
    const Reply answer = ask(bytes);
    return answer.whole && answer.frame.number == 7 ? answer.frame.kind : 99;
  }
  bool silent(const std::vector<uint8_t> &bytes) {
    say(bytes);
    look();
    return said.empty();
  }

private:
  uint8_t in(uint16_t port) {
    if (!there_) return 0xff;
    if (port == WL_PORT_CONSOLE + 5) return static_cast<uint8_t>((received_.empty() ? 0 : 1) | (room ? 0x20 : 0));
    if (port != WL_PORT_CONSOLE || received_.empty()) abort();
    const uint8_t byte = received_.front();
    received_.pop_front();
    moved_ += 1;
    return byte;
  }
  void out(uint16_t port, uint8_t value) {
    if (port == WL_PORT_CONSOLE + 2) return;
    CHECK(port == WL_PORT_CONSOLE);
    said.push_back(value);
    moved_ += 1;
  }

  const bool there_;
  std::deque<uint8_t> received_;
  size_t moved_ = 0;
  const wl_test_ports ports_ = {
    this,
    [](void *self, uint16_t port) { return static_cast<Port *>(self)->in(port); },
    [](void *self, uint16_t port, uint8_t value) { static_cast<Port *>(self)->out(port, value); },
  };

public:
  uint64_t end = 0, now = kSecond, next = 0;
  bool room = true;
  std::vector<uint8_t> said;
  wl_control *const control;
  uint8_t *memory() { return reinterpret_cast<uint8_t *>(control); }
};

constexpr uint64_t kStop = offsetof(wl_control, stop), kSilent = offsetof(wl_control, hold_silent_ms), kOutside = offsetof(wl_control, interfaces);

std::vector<uint8_t> word(uint32_t value) {
  std::vector<uint8_t> bytes;
  append(bytes, &value, sizeof value);
  return bytes;
}

void hold(Port &port, uint32_t milliseconds) {
  CHECK(port.status(request(WL_CHANNEL_WRITE, kSilent, 4, word(milliseconds))) == WL_CHANNEL_OK);
  CHECK(port.status(request(WL_CHANNEL_WRITE, kStop, 4, word(WL_STOP_HOLD))) == WL_CHANNEL_OK);
}

} // namespace

TEST("what is read is what is there, zeros and all, with who says so and when") {
  Port port;
  for (uint32_t at = 0; at < 1000; at += 3) port.memory()[kOutside + at] = static_cast<uint8_t>(at * 7);
  const Reply reply = port.ask(request(WL_CHANNEL_READ, kOutside, 1000));
  CHECK(reply.whole && reply.frame.kind == WL_CHANNEL_OK && reply.frame.image == kIdentity && reply.frame.number == 7 && reply.frame.offset >= kSecond);
  CHECK(reply.bytes.size() == 1000 && memcmp(reply.bytes.data(), port.memory() + kOutside, 1000) == 0);
  const Reply most = port.ask(request(WL_CHANNEL_READ, kOutside, WL_SERIAL_BYTES_MAX));
  CHECK(most.whole && most.bytes.size() == WL_SERIAL_BYTES_MAX);
}

TEST("zeros take two bytes, however many they are up to 255") {
  Port port;
  port.say(request(WL_CHANNEL_READ, kOutside, 2550));
  port.look();
  CHECK(port.said.size() < 64);
  CHECK(port.reply().bytes == std::vector<uint8_t>(2550, 0));
}

TEST("ranges that are not the appliance's data are refused, and nothing of them is touched") {
  Port port;
  hold(port, 1000);
  for (const uint16_t kind : {WL_CHANNEL_READ, WL_CHANNEL_WRITE}) {
    const std::vector<uint8_t> data(kind == WL_CHANNEL_WRITE ? 8 : 0, 0xaa);
    for (const uint64_t offset : {uint64_t{0}, uint64_t{WL_TEST_SERIAL_FIRST - 1}, port.end - 7, port.end, port.end + 1, uint64_t{1} << 48, ~uint64_t{0}, ~uint64_t{0} - 6}) {
      CHECK(port.status(request(kind, offset, 8, data)) == WL_CHANNEL_OUTSIDE);
    }
    CHECK(port.status(request(kind, port.end - 8, 8, data)) == WL_CHANNEL_OK);
  }
  CHECK(port.status(request(WL_CHANNEL_READ, kOutside, WL_SERIAL_BYTES_MAX + 1)) == WL_CHANNEL_OUTSIDE);
  CHECK(port.status(request(WL_CHANNEL_READ, kOutside, ~0u)) == WL_CHANNEL_OUTSIDE);
  CHECK(port.status(request(WL_CHANNEL_WRITE, kOutside, WL_SERIAL_BYTES_MAX + 1)) == WL_CHANNEL_OUTSIDE);
  CHECK(port.status(request(99, kOutside, 8)) == WL_CHANNEL_UNKNOWN);
}

TEST("state is written while the appliance is held, and what the host has of the control block at any time") {
  Port port;
  CHECK(port.status(request(WL_CHANNEL_WRITE, kOutside, 4, word(5))) == WL_CHANNEL_NOT_HELD);
  CHECK(port.control->interfaces[0].rx_packets == 0);
  CHECK(port.status(request(WL_CHANNEL_WRITE, offsetof(wl_control, step_done) - 4, 8, std::vector<uint8_t>(8, 1))) == WL_CHANNEL_NOT_HELD);
  CHECK(port.status(request(WL_CHANNEL_WRITE, offsetof(wl_control, step_request) - 4, 8, std::vector<uint8_t>(8, 1))) == WL_CHANNEL_NOT_HELD);
  CHECK(port.control->step_request == 0);
  CHECK(port.status(request(WL_CHANNEL_WRITE, offsetof(wl_control, tap_frame_bytes), 4, word(64))) == WL_CHANNEL_OK);
  CHECK(port.control->tap_frame_bytes == 64);
  hold(port, 1000);
  CHECK(port.status(request(WL_CHANNEL_WRITE, kOutside, 4, word(5))) == WL_CHANNEL_OK);
  CHECK(port.control->interfaces[0].rx_packets == 5);
}

TEST("who holds and then says nothing holds for as long as it said, and no longer") {
  Port port;
  hold(port, 300);
  port.now += 200 * kMillisecond;
  port.look();
  CHECK(port.control->stop == WL_STOP_HOLD);
  CHECK(port.status(request(WL_CHANNEL_READ, kOutside, 8)) == WL_CHANNEL_OK);
  port.now += 290 * kMillisecond;
  port.look();
  CHECK(port.control->stop == WL_STOP_HOLD);
  port.now += 20 * kMillisecond;
  port.look();
  CHECK(port.control->stop == WL_STOP_NOT);
  CHECK(port.status(request(WL_CHANNEL_WRITE, kOutside, 4, word(5))) == WL_CHANNEL_NOT_HELD);
}

TEST("an appliance of another image says so, and which it is, and does nothing") {
  Port port;
  const Reply reply = port.ask(request(WL_CHANNEL_WRITE, kStop, 4, word(WL_STOP_HOLD), kOther));
  CHECK(reply.whole && reply.frame.kind == WL_CHANNEL_OTHER_IMAGE && reply.frame.image == kIdentity && reply.bytes.empty());
  CHECK(port.control->stop == WL_STOP_NOT);
}

TEST("text before a request, half a request and one that was damaged are nothing") {
  Port port;
  const char text[] = "SeaBIOS (version 1.16.2)\r\nBooting from ROM..\r\n";
  std::vector<uint8_t> bytes(text, text + sizeof text);
  CHECK(port.silent(bytes));
  const std::vector<uint8_t> good = request(WL_CHANNEL_READ, kOutside, 8);
  append(bytes, good.data(), good.size());
  CHECK(port.status(bytes) == WL_CHANNEL_OK);
  for (size_t at = 1; at < good.size(); at += 1) {
    std::vector<uint8_t> damaged = good;
    damaged[at] ^= 0x10;
    /* A damaged kind may be that of a write, which waits for more. */
    CHECK(port.silent(damaged));
    port.now += kSecond;
    port.look();
    CHECK(port.silent(std::vector<uint8_t>(good.begin(), good.begin() + static_cast<long>(at))));
    port.now += kSecond;
    port.look();
    CHECK(port.status(good) == WL_CHANNEL_OK);
  }
}

TEST("a reply that nobody takes is forgotten after a while") {
  Port port;
  port.room = false;
  CHECK(port.silent(request(WL_CHANNEL_READ, kOutside, 8)));
  port.now += kSecond;
  port.look();
  port.room = true;
  port.look();
  CHECK(port.said.empty());
  CHECK(port.status(request(WL_CHANNEL_READ, kOutside, 8)) == WL_CHANNEL_OK);
}

TEST("it looks every ten milliseconds, sooner while it is asked, and noise changes nothing of that") {
  Port port;
  port.look();
  const uint64_t begin = port.now;
  CHECK(wl_test_serial_look(begin) == begin + 10 * kMillisecond);
  port.say(std::vector<uint8_t>(16, 'x'));
  CHECK(wl_test_serial_look(begin + 10 * kMillisecond) == begin + 20 * kMillisecond);
  port.say({0xf5});
  CHECK(wl_test_serial_look(begin + 20 * kMillisecond) == begin + 20 * kMillisecond);
  CHECK(wl_test_serial_look(begin + 30 * kMillisecond) == begin + 40 * kMillisecond);
}

TEST("a machine without a serial port is left alone") {
  Port port(false);
  CHECK(!wl_test_serial_is_open());
}

TEST("whatever comes, it answers what is right after it, and changes no memory that it may not") {
  Random random(wl::test::seed() * 37);
  Port port;
  for (size_t round = 0; round < 300; round += 1) {
    std::vector<uint8_t> bytes = request(static_cast<uint16_t>(random.below(4)), random.below(4) == 0 ? random.next() : random.below(port.end), static_cast<uint32_t>(random.below(5000)), std::vector<uint8_t>(random.below(64), 0xf5));
    for (uint64_t changes = random.below(8); changes > 0; changes -= 1) bytes[random.below(bytes.size())] = static_cast<uint8_t>(random.next());
    port.say(bytes);
    port.look();
    CHECK(port.control->magic == 0 && port.control->rounds == 0);
    port.now += kSecond;
    port.look();
    port.said.clear();
    CHECK(port.status(request(WL_CHANNEL_READ, kOutside, 16)) == WL_CHANNEL_OK);
  }
}
