// Drives a guest in the captures' own time, step by step: the exact twin of src/run/node/virtual-run.ts.
#ifndef WL_STEPPED_DRIVER_H
#define WL_STEPPED_DRIVER_H

#include "wl_guest.h"

namespace wl {

// Time of a run without any frame: 2001-09-09T01:46:40Z.
constexpr uint64_t kStartWithoutFramesNs = 1000000000000000000u;

class SteppedDriver {
public:
  // Reads the first frame of each capture.
  SteppedDriver(Guest &guest, const DriverOptions &options);

  // Time at which the guest starts.
  uint64_t clock() const { return clock_; }
  Ending drive();

private:
  // The next frame of a port's capture.
  struct Head {
    Attachment *attachment;
    CapturedFrame frame;
    bool there;
  };

  Head *earliest();
  void advance(Head &head);
  bool receive(Head &head);
  bool put(Attachment &to, const CapturedFrame &frame) const;
  bool step(uint64_t time); // false: the guest ended, or the end was asked for
  bool step(Core &core);
  void drain();
  bool look();

  Guest &guest_;
  const DriverOptions &options_;
  std::vector<Head> heads_;
  uint64_t clock_ = kStartWithoutFramesNs;
  uint64_t steps_ = 0;
  uint32_t looks_; // before the thread sleeps
  bool busy_ = false;
  bool warned_ = false;
};

} // namespace wl

#endif
