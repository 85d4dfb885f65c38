#include "wl_machine_kvm.h"

#include <cpuid.h>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "wl_sandbox.h"
#include "wl_thread.h"
#include "wl_wait.h"

namespace wl {

namespace {

// Intel SDM volume 3, 2.5 and 2.2.1: paging, write protection, native FPU errors; PAE, SSE; long mode, NX.
constexpr uint64_t kCr0 = 0x80050033;
constexpr uint64_t kCr4 = 0x620;
constexpr uint64_t kEfer = 0xd00;
// Selectors of the image's GDT (native/guest/boot.S).
constexpr uint16_t kUserCode = 0x1b, kUserData = 0x23, kTaskState = 0x28;
constexpr uint32_t kMsrTsc = 0x10;

// The kernel's header gives these two structures, which end in arrays of no length, another layout in C++ than in C
// (and with it the requests other numbers): here they are as the kernel has them (Documentation/virt/kvm/api.rst).
struct CpuidTable {
  uint32_t count, padding;
  kvm_cpuid_entry2 entries[4];
};
struct MsrTable {
  uint32_t count, padding;
  kvm_msr_entry entries[1];
};
constexpr unsigned long kSetCpuid2 = _IOC(_IOC_WRITE, KVMIO, 0x90, 8);
constexpr unsigned long kGetMsrs = _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x88, 8);
static_assert(offsetof(CpuidTable, entries) == 8 && sizeof(kvm_cpuid_entry2) == 40);
static_assert(offsetof(MsrTable, entries) == 8 && sizeof(kvm_msr_entry) == 16);

// What the guest learns about its processor: the least that long mode and NX need. Asking KVM for what it
// supports costs more than the rest of the start.
CpuidTable describe_processor() {
  CpuidTable table{};
  table.count = 4;
  kvm_cpuid_entry2 *const entry = table.entries;
  __cpuid(0, entry[0].eax, entry[0].ebx, entry[0].ecx, entry[0].edx);
  entry[0].eax = 1; // the last basic leaf
  uint32_t ebx, ecx, edx;
  __cpuid(1, entry[1].eax, ebx, ecx, edx); // family, model, stepping
  entry[1].function = 1;
  // FPU, TSC, MSR, PAE, CX8, PGE, CMOV, FXSR, SSE, SSE2
  entry[1].edx = 1u << 0 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 8 | 1u << 13 | 1u << 15 | 1u << 24 | 1u << 25 | 1u << 26;
  entry[2].function = 0x80000000;
  entry[2].eax = 0x80000001; // the last extended leaf
  entry[3].function = 0x80000001;
  entry[3].edx = 1u << 20 | 1u << 29; // NX, long mode
  return table;
}

kvm_segment segment(uint16_t selector, uint8_t type, bool code) {
  kvm_segment value{};
  value.limit = 0xffffffff;
  value.selector = selector;
  value.type = type;
  value.present = 1;
  value.dpl = 3;
  value.s = 1;
  value.g = 1;
  value.l = code;
  value.db = !code;
  return value;
}

} // namespace

KvmMachine::~KvmMachine() {
  if (apart_) {
    // One that was never started has nothing to leave.
    if (stage_ == Stage::created) reach(Stage::dropped);
    pthread_join(thread_, nullptr);
  }
  if (run_ != nullptr) munmap(run_, run_bytes_);
}

bool KvmMachine::create(Failure &failure) {
  thread_ = pthread_self();
  take_interrupts();
  return open(failure) && map_memory(failure) && set_processor(failure);
}

bool KvmMachine::create_apart(Failure &failure) {
  refusal_ = &failure;
  pthread_t thread;
  const int error = start_thread(&thread, [](void *self) -> void * {
    static_cast<KvmMachine *>(self)->live_apart();
    return nullptr;
  }, this);
  if (error != 0) return failure.set("WL5012", "no thread for a processor: " + reason(error));
  thread_ = thread;
  apart_ = true;
  stage_.wait(Stage::creating);
  return stage_ == Stage::created;
}

void KvmMachine::live_apart() {
  const bool good = create(*refusal_);
  reach(good ? Stage::created : Stage::refused);
  if (!good) return;
  stage_.wait(Stage::created);
  if (stage_ == Stage::started) live();
}

void KvmMachine::reach(Stage stage) {
  stage_ = stage;
  stage_.notify_all();
}

