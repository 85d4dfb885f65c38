// Drives a guest in real time: one thread tends all ports, polling while there is work and sleeping else.
#ifndef WL_CLOCK_DRIVER_H
#define WL_CLOCK_DRIVER_H

#include <poll.h>

#include "wl_guest.h"
#include "wl_measurement.h"

namespace wl {

class ClockDriver {
public:
  ClockDriver(Guest &guest, const DriverOptions &options);

  Ending drive();
  // What the guest had sent when it ended.
  void take_last_frames();
  // From the first frame that any port dealt with to the last.
  uint64_t busy_ticks() const { return last_tsc_ - first_tsc_; }
  // What became of the frames of a generator at one of the ports.
  StreamOutcome stream_outcome(const Port &port, uint64_t hz) const;

private:
  uint32_t tend(uint64_t now);
  uint32_t receive(Attachment &attachment, uint64_t now);
  bool all_ready();
  void tell_links(uint64_t now);
  uint32_t transmit(Attachment &attachment, uint64_t now);
  uint32_t transmit(Attachment &attachment, TransmitQueue &queue, Core &core, uint64_t now);
  void say_waiting(uint64_t ticks);
  bool over(uint64_t now, Ending *ending);
  bool out_of_time(uint64_t now);
  void resume_rested(uint64_t now);
  bool all_spent() const;
  bool quiet() const;
  bool drained(uint64_t now);
  bool idle(uint64_t now);
  void sleep(uint64_t now);
  uint64_t sleep_ns(uint64_t now) const;
  bool anything_pending();
  bool may_nap(uint32_t moved, bool polled) const;
  bool nap(uint32_t moved);
  bool backlog() const;
  nfds_t watch(pollfd *events) const;

  Guest &guest_;
  const DriverOptions options_;
  Measurement measurement_;
  bool measures_ = false; // there is a generator
  bool begun_ = true;     // streams may send: every port's other side is there
  bool returned_ = false; // frames count where they come back to their generator
  bool outside_ = false;  // a switch tends all rings
  uint64_t deadline_ = 0; // TSC; 0: none
  bool said_waiting_ = false; // or nobody waits
  bool closing_ = false;  // it has passed, and frames under way are awaited
  uint64_t spent_since_ = 0;   // TSC when all sources were found to be spent; 0: they were not
  uint64_t resting_since_ = 0; // TSC when a generator was found to pause; 0: none does
  uint64_t first_tsc_ = 0, last_tsc_ = 0;
  uint64_t quiet_since_ = 0; // TSC; 0: not quiet
  std::vector<uint64_t> quiet_rounds_; // of each processor, then
  uint64_t links_told_ = 0; // TSC
  uint64_t nap_ns_; // of the last nap
  uint64_t rung_tsc_ = 0; // when a guest that slept was last woken
};

} // namespace wl

#endif
