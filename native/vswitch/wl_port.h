// What an interface is plugged into during a run in real time. All ports are tended by one thread.
#ifndef WL_PORT_H
#define WL_PORT_H

#include <memory>

#include "../tender/wl_observer.h"
#include "../tender/wl_tsc.h"
#include "wl_sent_frames.h"

namespace wl {

struct PortFigures {
  // Frames the appliance received from the port, and sent to it.
  uint64_t rx_packets = 0, rx_bytes = 0;
  uint64_t tx_packets = 0, tx_bytes = 0;
  // Frames that one side had no room for, or that no interface takes (empty, too long).
  uint64_t drops = 0;
};

// When a port will have something to do, unasked.
constexpr uint64_t kNever = UINT64_MAX;

class Pacer;
class Stream;

class Port {
public:
  virtual ~Port() = default;

  // Puts up to `budget` frames on the guest's ring, or drops them if there is no ring (nullptr). Returns how many
  // it dealt with; counts them in `figures`. `now` is the TSC.
  virtual uint32_t receive(ReceiveQueue *, uint32_t, uint64_t, PortFigures &) { return 0; }
  // Takes frames that the appliance sent. Counts them in `figures`.
  virtual void transmit(SentFrames &frames, uint64_t now, PortFigures &figures) = 0;

  // What comes from the port: nothing, frames up to a last one, frames as the world sends them, or without end.
  enum class Source { none, finite, world, endless };
  virtual Source source() const { return Source::none; }
  // Whether the last frame of a finite source is on the ring.
  virtual bool spent() const { return true; }

  // A descriptor to poll for input while the thread sleeps, or -1.
  virtual int descriptor() const { return -1; }
  // TSC value when the port next has a frame of its own accord; kNever if it waits for others.
  virtual uint64_t next_frame() const { return kNever; }
  // Of a generator: what becomes of its frames, and how well it keeps its rate, if it has one.
  virtual std::shared_ptr<Stream> stream() const { return nullptr; }
  virtual const Pacer *pacer() const { return nullptr; }
  // Whether it pauses, after frames that warm up, until the appliance has passed them on; then resume() is called.
  virtual bool resting() const { return false; }
  virtual void resume() {}
  // It is to send nothing any more.
  virtual void end(uint64_t) {}
  // Whether somebody else tends the rings.
  virtual bool outside() const { return false; }
  // The thread is about to sleep at descriptor(); false: there is something already. Then: it sleeps no more.
  virtual bool rest() { return true; }
  virtual void rise() {}
  // Whether its other side is there: streams begin when all are.
  virtual bool ready() const { return true; }
  // Whether it leads somewhere now: what the guest is told of its link, asked a few times a second.
  virtual bool carrier() { return ready(); }
  // Whether it has a frame now that the guest had no buffer for.
  virtual bool blocked() const { return false; }
};

} // namespace wl

#endif
