// The log of a guest: lines in a ring in its shared memory (native/runtime/wl_log.h writes them).
#ifndef WL_GUEST_LOG_H
#define WL_GUEST_LOG_H

#include "wl_guest_memory.h"
#include "wl_observer.h"

namespace wl {

class GuestLog {
public:
  GuestLog(const wl_image_info &info, const GuestMemory &memory, Observer &observer)
      : control_(memory.at<wl_control>(info.control)), ring_(info.log_bytes != 0 ? memory.at(info.log) : nullptr), bytes_(info.log_bytes), observer_(observer) {}

  bool waiting() const { return ring_ != nullptr && __atomic_load_n(&control_->log_head, __ATOMIC_ACQUIRE) != tail_; }
  // Hands all whole lines to the observer.
  void drain() {
    if (waiting()) drain_lines();
  }

private:
  static constexpr size_t kLineBytesMax = 32768; // longer ones are cut into several
  void drain_lines();

  wl_control *control_;
  const uint8_t *ring_;
  uint32_t bytes_;
  uint32_t tail_ = 0;
  std::string line_;
  Observer &observer_;
};

} // namespace wl

#endif
