// A run: one image, its ports, one machine, from the file to the figures at the end.
#ifndef WL_RUN_H
#define WL_RUN_H

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "wl_channel.h"
#include "wl_guest.h"
#include "wl_image.h"
#include "wl_machine_qemu.h"
#include "wl_observer.h"
#include "wl_stream.h"

namespace wl {

enum class Backend { kvm, qemu, process, native };

// Loads an appliance that runs within this process. Null, with a failure, when there is none.
using NativeLoader = std::unique_ptr<Machine> (*)(const std::string &path, Bells &bells, const wl_image_info **info, Failure &failure);
enum class ClockChoice { by_ports, captures, real };

struct RunOptions {
  std::string image;
  Backend backend = Backend::kvm;
  QemuChoice qemu;                // for Backend::qemu
  NativeLoader load_native = nullptr; // for Backend::native
  std::vector<PortSpec> ports;
  bool until_idle = false;
  uint64_t duration_ns = 0; // 0: no limit
  uint32_t seed = 0;
  uint32_t cores = 1; // processors of the appliance, WL_CORES_MAX at most; with QEMU one
  Steering::By steer_by = Steering::By::ports; // see Steering
  bool steer_answers = false;
  bool steer_teaches = false;
  ClockChoice clock = ClockChoice::by_ports;
  bool no_wait = false;
  bool linger = false; // after a fault the guest's memory can be read at `control_file` until that is closed, for some seconds
  bool begin_held = false; // before its first round the guest waits to be let go by whoever controls the run
  // Whether the threads of the run give up all system calls that they do not need; not where they are a host
  // program's.
  bool confine = true;
  int shared_file = -1; // becomes the shared part of the guest's memory
  int control_file = -1; // whoever controls the run is at the other end: native/abi/wl_channel_abi.h
  uint64_t exec_ns = 0; // CLOCK_MONOTONIC before the execve of the VMM
  uint64_t main_ns = 0; // and at its first line
};

struct PortOutcome {
  std::string name;
  PortFigures figures;
  // Of a generator: frames it sent, and frames that came back to it.
  bool measured = false;
  uint64_t sent = 0, received = 0;
  StreamOutcome stream;
};

struct Outcome {
  Ending ended = Ending::stopped;
  double seconds = 0;
  BootFigures boot;
  uint64_t guest_bytes = 0;
  uint64_t vmm_private_bytes = 0;
  std::vector<PortOutcome> ports;
  // From the first frame that any port sent or got to the last; cycles are of the TSC.
  uint64_t elapsed_ns = 0, cycles = 0;
  std::vector<uint64_t> counters;
  uint64_t trap_count = 0;
  std::vector<uint32_t> trap_sites;
};

class ClockDriver;
class KvmMachine;
class SteppedDriver;

class Run {
public:
  Run();
  ~Run();

  // Everything up to the start of the guest.
  bool prepare(const RunOptions &options, Observer &observer, Failure &failure);
  // Starts the guest, tends its ports until the end, stops it. What went wrong at the end (a disk that is full,
  // a guest that panicked) is a failure, but the outcome is filled in as far as there is one.
  bool execute(Outcome &outcome, Failure &failure);
  // Whether the guest needs the thread that prepared the run: execute() then belongs into another one.
  bool borrows_thread() const { return lender_ != nullptr; }
  // Lends it, until the guest has ended.
  void lend_thread();
  // Ends the run soon. Any thread and any signal handler may call it.
  void request_stop();

  // Of each processor; all say the same of themselves, but for addresses within this process.
  uint32_t cores() const { return static_cast<uint32_t>(processors_.size()); }
  const wl_image_info &info(uint32_t core = 0) const { return processors_[core]->image.info(); }
  const GuestMemory &memory(uint32_t core = 0) const { return processors_[core]->memory; }
  const wl_control &control(uint32_t core = 0) const { return *memory(core).at<wl_control>(info(core).control); }

private:
  // One processor of the appliance: it has an image of its own, and shares nothing with the others.
  struct Processor {
    Image image;
    GuestMemory memory;
    Bells bells;
    std::unique_ptr<Machine> machine;
  };

  bool add_processor(Failure &failure);
  bool load_image(Processor &processor, uint32_t core, Failure &failure);
  bool attach_ports(Failure &failure);
  bool open_port(Attachment &attachment, uint32_t index, Failure &failure);
  bool make_machine(Processor &processor, Failure &failure);
  bool meet_guest(Failure &failure);
  void set_control();
  void set_control(uint32_t core);
  void agree(wl_control &control, uint32_t core);
  bool start_machines(Failure &failure);
  bool open_channel(Failure &failure);
  Machine &first_machine() const { return *processors_.front()->machine; }
  bool await_start(Failure &failure);
  StartParts start_parts() const;
  bool panicked(const Core &core, Failure &failure);
  void stop_guest(Failure &failure, bool *good);
  void end_core(Core &core, Failure &failure, bool *good);
  void collect(const ClockDriver &driver, Outcome &outcome) const;
  void collect_port(const Attachment &attachment, uint32_t index, const ClockDriver &driver, uint64_t hz, Outcome &outcome) const;
  uint64_t hz_of_run() const;

  RunOptions options_;
  DriverOptions driver_options_;
  Observer *observer_ = nullptr;
  Bell bell_; // rings the driver, as all processors do
  std::vector<std::unique_ptr<Processor>> processors_;
  TscClock clock_;
  std::vector<Attachment> attachments_;
  KvmMachine *lender_ = nullptr; // the first machine, if it needs the thread that made it
  std::unique_ptr<Guest> guest_;
  std::unique_ptr<Channel> channel_;
  std::unique_ptr<SteppedDriver> stepped_; // with virtual time
  std::atomic<bool> stop_requested_{false};
  bool virtual_time_ = false;
  bool killed_ = false;
  uint64_t first_tsc_ = 0, last_tsc_ = 0;
  uint64_t image_ns_ = 0, ports_ns_ = 0, machine_ns_ = 0; // CLOCK_MONOTONIC when these were there
};

} // namespace wl

#endif
