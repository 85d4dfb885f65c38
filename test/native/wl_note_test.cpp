// Notes: what a processor hears of frames that others take (WL_NOTE), from the dealer of frames to the elements that learn.
#include "wl_spreader.h"
#include "wl_test.h"
#include "wl_test_driver.h"
#include "wl_test_guest.h"

#include <cstring>
#include <vector>

using namespace wl;
using wl::test::Guest;

namespace {

using Bytes = std::vector<uint8_t>;

// An Ethernet frame of a type that nobody knows, from a host.
Bytes frame_of(uint8_t host, uint32_t bytes = 60) {
  Bytes frame(bytes, host);
  const uint8_t addresses[12] = {2, 0, 0, 0, 0, 0xff, 2, 0, 0, 0, 0, host};
  memcpy(frame.data(), addresses, sizeof addresses);
  frame[12] = 0x88, frame[13] = 0xb5;
  return frame;
}

// Two processors, and what deals frames out to them.
struct Dealt {
  Guest guests[2];
  std::vector<ReceiveQueue> to{2};
  std::vector<Bytes> frames[2];
  Steering steering;
  std::unique_ptr<Spreader> spreader;

  explicit Dealt(bool teaches) : steering(7, 2, Steering::By::ports, false, teaches) {
    for (uint32_t core = 0; core < 2; core += 1) guests[core].attach(to[core]);
    Failure failure;
    spreader = Spreader::create(steering, 0, to, failure);
    if (spreader == nullptr) abort();
  }
  uint32_t core(const Bytes &frame) const { return steering.core(frame.data(), static_cast<uint32_t>(frame.size())); }
  // Deals a frame out, or what waits; how many went.
  uint32_t deal(const Bytes &frame, uint64_t now_us) {
    if (!frame.empty() && !spreader->intake().put(frame.data(), static_cast<uint32_t>(frame.size()))) abort();
    const uint32_t gone = spreader->spread(now_us);
    for (uint32_t core = 0; core < 2; core += 1) {
      to[core].publish();
      for (Bytes &taken : guests[core].take()) frames[core].push_back(std::move(taken));
    }
    return gone;
  }
  bool have(uint32_t core, size_t frame_count, size_t note_count) const { return frames[core].size() == frame_count && guests[core].notes().size() == note_count; }
};

constexpr uint64_t kFeatures = uint64_t{1} << WL_VIRTIO_F_VERSION_1 | uint64_t{1} << WL_VIRTIO_NET_F_MRG_RXBUF;
constexpr Agreement kAgreements[] = {{kFeatures, false}, {kFeatures | uint64_t{1} << WL_VIRTIO_F_IN_ORDER, false}, {kFeatures | uint64_t{1} << WL_VIRTIO_F_IN_ORDER, true}, {kFeatures, true}};

// The driver of images, with our device at its ring.
struct Interface {
  GuestMemory memory;
  const wl_image_info &info;
  ReceiveQueue receive;
  TransmitQueue transmit;

  explicit Interface(const Agreement &agreed) : info(*wl_test_driver_begin(agreed.features, agreed.bare)) {
    memory.adopt(info, reinterpret_cast<uint8_t *>(info.base));
    receive.attach(memory, info.interfaces[0].receive, agreed);
    transmit.attach(memory, info.interfaces[0].transmit, agreed);
  }
  const wl_interface_counters &counters() const { return memory.at<wl_control>(info.control)->interfaces[0]; }
  // A round of the driver; the frames that came back.
  std::vector<Bytes> round() {
    receive.publish();
    wl_test_driver_round();
    FrameView frames[kDrainBatch];
    std::vector<Bytes> back;
    for (uint32_t index = 0, count = transmit.take(frames); index < count; index += 1) back.emplace_back(frames[index].data, frames[index].data + frames[index].length);
    transmit.give_back();
    return back;
  }
};

} // namespace

TEST("of a host that was not known one processor gets the frame, and the other a note, once in a while") {
  Dealt dealt(true);
  for (Guest &guest : dealt.guests) guest.offer(8);
  const Bytes frame = frame_of(1, 200);
  const uint32_t own = dealt.core(frame), other = 1 - own;
  CHECK(dealt.deal(frame, 5) == 1 && dealt.have(own, 1, 0) && dealt.have(other, 0, 1));
  CHECK(dealt.frames[own][0] == frame && dealt.guests[other].notes()[0] == Bytes(frame.begin(), frame.begin() + WL_NOTE_BYTES_MAX));
  CHECK(dealt.deal(frame, 4 + Stations::kTellAgainUs) == 1 && dealt.have(own, 2, 0) && dealt.have(other, 0, 1));
  CHECK(dealt.deal(frame, 5 + Stations::kTellAgainUs) == 1 && dealt.have(own, 3, 0) && dealt.have(other, 0, 2));
  CHECK(dealt.spreader->copies() == 2);
}

