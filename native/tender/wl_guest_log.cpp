#include "wl_guest_log.h"

namespace wl {

void GuestLog::drain_lines() {
  const uint32_t head = __atomic_load_n(&control_->log_head, __ATOMIC_ACQUIRE);
  uint32_t count = head - tail_;
  if (count > bytes_) { // the guest lies, or we were not attentive: what is left is all there is
    tail_ = head - bytes_;
    count = bytes_;
  }
  for (uint32_t index = 0; index < count; index += 1) {
    const char letter = static_cast<char>(__atomic_load_n(&ring_[(tail_ + index) & (bytes_ - 1)], __ATOMIC_RELAXED));
    if (letter != '\n') line_ += letter;
    if (letter != '\n' && line_.size() < kLineBytesMax) continue;
    observer_.log(line_.data(), line_.size());
    line_.clear();
  }
  tail_ += count;
  __atomic_store_n(&control_->log_tail, tail_, __ATOMIC_RELEASE);
}

} // namespace wl
