// The device side of virtqueues against guests that lie.
#include "wl_sent_frames.h"
#include "wl_test.h"

#include <cstring>
#include <vector>

using namespace wl;
using wl::test::Random;

namespace {

constexpr uint32_t kSize = 8;
constexpr uint64_t kDescriptors = WL_IMAGE_BASE + 0x1000, kAvailable = WL_IMAGE_BASE + 0x2000, kUsed = WL_IMAGE_BASE + 0x3000;
constexpr uint64_t kBuffers = WL_IMAGE_BASE + 0x4000;
constexpr uint32_t kBufferBytes = WL_VIRTIO_NET_HEADER_BYTES + WL_SMALL_DATA_BYTES;

// A guest of eight pages and a ring. Behind and before its memory nothing is mapped: a wrong access ends the test.
struct Ring {
  wl_image_info info{};
  GuestMemory memory;
  wl_ring_info ring{kDescriptors, kAvailable, kUsed, kSize, 0};

  Ring() {
    info.base = WL_IMAGE_BASE;
    info.memory_bytes = 64 * WL_PAGE_BYTES;
    info.shared_base = WL_IMAGE_BASE + 63 * WL_PAGE_BYTES;
    Failure failure;
    if (!memory.create(info, Sharing::threads, -1, failure)) abort();
  }
  void describe(uint16_t id, uint64_t address, uint32_t length, uint16_t flags) {
    uint8_t *at = memory.at(kDescriptors + 16 * id);
    const uint16_t next = 1;
    memcpy(at, &address, 8);
    memcpy(at + 8, &length, 4);
    memcpy(at + 12, &flags, 2);
    memcpy(at + 14, &next, 2);
  }
  void offer(uint16_t id) {
    auto *available = memory.at<uint16_t>(kAvailable);
    available[2 + available[1] % kSize] = id;
    available[1] = static_cast<uint16_t>(available[1] + 1);
  }
  void offer_in_order(uint16_t count) {
    auto *available = memory.at<uint16_t>(kAvailable);
    available[1] = static_cast<uint16_t>(available[1] + count);
  }
  uint16_t used() { return memory.at<uint16_t>(kUsed)[1]; }
  uint32_t used_id(uint32_t place) { return memory.at<uint32_t>(kUsed + 4)[2 * (place % kSize)]; }
  uint32_t used_length(uint32_t place) { return memory.at<uint32_t>(kUsed + 4)[2 * (place % kSize) + 1]; }
};

constexpr Agreement kInOrder{uint64_t{1} << WL_VIRTIO_F_IN_ORDER, false};
constexpr Agreement kBare{uint64_t{1} << WL_VIRTIO_F_IN_ORDER, true};

} // namespace

TEST("a transmitted frame is seen where it lies and given back once") {
  Ring guest;
  TransmitQueue queue;
  queue.attach(guest.memory, guest.ring);
  guest.describe(3, kBuffers, WL_VIRTIO_NET_HEADER_BYTES + 60, 0);
  guest.offer(3);
  FrameView frames[kDrainBatch];
  CHECK(queue.take(frames) == 1);
  CHECK(frames[0].data == guest.memory.at(kBuffers + WL_VIRTIO_NET_HEADER_BYTES) && frames[0].length == 60);
  CHECK(guest.used() == 0);
  queue.give_back();
  CHECK(guest.used() == 1 && guest.used_id(0) == 3);
  CHECK(queue.take(frames) == 0 && !queue.holding());
}

TEST("sent frames are the same in a list as one by one, without those that are refused, and are given back alike") {
  for (const Agreement &agreed : {Agreement{}, kInOrder, kBare}) {
    for (const bool listed : {false, true}) {
      Ring guest;
      TransmitQueue queue;
      queue.attach(guest.memory, guest.ring, agreed);
      for (uint16_t id = 0; id < kSize; id += 1) guest.describe(id, kBuffers + id * 0x1000, id == 2 ? 1 : WL_VIRTIO_NET_HEADER_BYTES + 60u + id, 0);
      for (uint16_t id = 0; id < 5; id += 1) guest.offer(id);
      FrameView list[kDrainBatch];
      SentFrames frames(queue);
      if (listed) frames = SentFrames(list, queue.take(list));
      std::vector<uint64_t> seen;
      frames.each([&](const FrameView &frame) { seen.push_back(static_cast<uint64_t>(frame.data - guest.memory.at(kBuffers)) << 16 | frame.length); });
      std::vector<uint64_t> expected;
      for (const uint64_t id : {0, 1, 3, 4}) expected.push_back((id * 0x1000 + WL_VIRTIO_NET_HEADER_BYTES) << 16 | (60 + id));
      CHECK(seen == expected && frames.count() == 4 && queue.held() == 5 && queue.malformed() == 1 && guest.used() == 0);
      queue.give_back();
      CHECK(guest.used() == 5 && !queue.holding());
    }
  }
}

