// Whoever wants to know what happens during a run, while it happens.
#ifndef WL_OBSERVER_H
#define WL_OBSERVER_H

#include <string>

#include "../abi/wirelet_abi.h"

namespace wl {

// Microseconds from the execve of the VMM to the guest's first instruction, from there to the first frame that
// the host saw on a transmit ring, and both together. Negative: it did not happen.
struct BootFigures {
  double vmm_us = -1, guest_us = -1, first_frame_us = -1;
};

// Where the time of a start went, in microseconds, one after the other: from the execve to the VMM's first line; image and
// memory; ports; the machine; up to the guest's first instruction; devices and state of the guest. Negative: not known.
struct StartParts {
  double exec_us = -1, image_us = -1, ports_us = -1, machine_us = -1, enter_us = -1, setup_us = -1;
};

// General registers of a guest that has ended, as far as its machine tells: the others are 0.
struct Registers {
  static constexpr int kCount = 18;
  static constexpr const char *kNames[kCount] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rsp", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip", "rflags"};
  static constexpr int kRax = 0, kRcx = 2, kRsp = 6, kRip = 16, kFlags = 17;
  uint64_t values[kCount] = {};
};

class Observer {
public:
  virtual ~Observer() = default;
  // The guest runs.
  virtual void ready(const StartParts &parts) = 0;
  // A line that an element wrote, without its end.
  virtual void log(const char *text, size_t length) = 0;
  // Something is not as it should be; the run goes on.
  virtual void warning(const std::string &file, const std::string &message, const std::string &hint) = 0;
  virtual void first_frame(const BootFigures &boot) = 0;
  virtual void panic(const wl_control &control, const Registers &registers) = 0;
  // The guest did not end when it was asked to, and was ended there.
  virtual void stuck(const Registers &registers) = 0;
};

} // namespace wl

#endif
