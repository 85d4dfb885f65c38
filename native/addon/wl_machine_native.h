// An appliance as a shared object in this process: the same loop and rings as in a VM, on a thread.
#ifndef WL_MACHINE_NATIVE_H
#define WL_MACHINE_NATIVE_H

#include <memory>
#include <pthread.h>

#include "../abi/wirelet_native.h"
#include "wl_descriptor.h"
#include "wl_machine.h"

namespace wl {

class NativeMachine final : public Machine {
public:
  explicit NativeMachine(Bells &bells) : bells_(bells) {}
  ~NativeMachine() override;

  // Loads a copy of its own, so that every run begins anew. Fails with WL4010 (cannot be read) or WL4011 (not an
  // appliance of ours).
  bool load(const std::string &path, Failure &failure);
  const wl_image_info *info() const { return info_; }

  bool start(Failure &failure) override;
  // A thread cannot be ended from outside: it is woken, and ends with its round because `stop` is set.
  void kill() override { bells_.guest.ring(); }
  void join() override;

private:
  static void kick(void *self, uint32_t interface);
  static void wait(void *self, uint64_t until_ns);

  Bells &bells_;
  Descriptor copy_; // the file that is loaded
  void *library_ = nullptr;
  const wl_image_info *info_ = nullptr;
  wl_native_run_function *run_ = nullptr;
  pthread_t thread_{};
  bool started_ = false;
};

// For RunOptions::load_native.
std::unique_ptr<Machine> load_native_machine(const std::string &path, Bells &bells, const wl_image_info **info, Failure &failure);

} // namespace wl

#endif
