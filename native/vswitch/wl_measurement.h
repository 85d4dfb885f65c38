// All streams of a run, as frames come out of the appliance, by whatever port.
#ifndef WL_MEASUREMENT_H
#define WL_MEASUREMENT_H

#include "wl_stream.h"

namespace wl {

class Measurement {
public:
  explicit Measurement(const TscClock &clock) : clock_(clock) {}

  void add(Stream &stream) {
    streams_[stream.id()] = &stream;
    looking_ |= stream.numbered();
  }
  void remove(const Stream &stream) {
    streams_[stream.id()] = nullptr;
    looking_ = false;
    for (const Stream *const other : streams_) looking_ |= other != nullptr && other->numbered();
  }
  // A number that no stream has; kStreamsMax: all are taken.
  uint32_t free_id() const {
    uint32_t id = 0;
    while (id < Trailer::kStreamsMax && streams_[id] != nullptr) id += 1;
    return id;
  }

  // Whether frames are to be looked at, as some are numbered.
  bool looking() const { return looking_; }
  // Looks at frames that the appliance has sent and not yet got back. Where nothing is numbered none is looked at.
  void look(const FrameView *frames, uint32_t count) {
    if (__builtin_expect(!looking_, 1)) return;
    for (uint32_t index = 0; index < count; index += 1) look(frames[index]);
  }
  // So many frames have left it.
  void count(uint32_t frames) { out_ += frames; }
  // Frames that came out of any port so far.
  uint64_t out() const { return out_; }

private:
  void look(const FrameView &frame) {
    if (frame.length < sizeof(Trailer)) return;
    const uint8_t *const at = frame.data + frame.length - sizeof(Trailer);
    Trailer trailer; // the appliance may write to its own at any time
    memcpy(&trailer, at, sizeof trailer);
    if (!trailer.marked() || streams_[trailer.stream()] == nullptr) return;
    streams_[trailer.stream()]->see(trailer, at, frame.length, clock_);
  }

  const TscClock &clock_;
  Stream *streams_[Trailer::kStreamsMax] = {};
  bool looking_ = false;
  uint64_t out_ = 0;
};
static_assert(Trailer::kStreamsMax >= WL_INTERFACES_MAX);

} // namespace wl

#endif
