// A list of system calls that are allowed, as a seccomp program. What is not on it ends the process.
#ifndef WL_FILTER_H
#define WL_FILTER_H

#include <cstddef>
#include <cstdint>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

namespace wl {

class Filter {
public:
  Filter(sock_filter *room, uint32_t most) : code_(room), most_(most) {
    // Another architecture's calls have other numbers.
    put(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
    jump(AUDIT_ARCH_X86_64, 1, 0);
    put(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    put(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  }

  Filter &allow(long number) {
    jump(static_cast<uint32_t>(number), 0, 1);
    put(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    return *this;
  }
  // Only if the low half of argument `index` has this value; descriptors and requests fit there.
  Filter &allow_if(long number, uint32_t index, uint32_t value) {
    jump(static_cast<uint32_t>(number), 0, 4);
    put(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args) + 8 * index);
    jump(value, 0, 1);
    put(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    put(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
    return *this;
  }
  // The call fails with `error` instead of ending the process.
  Filter &refuse(long number, uint32_t error) {
    jump(static_cast<uint32_t>(number), 0, 1);
    put(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
    return *this;
  }
  // Ends the list. The program refers to the room; false: it was too small.
  bool close(sock_fprog *program) {
    put(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    program->len = static_cast<unsigned short>(count_);
    program->filter = code_;
    return count_ <= most_;
  }

private:
  void put(uint32_t code, size_t value) {
    if (count_ < most_) code_[count_] = {static_cast<uint16_t>(code), 0, 0, static_cast<uint32_t>(value)};
    count_ += 1;
  }
  void jump(uint32_t value, uint8_t equal, uint8_t other) {
    if (count_ < most_) code_[count_] = {BPF_JMP | BPF_JEQ | BPF_K, equal, other, value};
    count_ += 1;
  }

  sock_filter *code_;
  uint32_t most_;
  uint32_t count_ = 0;
};

} // namespace wl

#endif
