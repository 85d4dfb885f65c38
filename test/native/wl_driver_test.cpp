// The driver's side of virtqueues, against our own devices and against devices that lie.
#include "wl_device_queue.h"
#include "wl_test.h"
#include "wl_test_driver.h"

#include <cstring>
#include <vector>

using namespace wl;
using wl::test::Random;

namespace {

constexpr uint64_t kFeatures = uint64_t{1} << WL_VIRTIO_F_VERSION_1 | uint64_t{1} << WL_VIRTIO_NET_F_MRG_RXBUF;
constexpr Agreement kAgreements[] = {{kFeatures, false}, {kFeatures | uint64_t{1} << WL_VIRTIO_F_IN_ORDER, false}, {kFeatures | uint64_t{1} << WL_VIRTIO_F_IN_ORDER, true}, {kFeatures, true}};

struct Interface {
  GuestMemory memory;
  const wl_image_info &info;
  const wl_interface_info &rings;
  ReceiveQueue receive;
  TransmitQueue transmit;

  explicit Interface(const Agreement &agreed) : info(*wl_test_driver_begin(agreed.features, agreed.bare)), rings(info.interfaces[0]) {
    memory.adopt(info, reinterpret_cast<uint8_t *>(info.base));
    receive.attach(memory, rings.receive, agreed);
    transmit.attach(memory, rings.transmit, agreed);
  }
  const wl_interface_counters &counters() const { return memory.at<wl_control>(info.control)->interfaces[0]; }
  // As the graph counts them.
  uint64_t frames() const { return *memory.at<uint64_t>(info.counters); }
  // Frames that are sent are copied for somebody who looks at them; nothing else changes.
  void tap() { memory.at<wl_control>(info.control)->tap_edges = 1; }
};

// The device's part of the rings, whatever it writes there.
struct Liar {
  uint16_t *index;
  uint32_t *elements;

  Liar(const Interface &interface, const wl_ring_info &ring) : index(interface.memory.at<uint16_t>(ring.used) + 1), elements(interface.memory.at<uint32_t>(ring.used + 4)) {}
  void write(uint32_t place, uint32_t id, uint32_t length) {
    elements[2 * place] = id;
    elements[2 * place + 1] = length;
  }
};

} // namespace

TEST("frames of all lengths come back as they were, in order, whatever was agreed on") {
  for (uint32_t way = 0; way < 8; way += 1) {
    const Agreement &agreed = kAgreements[way / 2];
    Random random(test::seed());
    Interface interface(agreed);
    if (way % 2 != 0) interface.tap();
    std::vector<std::vector<uint8_t>> sent, back;
    for (int round = 0; round < 2000; round += 1) {
      for (uint64_t count = random.below(8); count > 0; count -= 1) {
        std::vector<uint8_t> frame(random.below(16) == 0 ? 1 + random.below(WL_FRAME_BYTES_MAX) : 1 + random.below(200));
        if (random.below(32) == 0) frame.resize(WL_SMALL_DATA_BYTES); // fills a buffer
        for (uint8_t &byte : frame) byte = static_cast<uint8_t>(random.next());
        if (!interface.receive.put(frame.data(), static_cast<uint32_t>(frame.size()))) break;
        sent.push_back(frame);
      }
      interface.receive.publish();
      wl_test_driver_round();
      FrameView frames[kDrainBatch];
      const uint32_t count = interface.transmit.take(frames);
      for (uint32_t index = 0; index < count; index += 1) back.emplace_back(frames[index].data, frames[index].data + frames[index].length);
      interface.transmit.give_back();
    }
    CHECK(sent.size() > 1000 && sent == back && wl_test_driver_slots_are_one_each());
    CHECK(interface.counters().rx_packets == sent.size() && interface.frames() == sent.size() && interface.counters().rx_drops == 0);
    CHECK(interface.transmit.malformed() == 0 && interface.receive.malformed() == 0);
  }
}

TEST("frames with nothing to be done to them go from ring to ring, unless somebody looks at them or they need a header, and count alike") {
  for (const Agreement &agreed : kAgreements) {
    for (const bool tapped : {false, true}) {
      Interface interface(agreed);
      if (tapped) interface.tap();
      const uint8_t frame[60] = {};
      for (uint32_t count = 0; count < 5; count += 1) CHECK(interface.receive.put(frame, sizeof frame));
      interface.receive.publish();
      wl_test_driver_round();
      const bool plain = agreed.bare && (agreed.features >> WL_VIRTIO_F_IN_ORDER & 1) != 0;
      CHECK(wl_test_driver_listed() == (plain && !tapped ? 0u : 5u) && interface.frames() == 5);
      CHECK(interface.counters().rx_packets == 5 && interface.counters().rx_bytes == 300 && interface.counters().tx_packets == 5 && interface.counters().tx_bytes == 300);
    }
  }
}

TEST("a wire whose other end takes nothing drops what has no room there, and goes on where the rings no longer turn together") {
  for (const Agreement &agreed : kAgreements) {
    Interface interface(agreed);
    uint8_t next = 0;
    const auto send = [&](uint32_t count) {
      for (; count > 0; count -= 1, next += 1) CHECK(interface.receive.put(std::vector<uint8_t>(60, next).data(), 60));
      interface.receive.publish();
      wl_test_driver_round();
    };
    send(16);
    send(5);
    CHECK(interface.frames() == 21 && interface.counters().tx_packets == 16 && interface.counters().tx_drops == 5);
    for (uint32_t turn = 0; turn < 9; turn += 1) {
      FrameView frames[kDrainBatch];
      const uint8_t first = turn == 0 ? 0 : static_cast<uint8_t>(next - 16);
      CHECK(interface.transmit.take(frames) == 16);
      for (uint32_t index = 0; index < 16; index += 1) CHECK(frames[index].length == 60 && frames[index].data[0] == first + index && frames[index].data[59] == first + index);
      interface.transmit.give_back();
      if (turn < 8) send(16);
    }
    CHECK(interface.counters().tx_drops == 5 && wl_test_driver_slots_are_one_each());
  }
}