bool KvmMachine::open(Failure &failure) {
  kvm_.reset(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!kvm_.open()) {
    if (errno == EACCES || errno == EPERM) {
      return failure.set("WL5011", "no permission to use /dev/kvm", "sudo usermod -aG kvm $USER, then log in again; or run with --vmm process.", kExitMissing);
    }
    return failure.set("WL5010", "/dev/kvm cannot be opened: " + reason(errno), "modprobe kvm_intel (or kvm_amd); or run with --vmm process.", kExitMissing);
  }
  vm_.reset(ioctl(kvm_.get(), KVM_CREATE_VM, 0));
  if (!vm_.open()) return refused("to make a VM", failure);
  // Before the memory: stalls of milliseconds are rarer so.
  processor_.reset(ioctl(vm_.get(), KVM_CREATE_VCPU, 0));
  if (!processor_.open()) return refused("to make a virtual processor", failure);
  const int bytes = ioctl(kvm_.get(), KVM_GET_VCPU_MMAP_SIZE, 0);
  if (bytes < static_cast<int>(sizeof(kvm_run))) return refused("to share the processor's state", failure);
  run_bytes_ = static_cast<size_t>(bytes);
  void *const run = mmap(nullptr, run_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, processor_.get(), 0);
  if (run == MAP_FAILED) return refused("to share the processor's state", failure);
  run_ = static_cast<kvm_run *>(run);
  return true;
}

bool KvmMachine::map_memory(Failure &failure) {
  kvm_userspace_memory_region region{};
  region.guest_phys_addr = memory_.base();
  region.memory_size = memory_.bytes();
  region.userspace_addr = reinterpret_cast<uint64_t>(memory_.at(memory_.base()));
  return ioctl(vm_.get(), KVM_SET_USER_MEMORY_REGION, &region) == 0 || refused("the guest's memory", failure);
}

bool KvmMachine::set_processor(Failure &failure) {
  CpuidTable table = describe_processor();
  if (ioctl(processor_.get(), kSetCpuid2, &table) != 0) return refused("the processor's features", failure);

  const wl_image_info &info = image_.info();
  kvm_sregs system{};
  if (ioctl(processor_.get(), KVM_GET_SREGS, &system) != 0) return refused("the system registers", failure);
  system.cr0 = kCr0;
  system.cr3 = info.page_tables;
  system.cr4 = kCr4;
  system.efer = kEfer;
  system.cs = segment(kUserCode, 11, true);
  system.ss = system.ds = system.es = system.fs = system.gs = segment(kUserData, 3, false);
  system.tr = {};
  system.tr.base = info.tss;
  system.tr.limit = info.tss_limit;
  system.tr.selector = kTaskState;
  system.tr.type = 11;
  system.tr.present = 1;
  system.gdt.base = info.gdt;
  system.gdt.limit = info.gdt_limit;
  system.idt.base = info.idt;
  system.idt.limit = info.idt_limit;
  if (ioctl(processor_.get(), KVM_SET_SREGS, &system) != 0) return refused("the system registers", failure);

  kvm_regs registers{};
  registers.rip = info.entry;
  registers.rsp = info.stack_top;
  registers.rdi = info.control;
  registers.rflags = 2;
  if (ioctl(processor_.get(), KVM_SET_REGS, &registers) != 0) return refused("the registers", failure);
  find_tsc();
  return true;
}

// Guests shall read the host's TSC. Where KVM gives a VM its own, it is told not to, else the difference is measured.
void KvmMachine::find_tsc() {
  const int khz = ioctl(processor_.get(), KVM_GET_TSC_KHZ, 0);
  if (khz > 0) tsc_hz_ = static_cast<uint64_t>(khz) * 1000;
#ifdef KVM_VCPU_TSC_CTRL
  uint64_t offset = 0;
  kvm_device_attr attribute{};
  attribute.group = KVM_VCPU_TSC_CTRL;
  attribute.attr = KVM_VCPU_TSC_OFFSET;
  attribute.addr = reinterpret_cast<uint64_t>(&offset);
  if (ioctl(processor_.get(), KVM_SET_DEVICE_ATTR, &attribute) == 0) return;
#endif
  MsrTable msrs{};
  msrs.count = 1;
  msrs.entries[0].index = kMsrTsc;
  const uint64_t before = tsc();
  if (ioctl(processor_.get(), kGetMsrs, &msrs) == 1) tsc_offset_ = msrs.entries[0].data - before;
}

