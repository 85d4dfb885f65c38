// A bell that one thread (or process, or signal handler) rings and another sleeps at: an eventfd.
#ifndef WL_BELL_H
#define WL_BELL_H

#include <cstdint>
#include <fcntl.h>
#include <sys/eventfd.h>

#include "wl_descriptor.h"

namespace wl {

class Bell {
public:
  bool create() {
    descriptor_.reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    return descriptor_.open();
  }
  // The same bell as another one: both ring it, both can sleep at it.
  bool share(const Bell &other) {
    descriptor_.reset(fcntl(other.get(), F_DUPFD_CLOEXEC, 0));
    return descriptor_.open();
  }
  int get() const { return descriptor_.get(); }
  // Safe in a signal handler.
  void ring() const {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(descriptor_.get(), &one, sizeof one);
  }
  // Forgets earlier rings.
  void silence() const {
    uint64_t count;
    [[maybe_unused]] const ssize_t got = read(descriptor_.get(), &count, sizeof count);
  }

private:
  Descriptor descriptor_;
};

} // namespace wl

#endif