TEST("a guest whose last buffers are on their way out sleeps until they are back, not for ever") {
  for (const Agreement &agreed : kAgreements) {
    Interface interface(agreed);
    wl_test_driver_keep_free(0);
    const uint8_t frame[60] = {};
    while (interface.receive.put(frame, sizeof frame)) continue;
    interface.receive.publish();
    wl_test_driver_bare_round(); // all that it received is on the other ring
    CHECK(interface.receive.pending() == 0 && interface.transmit.pending() == 16);
    CHECK(wl_test_driver_sleep() == WL_TEST_AWAITS_SLOTS);
    FrameView frames[kDrainBatch];
    interface.transmit.take(frames);
    interface.transmit.give_back();
    CHECK(wl_test_driver_sleep() == WL_TEST_AWAITS_FRAMES && interface.receive.pending() == 16);
  }
}

TEST("an interface without buffers gets some while another keeps the guest busy") {
  Interface interface(kAgreements[1]);
  wl_test_driver_keep_free(0);
  const uint8_t frame[60] = {};
  while (interface.receive.put(frame, sizeof frame)) continue;
  interface.receive.publish();
  wl_test_driver_bare_round();
  FrameView frames[kDrainBatch];
  interface.transmit.take(frames);
  interface.transmit.give_back();
  CHECK(interface.receive.pending() == 0);
  wl_test_driver_bare_round(); // nothing was received
  CHECK(interface.receive.pending() == 16);
}

TEST("in order, a device may leave out the elements of buffers that it has filled up") {
  Interface interface(kAgreements[1]);
  Liar liar(interface, interface.rings.receive);
  for (uint32_t place = 0; place < 3; place += 1) { // each is a frame of its own, as long as its buffer
    const uint16_t buffers = 1;
    memcpy(interface.memory.at(*interface.memory.at<uint64_t>(interface.rings.receive.descriptors + 16 * place)) + 10, &buffers, 2);
  }
  liar.write(0, 3, WL_VIRTIO_NET_HEADER_BYTES + 60);
  *liar.index = 4;
  wl_test_driver_round();
  CHECK(interface.counters().rx_packets == 4 && interface.counters().rx_bytes == 3 * WL_SMALL_DATA_BYTES + 60 && interface.counters().rx_drops == 0);
  liar.write(4, 4, WL_VIRTIO_NET_HEADER_BYTES + 61);
  *liar.index = 5;
  wl_test_driver_round();
  CHECK(interface.counters().rx_packets == 5 && interface.counters().rx_bytes == 3 * WL_SMALL_DATA_BYTES + 121);
}

TEST("used elements that lie cost a frame, no more") {
  for (const Agreement &agreed : kAgreements) {
    const bool in_order = (agreed.features >> WL_VIRTIO_F_IN_ORDER & 1) != 0;
    Interface interface(agreed);
    Liar liar(interface, interface.rings.receive);
    liar.write(0, 0, WL_VIRTIO_NET_HEADER_BYTES - 1);            // shorter than its header
    liar.write(1, 1, WL_VIRTIO_NET_HEADER_BYTES + WL_SMALL_DATA_BYTES + 1); // longer than its buffer
    liar.write(2, 16, 100);                                      // no such descriptor
    liar.write(3, in_order ? 3 : 0, in_order ? 0 : 100);         // used before, or no bytes
    *liar.index = 4;
    wl_test_driver_round();
    CHECK(interface.counters().rx_packets == 0 && interface.counters().rx_drops == 4 && wl_test_driver_slots_are_one_each());
  }
}

TEST("whatever a device writes into its rings, no slot is lost or given twice") {
  Random random(test::seed());
  for (int run = 0; run < 400; run += 1) {
    Interface interface(kAgreements[run % 4]);
    Liar receive(interface, interface.rings.receive), transmit(interface, interface.rings.transmit);
    const bool mad = random.below(2) == 0; // else its lies are near the truth
    for (int round = 0; round < 100; round += 1) {
      for (Liar *liar : {&receive, &transmit}) {
        for (uint32_t place = 0; place < 16; place += 1) {
          if (random.below(3) == 0) liar->write(place, static_cast<uint32_t>(random.below(3) == 0 ? random.next() : random.below(18)), static_cast<uint32_t>(random.below(4) == 0 ? random.next() : random.below(2000)));
          else liar->write(place, place, static_cast<uint32_t>(12 + random.below(1860)));
        }
        *liar->index = static_cast<uint16_t>(mad ? random.next() : *liar->index + random.below(6));
      }
      for (uint32_t id = 0; id < 16; id += 1) { // headers too
        const uint64_t address = *interface.memory.at<uint64_t>(interface.rings.receive.descriptors + 16 * id);
        if (interface.memory.contains(address, 12)) interface.memory.at(address)[10] = static_cast<uint8_t>(random.below(8));
      }
      wl_test_driver_round();
      CHECK(wl_test_driver_slots_are_one_each());
    }
  }
}
