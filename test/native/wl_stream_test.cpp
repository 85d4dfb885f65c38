// What a measured stream is made of: trailers, sequence numbers, latencies.
#include "wl_latency_histogram.h"
#include "wl_sequence_window.h"
#include "wl_test.h"
#include "wl_trailer.h"

#include <set>
#include <vector>

using namespace wl;
using wl::test::Random;

namespace {

// RFC 1071, over the words that begin at any byte.
uint32_t ones_sum(const uint8_t *at, uint32_t bytes, uint32_t start) {
  for (uint32_t index = 0; index < bytes; index += 1) start += index % 2 == 0 ? uint32_t{at[index]} << 8 : at[index];
  while (start > 0xffff) start = (start & 0xffff) + (start >> 16);
  return start;
}

struct Written {
  std::vector<uint8_t> bytes;
  Trailer trailer() const {
    Trailer trailer;
    memcpy(&trailer, end(), sizeof trailer);
    return trailer;
  }
  const uint8_t *end() const { return bytes.data() + bytes.size() - sizeof(Trailer); }
  bool good() const { return trailer().marked() && trailer().balanced() && trailer().matches(end(), static_cast<uint32_t>(bytes.size())); }
};

Written written(Random &random, uint32_t content, uint32_t sequence, TrailerKind kind, uint32_t stream) {
  Written frame{std::vector<uint8_t>(42 + content + sizeof(Trailer))};
  for (uint8_t &byte : frame.bytes) byte = static_cast<uint8_t>(random.next());
  const Trailer::Base base = Trailer::base(stream, frame.bytes.data() + 42, static_cast<uint16_t>(content));
  const Trailer trailer = Trailer::make(base, kind, sequence);
  memcpy(frame.bytes.data() + 42 + content, &trailer, sizeof trailer);
  return frame;
}

} // namespace

TEST("CRC-32C has the check value of its definition") {
  CHECK(crc32c(reinterpret_cast<const uint8_t *>("123456789"), 9) == 0xe3069283);
  CHECK(crc32c(nullptr, 0) == 0);
}

TEST("trailers are found again whatever stands before them, and change no checksum") {
  Random random(wl::test::seed());
  for (uint32_t round = 0; round < 2000; round += 1) {
    const auto sequence = static_cast<uint32_t>(random.next());
    const auto content = static_cast<uint32_t>(random.below(100));
    const auto stream = static_cast<uint32_t>(random.below(Trailer::kStreamsMax));
    const TrailerKind kind = random.below(2) == 0 ? TrailerKind::plain : TrailerKind::timed;
    Written frame = written(random, content, sequence, kind, stream);
    CHECK(frame.good() && frame.trailer().stream() == stream && frame.trailer().kind() == kind && frame.trailer().sequence == sequence);
    CHECK(ones_sum(frame.end(), sizeof(Trailer), 0) == 0xffff);
    CHECK(ones_sum(frame.end() - 1, sizeof(Trailer) + 1, 0) % 0xffff == uint32_t{*(frame.end() - 1)} << 8 || content == 0);
    frame.bytes.insert(frame.bytes.begin(), random.below(60), 0xaa);
    CHECK(frame.good());
    frame.bytes.erase(frame.bytes.begin(), frame.bytes.begin() + 30);
    CHECK(frame.good());
  }
}

TEST("no byte of a payload or its trailer changes unnoticed") {
  Random random(wl::test::seed());
  for (uint32_t round = 0; round < 200; round += 1) {
    const auto content = static_cast<uint32_t>(random.below(50));
    const Written frame = written(random, content, static_cast<uint32_t>(random.next()), TrailerKind::plain, 1);
    for (size_t at = 42; at < frame.bytes.size(); at += 1) {
      Written other = frame;
      other.bytes[at] = static_cast<uint8_t>(other.bytes[at] + 1 + random.below(255));
      CHECK(!other.good() || other.trailer().kind() != TrailerKind::plain || other.trailer().stream() != 1);
    }
  }
}

TEST("a trailer that lies about its content reads nothing outside of the frame") {
  Random random(wl::test::seed());
  const Written frame = written(random, 20, 7, TrailerKind::plain, 0);
  Trailer trailer = frame.trailer();
  for (const uint32_t covered : {63u, 100u, 65535u}) {
    trailer.covered = static_cast<uint16_t>(covered);
    CHECK(!trailer.matches(frame.end(), static_cast<uint32_t>(frame.bytes.size())));
  }
}

TEST("sequence numbers come in order, late, or again") {
  using Seen = SequenceWindow::Seen;
  SequenceWindow window;
  CHECK(window.see(0) == Seen::in_order && window.see(2) == Seen::in_order && window.see(1) == Seen::reordered);
  CHECK(window.see(1) == Seen::duplicate && window.see(2) == Seen::duplicate && window.distinct() == 3);
  // A gap of more than the window.
  CHECK(window.see(3 * SequenceWindow::kSize) == Seen::in_order && window.see(3 * SequenceWindow::kSize - 1) == Seen::reordered);
  CHECK(window.see(3) == Seen::reordered && window.next() == 3 * SequenceWindow::kSize + 1 && window.distinct() == 6);
}

TEST("a window agrees with a list of all that came") {
  Random random(wl::test::seed());
  SequenceWindow window;
  std::set<uint64_t> came;
  uint64_t place = 0;
  for (uint32_t round = 0; round < 200000; round += 1) {
    place += random.below(200);
    const uint64_t sequence = place - std::min(place, random.below(500));
    const bool later = !came.empty() && sequence < *came.rbegin();
    const auto wanted = came.count(sequence) != 0 ? SequenceWindow::Seen::duplicate : later ? SequenceWindow::Seen::reordered : SequenceWindow::Seen::in_order;
    CHECK(window.see(sequence) == wanted);
    came.insert(sequence);
  }
  CHECK(window.distinct() == came.size());
}

TEST("latencies lie in buckets at most 1/128 wide, from 1 ns to 100 s") {
  Random random(wl::test::seed());
  for (uint32_t round = 0; round < 20000; round += 1) {
    const uint64_t value = 1 + random.below(uint64_t{1} << (1 + random.below(37)));
    LatencyHistogram histogram;
    histogram.add(value);
    uint64_t upper = 0, count = 0;
    histogram.each([&](uint64_t bound, uint64_t times) { upper = bound, count += times; });
    CHECK(count == 1 && histogram.min_ns() == value && histogram.max_ns() == value && histogram.sum_ns() == value);
    if (value > LatencyHistogram::kLongestNs) continue;
    CHECK(upper >= value && (upper - value) * 128 <= value);
    if (value < 256) CHECK(upper == value);
  }
  LatencyHistogram histogram;
  CHECK(histogram.count() == 0 && histogram.min_ns() == 0 && histogram.max_ns() == 0);
  histogram.add(2 * LatencyHistogram::kLongestNs);
  histogram.add(0);
  uint64_t last = 0, buckets = 0;
  histogram.each([&](uint64_t bound, uint64_t) { buckets += 1, last = bound; });
  CHECK(buckets == 2 && last >= LatencyHistogram::kLongestNs && last < LatencyHistogram::kLongestNs / 127 * 128);
  CHECK(histogram.max_ns() == 2 * LatencyHistogram::kLongestNs && histogram.min_ns() == 0);
}