TEST("nobody hears of groups, of what is no frame, or where no element learns") {
  Dealt dealt(true), still(false);
  for (Guest &guest : dealt.guests) guest.offer(8);
  for (Guest &guest : still.guests) guest.offer(8);
  Bytes group = frame_of(1);
  group[6] |= 1;
  CHECK(dealt.deal(group, 1) == 1 && dealt.deal(Bytes(13, 2), 1) == 1 && still.deal(frame_of(1), 1) == 1);
  for (const Dealt *each : {&dealt, &still}) CHECK(each->guests[0].notes().empty() && each->guests[1].notes().empty() && each->spreader->copies() == 0);
  CHECK(dealt.frames[0].size() + dealt.frames[1].size() == 2 && still.frames[0].size() + still.frames[1].size() == 1);
}

TEST("a frame with a note waits until both processors have room, and each gets its own once") {
  const Bytes frame = frame_of(1);
  for (uint32_t which = 0; which < 2; which += 1) {
    Dealt dealt(true);
    const uint32_t own = dealt.core(frame), full = which == 0 ? own : 1 - own;
    dealt.guests[1 - full].offer(8);
    CHECK(dealt.deal(frame, 1) == 0 && dealt.have(0, 0, 0) && dealt.have(1, 0, 0));
    CHECK(dealt.spreader->waits() && !dealt.spreader->may_go() && &dealt.spreader->awaited() == &dealt.to[full]);
    dealt.guests[full].offer(1);
    CHECK(dealt.spreader->may_go() && dealt.deal({}, 2) == 1 && dealt.have(own, 1, 0) && dealt.have(1 - own, 0, 1));
    CHECK(dealt.deal({}, 3) == 0 && !dealt.spreader->waits() && dealt.spreader->copies() == 1);
  }
}

TEST("notes teach in the order of the wire, and are neither sent on nor bytes that were received") {
  for (const Agreement &agreed : kAgreements) {
    Interface interface(agreed);
    const auto note = [&](uint8_t host, uint32_t bytes) { return interface.receive.put_note(frame_of(host, bytes).data(), bytes); };
    const auto put = [&](uint8_t host) { return interface.receive.put(frame_of(host).data(), 60); };
    CHECK(note(1, 60) && note(2, 14) && put(3) && put(4) && note(5, 1500) && put(6) && note(7, 60));
    std::vector<Bytes> back;
    for (int round = 0; round < 4; round += 1) {
      for (Bytes &frame : interface.round()) back.push_back(std::move(frame));
    }
    CHECK(back == (std::vector<Bytes>{frame_of(3), frame_of(4), frame_of(6)}));
    const wl_test_lesson *lessons;
    CHECK(wl_test_driver_lessons(&lessons) == 4);
    const struct {
      uint8_t host;
      uint32_t length;
      uint64_t frames;
    } expected[] = {{1, 60, 0}, {2, 14, 0}, {5, WL_NOTE_BYTES_MAX, 2}, {7, 60, 3}};
    for (uint32_t index = 0; index < 4; index += 1) {
      const Bytes frame = frame_of(expected[index].host, 60);
      CHECK(lessons[index].length == expected[index].length && lessons[index].frames == expected[index].frames);
      CHECK(memcmp(lessons[index].bytes, frame.data(), lessons[index].length) == 0);
    }
    CHECK(interface.counters().rx_packets == 7 && interface.counters().rx_bytes == 180 && interface.counters().rx_drops == 0);
    CHECK(wl_test_driver_slots_are_one_each());
  }
}

TEST("a device that lies about notes teaches nothing, and takes no buffer away") {
  // The length of the element, header included, and whether it names the buffer that is its turn.
  const struct {
    uint32_t length;
    bool own;
  } lies[] = {{0, true}, {WL_VIRTIO_NET_HEADER_BYTES - 1, true}, {WL_VIRTIO_NET_HEADER_BYTES + 13, true}, {WL_VIRTIO_NET_HEADER_BYTES + WL_NOTE_BYTES_MAX + 1, true}, {0x7fffffff, true}, {WL_VIRTIO_NET_HEADER_BYTES + 60, false}};
  for (const Agreement &agreed : kAgreements) {
    for (const auto &lie : lies) {
      Interface interface(agreed);
      const wl_ring_info &ring = interface.info.interfaces[0].receive;
      const uint16_t first = interface.memory.at<uint16_t>(ring.available)[2];
      uint32_t *const element = interface.memory.at<uint32_t>(ring.used + 4);
      element[0] = lie.own ? first : 0xffffffff;
      element[1] = lie.length | WL_NOTE;
      interface.memory.at<uint16_t>(ring.used)[1] = 1;
      wl_test_driver_round();
      const wl_test_lesson *lessons;
      CHECK(wl_test_driver_lessons(&lessons) == 0 && interface.counters().rx_bytes == 0);
      CHECK(lie.own || (agreed.features >> WL_VIRTIO_F_IN_ORDER & 1) != 0 || interface.counters().rx_packets == 1);
      CHECK(!lie.own || wl_test_driver_slots_are_one_each());
    }
  }
}
