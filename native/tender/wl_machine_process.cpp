#include "wl_machine_process.h"

#include <algorithm>
#include <asm/prctl.h>
#include <csignal>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif

#include "wl_cell.h"
#include "wl_filter.h"
#include "wl_sandbox.h"
#include "wl_thread.h"

namespace wl {

namespace {

constexpr uint64_t kUserSpaceEnd = 0x7ffffffff000;

uint64_t page_up(uint64_t address) { return (address + WL_PAGE_BYTES - 1) & ~uint64_t{WL_PAGE_BYTES - 1}; }
uint64_t page_down(uint64_t address) { return address & ~uint64_t{WL_PAGE_BYTES - 1}; }

// The C library gave the kernel a place in its thread-local storage to write to whenever the thread is scheduled
// (man 2 rseq). It goes away, and must not be written to any more.
void leave_restartable_sequences() {
#ifdef RSEQ_SIG
  constexpr unsigned kRegisteredBytes = 32, kUnregister = 1;
  if (__rseq_size == 0) return;
  void *const area = static_cast<uint8_t *>(__builtin_thread_pointer()) + __rseq_offset;
  if (syscall(SYS_rseq, area, kRegisteredBytes, kUnregister, RSEQ_SIG) != 0) syscall(SYS_rseq, area, __rseq_size, kUnregister, RSEQ_SIG);
#endif
}

} // namespace

ProcessMachine::~ProcessMachine() {
  if (started_) {
    kill();
    join();
  }
  if (cell_ != nullptr) munmap(cell_, page_up(sizeof(Cell)));
}

bool ProcessMachine::prepare_cell(Failure &failure) {
  void *const room = mmap(nullptr, page_up(sizeof(Cell)), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return failure.set("WL5017", "no memory for the confined process: " + reason(errno));
  cell_ = static_cast<Cell *>(room);
  const wl_image_info &info = image_.info();
  cell_->control = reinterpret_cast<wl_control *>(info.control);
  cell_->entry = info.entry;
  cell_->stack_top = info.stack_top;
  cell_->guest_bell = bells_.guest.get();
  cell_->driver_bell = bells_.driver.get();

  const auto cell = reinterpret_cast<uint64_t>(cell_);
  if (own_code().from == 0) return failure.set("WL5017", "the tender is linked in a way that confined processes cannot use");
  Range keep[3] = {{memory_.base(), memory_.end()}, own_code(), {cell, cell + page_up(sizeof(Cell))}};
  std::sort(keep, keep + 3, [](const Range &a, const Range &b) { return a.from < b.from; });
  uint64_t from = 0;
  for (uint32_t index = 0; index < 3; index += 1) {
    cell_->leave[index] = {from, keep[index].from};
    from = keep[index].to;
  }
  cell_->leave[3] = {from, kUserSpaceEnd};

  Filter filter(cell_->instructions, kCellFilterMax);
  filter.allow(SYS_rt_sigreturn).allow(SYS_ppoll).allow_if(SYS_read, 0, static_cast<uint32_t>(cell_->guest_bell));
  filter.allow_if(SYS_write, 0, static_cast<uint32_t>(cell_->driver_bell)).allow_if(SYS_write, 0, STDERR_FILENO).allow(SYS_exit_group);
  return filter.close(&cell_->filter) || failure.set("WL5017", "the confined process's filter is too long");
}

bool ProcessMachine::start(Failure &failure) {
  if (!prepare_cell(failure)) return false;
  process_ = fork();
  if (process_ == 0) become_guest();
  if (process_ < 0) return failure.set("WL5017", "no process for the guest: " + reason(errno), "Raise the limit of processes (ulimit -u, the container's).");
  process_file_.reset(static_cast<int>(syscall(SYS_pidfd_open, process_, 0)));
  const int error = start_thread(&thread_, [](void *self) -> void * {
    static_cast<ProcessMachine *>(self)->watch();
    return nullptr;
  }, this);
  if (error != 0) {
    ::kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    return failure.set("WL5017", "no thread to watch the guest: " + reason(error));
  }
  started_ = true;
  return true;
}

// In the child: memory to its addresses, everything else away, and into the guest.
void ProcessMachine::become_guest() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  wake_on_time();
  // The terminal's Ctrl-C is for the tender, which then asks the guest to stop.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, kInterruptSignal}) ::signal(signal, SIG_IGN);
  move_memory();
  protect_memory();
  if (!cell_handle_signals(cell_)) _exit(kCellSignals);
  // Descriptors: the two bells and the place for early text.
  const auto first = static_cast<unsigned>(std::min(cell_->guest_bell, cell_->driver_bell));
  const auto second = static_cast<unsigned>(std::max(cell_->guest_bell, cell_->driver_bell));
  syscall(SYS_close_range, 0u, 1u, 0u);
  syscall(SYS_close_range, 3u, first - 1, 0u);
  if (second > first + 1) syscall(SYS_close_range, first + 1, second - 1, 0u);
  syscall(SYS_close_range, second + 1, ~0u, 0u);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(kCellFilter);
  leave_restartable_sequences();
  syscall(SYS_arch_prctl, ARCH_SET_FS, 0);
  __asm__ volatile("movq %0, %%rsp\n\txorl %%ebp, %%ebp\n\tcall *%1" : : "r"(cell_->stack + sizeof cell_->stack), "r"(&cell_enter), "D"(cell_) : "memory");
  __builtin_unreachable();
}

void ProcessMachine::move_memory() const {
  const uint64_t base = memory_.base(), shared = memory_.shared_base(), end = memory_.end();
  // Fails if something of ours is there already, which moving would not notice.
  void *const place = mmap(reinterpret_cast<void *>(base), end - base, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (place != reinterpret_cast<void *>(base)) _exit(kCellMemory);
  const auto move = [&](uint64_t from, uint64_t to) {
    return mremap(memory_.at(from), to - from, to - from, MREMAP_MAYMOVE | MREMAP_FIXED, reinterpret_cast<void *>(from)) != MAP_FAILED;
  };
  if (!move(base, shared) || !move(shared, end)) _exit(kCellMemory);
}

// Each segment gets its own rights and nothing is both writable and executable. A segment that asks for both holds
// the processor's tables and the code of CPL 0, which only a VM needs: it gets none.
void ProcessMachine::protect_memory() const {
  const auto protect = [](uint64_t from, uint64_t to, int rights) {
    if (from < to && mprotect(reinterpret_cast<void *>(from), to - from, rights) != 0) _exit(kCellMemory);
  };
  protect(memory_.base(), memory_.shared_base(), PROT_NONE);
  for (const Segment &segment : image_.segments()) {
    int rights = PROT_READ;
    if (segment.writable && segment.executable) rights = PROT_NONE;
    else if (segment.writable) rights |= PROT_WRITE;
    else if (segment.executable) rights |= PROT_EXEC;
    protect(page_down(segment.address), std::min(page_up(segment.address + segment.memory_bytes), memory_.shared_base()), rights);
  }
}

void ProcessMachine::kill() {
  if (!started_) return;
  killed_ = true;
  if (process_file_.open()) syscall(SYS_pidfd_send_signal, process_file_.get(), SIGKILL, nullptr, 0);
  else ::kill(process_, SIGKILL);
}

void ProcessMachine::join() {
  if (!started_) return;
  pthread_join(thread_, nullptr);
  started_ = false;
}

void ProcessMachine::watch() {
  if (!confine_watcher_thread(failure_)) kill();
  int status = 0;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  if (killed_ && failure_.code.empty()) return end(Ended::exited);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kCellExited) return end(Ended::exited);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kCellPanicked) return end(Ended::panicked);
  if (!failure_.code.empty()) return end(Ended::broken);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
    failure_.set("WL5014", "the guest asked the kernel for something that it may not have, and was ended");
  } else if (WIFSIGNALED(status)) {
    failure_.set("WL5014", "the guest's process was ended by signal " + std::to_string(WTERMSIG(status)));
  } else {
    const int code = WEXITSTATUS(status);
    const char *const what = code == kCellMemory ? "its memory" : code == kCellSignals ? "its signals" : code == kCellFilter ? "its seccomp filter" : "an unknown step";
    failure_.set("WL5017", std::string("the confined process could not set up ") + what, "Run with --vmm node; wirelet doctor says what this machine has.", kExitMissing);
  }
  end(Ended::broken);
}

void ProcessMachine::end(Ended ended) {
  ended_.store(ended, std::memory_order_release);
  bells_.driver.ring();
}

} // namespace wl
