// Drives a guest in real time: one thread tends all ports, polling while there is work and sleeping else.
#ifndef WL_CLOCK_DRIVER_H
#define WL_CLOCK_DRIVER_H

#include "wl_guest.h"

namespace wl {

class ClockDriver {
public:
  ClockDriver(Guest &guest, const DriverOptions &options) : guest_(guest), options_(options) {}

  Ending drive();
  // From the first frame that any port dealt with to the last.
  uint64_t busy_ticks() const { return last_tsc_ - first_tsc_; }

private:
  bool tend(uint64_t now);
  bool receive(Attachment &attachment, uint64_t now);
  bool transmit(Attachment &attachment, uint64_t now);
  bool over(uint64_t now, Ending *ending) const;
  bool quiet() const;
  bool idle(uint64_t now);
  void sleep(uint64_t now);
  uint64_t sleep_ns(uint64_t now) const;
  bool anything_pending();

  Guest &guest_;
  const DriverOptions options_;
  uint64_t deadline_ = 0; // TSC; 0: none
  uint64_t first_tsc_ = 0, last_tsc_ = 0;
  uint64_t quiet_since_ = 0; // TSC; 0: not quiet
  uint64_t quiet_rounds_ = 0;
};

} // namespace wl

#endif
