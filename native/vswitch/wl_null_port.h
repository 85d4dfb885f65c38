// A port that sends nothing, and counts and drops what is sent to it.
#ifndef WL_NULL_PORT_H
#define WL_NULL_PORT_H

#include "wl_port.h"

namespace wl {

// Counts frames that a port took.
inline void count_sent(const FrameView *frames, uint32_t count, PortFigures &figures) {
  figures.tx_packets += count;
  for (uint32_t index = 0; index < count; index += 1) figures.tx_bytes += frames[index].length;
}

class NullPort final : public Port {
public:
  void transmit(const FrameView *frames, uint32_t count, uint64_t, PortFigures &figures) override { count_sent(frames, count, figures); }
  bool carrier() override { return false; }
};

} // namespace wl

#endif
