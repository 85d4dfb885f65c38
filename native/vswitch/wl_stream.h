// What becomes of a generator's frames: sent, and come out of the appliance. Written by the thread that tends the ports.
#ifndef WL_STREAM_H
#define WL_STREAM_H

#include <memory>
#include <vector>

#include "wl_latency_histogram.h"
#include "wl_port.h"
#include "wl_sequence_window.h"
#include "wl_trailer.h"

namespace wl {

class Stream {
public:
  // `latency`: frames a second that are timed; 0: none.
  Stream(uint32_t id, bool verify, uint32_t latency);

  uint32_t id() const { return id_; }
  // Whether frames carry trailers, so that all that leave must be looked at.
  bool numbered() const { return verify_ || timed_ != nullptr; }
  bool verify() const { return verify_; }

  // Frames count from now on; `out` frames have left the appliance before.
  void begin(uint64_t out) { begun_at_ = out; }
  uint64_t begun_at() const { return begun_at_; }

  // The surge is over: losses are noticed from now on.
  void recover(uint64_t now) { surge_end_ = last_loss_ = now; }
  bool recovers() const { return surge_end_ != 0; }
  // From the end of the surge to the last loss (RFC 2544, 26.5).
  uint64_t recovery_ticks() const { return last_loss_ - surge_end_; }

  // The trailer of a frame that is about to be sent.
  Trailer number(const Trailer::Base &base, TrailerKind kind) {
    if (kind == TrailerKind::plain) return Trailer::make(base, kind, static_cast<uint32_t>(plain_->sent++));
    return Trailer::make(base, kind, timed_number());
  }
  // Frames whose turn has come at `now`: those the guest had buffers for, and the others.
  void count(uint64_t sent, uint64_t unsent, uint64_t now) {
    if (__builtin_expect(first_tsc_ == 0, 0)) first_tsc_ = now;
    sent_ += sent;
    unsent_ += unsent;
    if (__builtin_expect(unsent != 0, 0)) last_loss_ = now;
  }

  // A frame of this stream has come out: `trailer` is a copy of the one at `at`, which ends a frame of `length` bytes.
  void see(const Trailer &trailer, const uint8_t *at, uint32_t length, const TscClock &clock);

  uint64_t sent() const { return sent_; }
  uint64_t unsent() const { return unsent_; }
  uint64_t first_tsc() const { return first_tsc_; }
  uint64_t offered() const { return sent_ + unsent_; }
  // Frames that came out and said to be of this stream.
  uint64_t seen() const { return seen_; }
  uint64_t reordered() const { return reordered_; }
  uint64_t duplicated() const { return duplicated_; }
  uint64_t corrupted() const { return corrupted_; }
  uint64_t lost() const { return lost_of(plain_.get()) + lost_of(timed_.get()); }
  const LatencyHistogram *latency() const { return latency_.get(); }

private:
  struct Sequence {
    uint64_t sent = 0;
    SequenceWindow window;
  };
  struct Moment {
    uint64_t sequence, tsc;
  };

  uint32_t timed_number();
  static uint64_t lost_of(const Sequence *sequence) { return sequence == nullptr ? 0 : sequence->sent - sequence->window.distinct(); }
  void time(uint64_t sequence, uint64_t now, const TscClock &clock);

  const uint32_t id_;
  const bool verify_;
  uint64_t begun_at_ = 0, first_tsc_ = 0;
  uint64_t surge_end_ = 0, last_loss_ = 0;
  uint64_t sent_ = 0, unsent_ = 0, seen_ = 0;
  uint64_t reordered_ = 0, duplicated_ = 0, corrupted_ = 0;
  std::unique_ptr<Sequence> plain_, timed_;
  // When the latest timed frames were sent. The frames do not carry it: an appliance cannot write it.
  std::vector<Moment> moments_;
  std::unique_ptr<LatencyHistogram> latency_;
};

// The figures of a stream at the end of a run.
struct StreamOutcome {
  std::shared_ptr<const Stream> stream;
  uint64_t received = 0;
  uint64_t recovery_ns = 0; // if the stream recovers from a surge
  uint64_t elapsed_ns = 0; // from the first frame's turn to the last frame that any port dealt with
  bool paced = false;
  double error_ppm = 0;
  uint64_t max_late_ns = 0;
};

} // namespace wl

#endif
