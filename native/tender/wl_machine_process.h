// An image in a process of its own, at its own addresses, that may ask the kernel for next to nothing. For hosts
// without KVM: the same bytes run, and what would leave the VM (an `out` instruction) arrives as a signal.
#ifndef WL_MACHINE_PROCESS_H
#define WL_MACHINE_PROCESS_H

#include <pthread.h>
#include <sys/types.h>

#include "wl_machine.h"

namespace wl {

struct Cell;

class ProcessMachine final : public Machine {
public:
  ProcessMachine(const Image &image, GuestMemory &memory, Bells &bells) : image_(image), memory_(memory), bells_(bells) {}
  ~ProcessMachine() override;

  // The memory has to be one that processes share. Fails with WL5017.
  bool start(Failure &failure) override;
  void kill() override;
  void join() override;

private:
  bool prepare_cell(Failure &failure);
  void become_guest();
  void move_memory() const;
  void protect_memory() const;
  void watch();
  void end(Ended ended);

  const Image &image_;
  GuestMemory &memory_;
  Bells &bells_;
  Cell *cell_ = nullptr;
  pid_t process_ = -1;
  Descriptor process_file_; // a pidfd: the process even after its number is somebody else's
  pthread_t thread_{};
  bool started_ = false;
  std::atomic<bool> killed_{false};
};

} // namespace wl

#endif
