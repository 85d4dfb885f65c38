#include "wl_stream.h"

#include <bit>

#include "../tender/wl_tsc.h"

namespace wl {

namespace {

// Timed frames that may be under way at once; what comes out later is counted, not timed. 100 s of them are
// remembered, up to the most.
constexpr uint64_t kMomentsMin = 1024, kMomentsMax = 1 << 18;
constexpr uint64_t kSecondsRemembered = 100;

} // namespace

Stream::Stream(uint32_t id, bool verify, uint32_t latency) : id_(id), verify_(verify) {
  if (verify) plain_ = std::make_unique<Sequence>();
  if (latency == 0) return;
  timed_ = std::make_unique<Sequence>();
  latency_ = std::make_unique<LatencyHistogram>();
  moments_.resize(std::bit_ceil(std::clamp(latency * kSecondsRemembered, kMomentsMin, kMomentsMax)));
}

uint32_t Stream::timed_number() {
  const uint64_t sequence = timed_->sent++;
  moments_[sequence & (moments_.size() - 1)] = {sequence, tsc()};
  return static_cast<uint32_t>(sequence);
}

void Stream::see(const Trailer &trailer, const uint8_t *at, uint32_t length, const TscClock &clock) {
  const bool is_timed = trailer.kind() == TrailerKind::timed;
  const uint64_t now = is_timed ? tsc() : 0;
  Sequence *const sequence = is_timed ? timed_.get() : plain_.get();
  seen_ += 1;
  // A number is believed if its trailer is whole and it was sent. It stands for the latest that ends so.
  const uint64_t sent = sequence == nullptr ? 0 : sequence->sent;
  const uint32_t back = static_cast<uint32_t>(sent - 1) - trailer.sequence;
  const bool believed = back < sent && trailer.balanced();
  if (!believed || !trailer.matches(at, length)) corrupted_ += 1;
  if (!believed) return;
  const uint64_t place = sent - 1 - back;
  // A frame came before its turn: those between are lost, or late.
  if (__builtin_expect(place > sequence->window.next(), 0)) last_loss_ = is_timed ? now : tsc();
  switch (sequence->window.see(place)) {
    case SequenceWindow::Seen::duplicate:
      duplicated_ += 1;
      return;
    case SequenceWindow::Seen::reordered:
      reordered_ += 1;
      break;
    case SequenceWindow::Seen::in_order:
      break;
  }
  if (is_timed) time(place, now, clock);
}

void Stream::time(uint64_t sequence, uint64_t now, const TscClock &clock) {
  const Moment &moment = moments_[sequence & (moments_.size() - 1)];
  if (moment.sequence != sequence) return;
  latency_->add(static_cast<uint64_t>(std::max<int64_t>(0, clock.ticks_to_ns(static_cast<int64_t>(now - moment.tsc)))));
}

} // namespace wl