TEST("descriptors that lie are refused, counted and given back") {
  struct Lie {
    uint64_t address;
    uint32_t length;
    uint16_t flags;
  };
  const Lie lies[] = {
      {0, 100, 0},                                            // below the guest
      {WL_IMAGE_BASE - 1, 100, 0},                            // begins below it
      {WL_IMAGE_BASE + 64 * WL_PAGE_BYTES - 10, 100, 0},      // ends above it
      {WL_IMAGE_BASE + 64 * WL_PAGE_BYTES, 12, 0},            // above it
      {UINT64_MAX - 50, 100, 0},                              // wraps
      {kBuffers, UINT32_MAX, 0},                              // longer than everything
      {kBuffers, WL_VIRTIO_NET_HEADER_BYTES - 1, 0},          // shorter than its header
      {kBuffers, WL_VIRTIO_NET_HEADER_BYTES + WL_FRAME_BYTES_MAX + 1, 0}, // longer than a frame may be
      {kBuffers, 100, WL_VIRTQ_DESC_F_NEXT},                  // a chain
      {kBuffers, 100, WL_VIRTQ_DESC_F_WRITE},                 // for us to write to
      {kBuffers, 100, 4},                                     // indirect
  };
  uint64_t refused = 0;
  Ring guest;
  TransmitQueue queue;
  queue.attach(guest.memory, guest.ring);
  for (const Lie &lie : lies) {
    guest.describe(1, lie.address, lie.length, lie.flags);
    guest.offer(1);
    FrameView frames[kDrainBatch];
    CHECK(queue.take(frames) == 0);
    queue.give_back();
    refused += 1;
    CHECK(queue.malformed() == refused && guest.used() == refused);
  }
  guest.offer(kSize); // a descriptor that is not there cannot be given back
  FrameView frames[kDrainBatch];
  CHECK(queue.take(frames) == 0);
  queue.give_back();
  CHECK(queue.malformed() == refused + 1 && guest.used() == refused);
}

TEST("an index that runs ahead counts as a full ring, no more") {
  Ring guest;
  TransmitQueue queue;
  queue.attach(guest.memory, guest.ring);
  guest.memory.at<uint16_t>(kAvailable)[1] = 60000;
  CHECK(queue.pending() == kSize);
  FrameView frames[kDrainBatch];
  CHECK(queue.take(frames) <= kSize);
  queue.give_back();
}

TEST("a received frame has a header of one buffer, and its length with it") {
  Ring guest;
  ReceiveQueue queue;
  queue.attach(guest.memory, guest.ring);
  guest.describe(5, kBuffers, kBufferBytes, WL_VIRTQ_DESC_F_WRITE);
  guest.offer(5);
  const uint8_t frame[60] = {1, 2, 3};
  CHECK(queue.put(frame, sizeof frame));
  CHECK(guest.used() == 0);
  queue.publish();
  CHECK(guest.used() == 1 && guest.used_id(0) == 5 && guest.used_length(0) == WL_VIRTIO_NET_HEADER_BYTES + 60);
  CHECK(guest.memory.at(kBuffers)[10] == 1 && memcmp(guest.memory.at(kBuffers) + WL_VIRTIO_NET_HEADER_BYTES, frame, 60) == 0);
  CHECK(!queue.put(frame, sizeof frame));
}

TEST("a frame longer than a buffer fills several, published together") {
  Ring guest;
  ReceiveQueue queue;
  queue.attach(guest.memory, guest.ring);
  std::vector<uint8_t> frame(WL_FRAME_BYTES_MAX);
  for (size_t index = 0; index < frame.size(); index += 1) frame[index] = static_cast<uint8_t>(index * 7);
  for (uint16_t id = 0; id < kSize; id += 1) guest.describe(id, kBuffers + id * 0x1000, kBufferBytes, WL_VIRTQ_DESC_F_WRITE);
  for (uint16_t id = 0; id < 4; id += 1) guest.offer(id);
  CHECK(!queue.put(frame.data(), WL_FRAME_BYTES_MAX)); // four buffers are too few, and stay for shorter frames
  guest.offer(4);
  CHECK(queue.put(frame.data(), WL_FRAME_BYTES_MAX));
  CHECK(guest.used() == 0);
  queue.publish();
  CHECK(guest.used() == 5 && guest.memory.at(kBuffers)[10] == 5);
  std::vector<uint8_t> joined;
  for (uint32_t place = 0; place < 5; place += 1) {
    const uint8_t *from = guest.memory.at(kBuffers + guest.used_id(place) * 0x1000);
    const uint32_t header = place == 0 ? WL_VIRTIO_NET_HEADER_BYTES : 0;
    joined.insert(joined.end(), from + header, from + guest.used_length(place));
  }
  CHECK(joined == frame);
}

