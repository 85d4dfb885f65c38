// An image in a VM of QEMU. QEMU only boots it and sets the rings up: its memory is a file that
// this process maps as well, and the rings are tended here as those of any other machine. The guest waits until its
// control block is set (the word `wirelet.wait` of its command line, native/guest/wl_pvh.h).
#ifndef WL_MACHINE_QEMU_H
#define WL_MACHINE_QEMU_H

#include <memory>
#include <pthread.h>
#include <sys/types.h>
#include <vector>

#include "wl_machine.h"
#include "wl_vhost_user.h"

namespace wl {

// What executes the guest's instructions.
enum class Accelerator { kvm, tcg };
// QEMU's machine types: the least, or PCs with firmware, where network cards are on PCI.
enum class QemuKind { microvm, q35, pc };

struct QemuChoice {
  Accelerator accelerator = Accelerator::kvm;
  QemuKind kind = QemuKind::microvm;
};

class QemuMachine final : public Machine {
public:
  QemuMachine(const Image &image, const std::string &image_path, GuestMemory &memory, Bells &bells, QemuChoice choice, const std::atomic<bool> &stop_requested)
      : image_(image), image_path_(image_path), memory_(memory), bells_(bells), choice_(choice), stop_requested_(stop_requested) {}
  ~QemuMachine() override;

  // Memory behind the image's that such a machine's firmware takes for itself.
  static uint64_t firmware_bytes(QemuKind kind) { return kind == QemuKind::microvm ? 0 : UINT64_C(8) << 20; }

  bool boots_itself() const override { return true; }
  uint64_t agreed_features(uint32_t interface) const override { return interfaces_[interface]->features(); }
  uint64_t tsc_offset() const override { return tsc_offset_; }
  uint64_t private_bytes() const override;
  // Returns once the guest waits for its control block. Fails with WL5018 (QEMU refuses something), WL5019 (there is
  // no QEMU), WL5016 (the guest does not come up).
  bool start(Failure &failure) override;
  void kill() override;
  void join() override;

private:
  static constexpr size_t kTextMax = 4096;

  bool check(Failure &failure) const;
  std::vector<std::string> command() const;
  bool spawn(Failure &failure);
  bool await_guest(Failure &failure);
  void find_tsc_offset();
  void serve();
  bool serve_once(Failure &failure);
  void take_text();
  void end(int status);

  const Image &image_;
  const std::string image_path_;
  GuestMemory &memory_;
  Bells &bells_;
  const QemuChoice choice_;
  const std::atomic<bool> &stop_requested_;
  std::vector<std::unique_ptr<VhostUser>> interfaces_;
  Descriptor text_file_;    // what QEMU and the guest's serial port write
  Descriptor process_file_; // a pidfd
  Descriptor maps_;         // /proc/PID/smaps_rollup of QEMU
  std::string text_;
  pid_t process_ = -1;
  pthread_t thread_{};
  bool started_ = false;
  std::atomic<bool> killed_{false};
  uint64_t tsc_offset_ = 0;
};

} // namespace wl

#endif
