// A port that sends nothing, and counts and drops what is sent to it.
#ifndef WL_NULL_PORT_H
#define WL_NULL_PORT_H

#include "wl_port.h"

namespace wl {

// Counts frames that a port took.
inline void count_sent(SentFrames &frames, PortFigures &figures) {
  uint64_t bytes = 0;
  frames.each([&bytes](const FrameView &frame) { bytes += frame.length; });
  figures.tx_packets += frames.count();
  figures.tx_bytes += bytes;
}

class NullPort final : public Port {
public:
  void transmit(SentFrames &frames, uint64_t, PortFigures &figures) override { count_sent(frames, figures); }
  bool carrier() override { return false; }
};

} // namespace wl

#endif