TEST("in order, one element gives back all that was taken, malformed ones included") {
  Ring guest;
  TransmitQueue queue;
  queue.attach(guest.memory, guest.ring, kInOrder);
  for (uint16_t id = 0; id < kSize; id += 1) guest.describe(id, kBuffers, id == 2 ? 1 : WL_VIRTIO_NET_HEADER_BYTES + 60u + id, 0);
  memset(guest.memory.at(kAvailable + 4), 0xee, 2 * kSize); // the numbers are known
  for (uint32_t round = 0; round < 3; round += 1) {
    guest.offer_in_order(5);
    FrameView frames[kDrainBatch];
    CHECK(queue.take(frames) == (round == 1 ? 5u : 4u));
    queue.give_back();
    const uint32_t first = 5 * round;
    CHECK(guest.used() == first + 5 && guest.used_id(first) == (first + 4) % kSize);
  }
  CHECK(queue.malformed() == 2);
  guest.offer_in_order(60000);
  FrameView frames[kDrainBatch];
  CHECK(queue.take(frames) <= kSize);
}

TEST("several buffers are filled at once, each an element, and only a full one gets a header if frames are bare") {
  Ring guest;
  ReceiveQueue queue;
  queue.attach(guest.memory, guest.ring, kBare);
  memset(guest.memory.at(kBuffers), 0x55, 4 * 0x1000);
  for (uint16_t id = 0; id < kSize; id += 1) guest.describe(id, kBuffers + id * 0x1000, id == 3 ? 5 : kBufferBytes, WL_VIRTQ_DESC_F_WRITE);
  guest.offer_in_order(5);
  const uint32_t lengths[] = {60, WL_SMALL_DATA_BYTES, ReceiveQueue::kNoFit};
  uint32_t seen = 0;
  bool right = true;
  const uint32_t filled = queue.fill(8, [&](uint32_t index, uint8_t *at, uint32_t capacity) {
    right &= index == seen && at == guest.memory.at(kBuffers + index * 0x1000 + WL_VIRTIO_NET_HEADER_BYTES) && capacity == WL_SMALL_DATA_BYTES;
    seen += 1;
    return lengths[index];
  });
  CHECK(right && filled == 2 && seen == 3); // the third does not fit, the fourth lies
  CHECK(guest.used() == 0);
  queue.publish();
  CHECK(guest.used() == 2 && guest.used_id(1) == 1 && guest.used_length(0) == WL_VIRTIO_NET_HEADER_BYTES + 60 && guest.used_length(1) == kBufferBytes);
  CHECK(guest.memory.at(kBuffers)[10] == 0x55 && guest.memory.at(kBuffers + 0x1000)[10] == 1 && guest.memory.at(kBuffers + 0x1000)[11] == 0);
  uint32_t capacity;
  CHECK(queue.room(&capacity) == guest.memory.at(kBuffers + 2 * 0x1000 + WL_VIRTIO_NET_HEADER_BYTES));
  queue.commit(60);
  CHECK(queue.room(&capacity) == guest.memory.at(kBuffers + 4 * 0x1000 + WL_VIRTIO_NET_HEADER_BYTES) && queue.malformed() == 1);
  queue.publish();
  CHECK(guest.used() == 4 && guest.used_length(3) == 0);
  CHECK(queue.fill(8, [](uint32_t, uint8_t *, uint32_t) { return 60u; }) == 1);
}

TEST("whatever a guest writes into its rings, only its own memory is touched") {
  Random random(test::seed());
  for (int round = 0; round < 20000; round += 1) {
    static Ring guest;
    TransmitQueue transmit;
    ReceiveQueue receive;
    const Agreement agreed = round % 3 == 0 ? Agreement{} : round % 3 == 1 ? kInOrder : kBare;
    transmit.attach(guest.memory, guest.ring, agreed);
    receive.attach(guest.memory, guest.ring, agreed);
    for (uint16_t id = 0; id < kSize; id += 1) {
      const uint64_t near = WL_IMAGE_BASE + random.below(80) * WL_PAGE_BYTES - 8 * WL_PAGE_BYTES + random.below(5000);
      guest.describe(id, random.below(4) == 0 ? random.next() : near, static_cast<uint32_t>(random.below(3) == 0 ? random.next() : random.below(2000)),
                     static_cast<uint16_t>(random.below(4)));
    }
    for (uint32_t word = 1; word < 2 + kSize; word += 1) guest.memory.at<uint16_t>(kAvailable)[word] = static_cast<uint16_t>(random.below(kSize + 2));
    FrameView frames[kDrainBatch];
    const uint32_t count = transmit.take(frames);
    uint64_t sum = 0;
    for (uint32_t index = 0; index < count; index += 1) {
      for (uint32_t at = 0; at < frames[index].length; at += 1) sum += frames[index].data[at];
    }
    transmit.give_back();
    static uint8_t frame[WL_FRAME_BYTES_MAX];
    frame[0] = static_cast<uint8_t>(sum);
    (void)receive.fill(static_cast<uint32_t>(random.below(ReceiveQueue::kRoomsMax + 1)), [&](uint32_t, uint8_t *at, uint32_t capacity) {
      if (random.below(16) == 0) return ReceiveQueue::kNoFit;
      const uint32_t length = random.below(4) == 0 ? capacity : static_cast<uint32_t>(random.below(capacity + 1));
      memset(at, static_cast<int>(sum), length);
      return length;
    });
    while (receive.put(frame, static_cast<uint32_t>(1 + random.below(WL_FRAME_BYTES_MAX)))) {
    }
    receive.publish();
  }
  CHECK(true);
}