bool KvmMachine::refused(const char *what, Failure &failure) const {
  const int error = errno;
  // Also where a container's memory ends, the kernel may say so here before it ends the process.
  if (error == ENOMEM) return failure.set("WL5020", std::string("the machine has run out of memory: KVM has none ") + what, "Run fewer appliances, or graphs with smaller tables; free -m and dmesg tell more. A container may have less than the machine.", kExitMissing);
  return failure.set("WL5012", std::string("KVM refuses ") + what + ": " + reason(error), "Run with --vmm process; wirelet doctor says what this machine has.", kExitMissing);
}

bool KvmMachine::start(Failure &) {
  if (apart_) reach(Stage::started);
  return true;
}

void KvmMachine::kill() {
  __atomic_store_n(&run_->immediate_exit, 1, __ATOMIC_SEQ_CST);
  bells_.guest.ring();
  // The signal may come before the thread is in KVM_RUN: immediate_exit then ends that at once.
  if (ended() == Ended::running) pthread_kill(thread_, kInterruptSignal);
}

void KvmMachine::join() { left_.wait(false); }

void KvmMachine::live() {
  wake_on_time();
  if (confine_processor_thread(processor_.get(), failure_)) run();
  else end(Ended::broken);
  left_ = true;
  left_.notify_all();
}

void KvmMachine::run() {
  for (;;) {
    const int result = ioctl(processor_.get(), KVM_RUN, 0);
    if (result != 0 && errno == EINTR) {
      if (!__atomic_load_n(&run_->immediate_exit, __ATOMIC_SEQ_CST)) continue;
      keep_registers();
      return end(Ended::exited);
    }
    if (result != 0 && errno != EAGAIN) {
      failure_.set("WL5012", "KVM cannot run the guest: " + reason(errno), "Run with --vmm process.");
      return end(Ended::broken);
    }
    if (result == 0 && !leave()) return;
    if (__atomic_load_n(&run_->immediate_exit, __ATOMIC_SEQ_CST)) return end(Ended::exited);
  }
}

bool KvmMachine::leave() {
  switch (run_->exit_reason) {
    case KVM_EXIT_IO: {
      const auto &io = run_->io;
      if (io.direction != KVM_EXIT_IO_OUT) return true;
      return out(io.port, reinterpret_cast<const uint8_t *>(run_)[io.data_offset]);
    }
    case KVM_EXIT_INTR:
      return true;
    case KVM_EXIT_MMIO:
      failure_.set("WL5014", "the guest touched memory that it does not have, at " + std::to_string(run_->mmio.phys_addr));
      break;
    case KVM_EXIT_SHUTDOWN:
      failure_.set("WL5014", "the guest shut down: a fault while it handled a fault");
      break;
    default:
      failure_.set("WL5014", "the guest stopped for a reason that it cannot have (KVM exit " + std::to_string(run_->exit_reason) + ")");
  }
  end(Ended::broken);
  return false;
}

bool KvmMachine::out(uint16_t port, uint8_t value) {
  switch (port) {
    case WL_PORT_WAIT: {
      const timespec time = sleep_time(memory_.at<wl_control>(image_.info().control));
      pollfd bell{bells_.guest.get(), POLLIN, 0};
      if (ppoll(&bell, 1, &time, nullptr) > 0) bells_.guest.silence();
      return true;
    }
    case WL_PORT_KICK:
      bells_.kick(value);
      return true;
    case WL_PORT_CONSOLE: {
      [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, &value, 1);
      return true;
    }
    case WL_PORT_FAULT: // the stub has filled in the record (native/guest/boot.S)
      keep_registers();
      end(Ended::panicked);
      return false;
    case WL_PORT_EXIT:
      end(Ended::exited);
      return false;
    default:
      return true;
  }
}

void KvmMachine::keep_registers() {
  kvm_regs now{};
  if (ioctl(processor_.get(), KVM_GET_REGS, &now) != 0) return;
  const uint64_t values[Registers::kCount] = {now.rax, now.rbx, now.rcx, now.rdx, now.rsi, now.rdi, now.rsp, now.rbp, now.r8, now.r9, now.r10, now.r11, now.r12, now.r13, now.r14, now.r15, now.rip, now.rflags};
  memcpy(registers_.values, values, sizeof values);
}

void KvmMachine::end(Ended ended) {
  ended_.store(ended, std::memory_order_release);
  bells_.driver.ring();
}

} // namespace wl
