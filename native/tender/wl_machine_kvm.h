// An image in a VM of its own: one virtual processor that begins at CPL 3, no devices, no interrupts.
#ifndef WL_MACHINE_KVM_H
#define WL_MACHINE_KVM_H

#include <pthread.h>

#include "wl_machine.h"

struct kvm_run;

namespace wl {

class KvmMachine final : public Machine {
public:
  KvmMachine(const Image &image, GuestMemory &memory, Bells &bells) : image_(image), memory_(memory), bells_(bells) {}
  ~KvmMachine() override;

  // Makes the VM. Fails with WL5010 (no KVM here), WL5011 (no permission), WL5012 (KVM refuses something).
  bool create(Failure &failure);
  // The same on a thread of its own, which becomes its processor when the machine is started: of the processors but the
  // first.
  bool create_apart(Failure &failure);
  // The thread that made the VM becomes its processor, until the guest ends or is killed: to wake up another thread for
  // that would take longer than the rest of the start. What other threads do with the machine waits for it.
  void live();

  uint64_t tsc_hz() const override { return tsc_hz_; }
  uint64_t tsc_offset() const override { return tsc_offset_; }
  bool start(Failure &failure) override;
  void kill() override;
  void join() override;

private:
  // Of a machine with a thread of its own.
  enum class Stage : uint32_t { creating, refused, created, started, dropped };
  void live_apart();
  void reach(Stage stage);
  bool open(Failure &failure);
  bool map_memory(Failure &failure);
  bool set_processor(Failure &failure);
  void find_tsc();
  bool refused(const char *what, Failure &failure) const;
  void run();
  bool leave(); // handles an exit; false: the guest ended
  bool out(uint16_t port, uint8_t value);
  void keep_registers();
  void end(Ended ended);

  const Image &image_;
  GuestMemory &memory_;
  Bells &bells_;
  Descriptor kvm_, vm_, processor_;
  kvm_run *run_ = nullptr;
  size_t run_bytes_ = 0;
  uint64_t tsc_hz_ = 0;
  uint64_t tsc_offset_ = 0;
  pthread_t thread_{};
  std::atomic<bool> left_{false};
  std::atomic<Stage> stage_{Stage::creating};
  Failure *refusal_ = nullptr;
  bool apart_ = false;
};

} // namespace wl

#endif
