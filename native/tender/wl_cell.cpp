// Code that runs in a confined process when nothing of the tender is there but code and constants: it calls no
// library (whose calls go through writable memory), and has no variables and no thread-local storage.
#include "wl_cell.h"

#include <csignal>
#include <initializer_list>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "wl_wait.h"

#define WL_CELL_INLINE inline __attribute__((always_inline))

namespace wl {

namespace {

constexpr uint64_t kTrapProtection = 13; // #GP: what `out` raises at CPL 3 without the right to the port
constexpr uint64_t kSaRestorer = 0x04000000;

// As the kernel has it (arch/x86/include/uapi/asm/signal.h).
struct KernelAction {
  void (*handler)(int, siginfo_t *, void *);
  uint64_t flags;
  void (*restorer)();
  uint64_t mask;
};

WL_CELL_INLINE long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
  return result;
}

// The naked end of a signal handler: rt_sigreturn.
__attribute__((naked)) void restore() { __asm__ volatile("movl $15, %eax\n\tsyscall"); }

WL_CELL_INLINE void wait(const Cell *cell) {
  timespec time = sleep_time(cell->control);
  pollfd bell;
  bell.fd = cell->guest_bell;
  bell.events = POLLIN;
  bell.revents = 0;
  uint64_t count;
  if (call(SYS_ppoll, reinterpret_cast<long>(&bell), 1, reinterpret_cast<long>(&time), 0, 8) > 0) {
    call(SYS_read, cell->guest_bell, reinterpret_cast<long>(&count), sizeof count);
  }
}

WL_CELL_INLINE void panic(const Cell *cell, const greg_t *registers) {
  wl_control *const control = cell->control;
  control->panic_vector = static_cast<uint64_t>(registers[REG_TRAPNO]);
  control->panic_error = static_cast<uint64_t>(registers[REG_ERR]);
  control->panic_address = static_cast<uint64_t>(registers[REG_CR2]);
  control->panic_rip = static_cast<uint64_t>(registers[REG_RIP]);
  control->panic_rsp = static_cast<uint64_t>(registers[REG_RSP]);
  control->panic_rax = static_cast<uint64_t>(registers[REG_RAX]);
  control->panic_rcx = static_cast<uint64_t>(registers[REG_RCX]);
  control->panic_flags = static_cast<uint64_t>(registers[REG_EFL]);
  __atomic_store_n(&control->state, WL_STATE_PANICKED, __ATOMIC_RELEASE);
  for (;;) call(SYS_exit_group, kCellPanicked);
}

WL_CELL_INLINE void out(const Cell *cell, uint16_t port, uint8_t value) {
  const uint64_t one = 1;
  if (port == WL_PORT_WAIT) wait(cell);
  if (port == WL_PORT_KICK) call(SYS_write, cell->driver_bell, reinterpret_cast<long>(&one), sizeof one);
  if (port == WL_PORT_CONSOLE) call(SYS_write, 2, reinterpret_cast<long>(&value), 1);
  if (port == WL_PORT_EXIT) call(SYS_exit_group, kCellExited);
}

// `out %al, $port` and `out %al, %dx` (Intel SDM volume 2) do what they do in a VM; all else is a fault.
void handle(int signal, siginfo_t *, void *context) {
  auto *const where = static_cast<ucontext_t *>(context);
  const auto *const cell = static_cast<const Cell *>(where->uc_stack.ss_sp);
  greg_t *const registers = where->uc_mcontext.gregs;
  if (signal != SIGSEGV || registers[REG_TRAPNO] != kTrapProtection) return panic(cell, registers);
  const auto *const code = reinterpret_cast<const volatile uint8_t *>(registers[REG_RIP]);
  const auto value = static_cast<uint8_t>(registers[REG_RAX]);
  if (code[0] == 0xe6) {
    out(cell, code[1], value);
    registers[REG_RIP] += 2;
  } else if (code[0] == 0xee) {
    out(cell, static_cast<uint16_t>(registers[REG_RDX]), value);
    registers[REG_RIP] += 1;
  } else {
    panic(cell, registers);
  }
}

} // namespace

bool cell_handle_signals(Cell *cell) {
  stack_t stack{};
  stack.ss_sp = cell->signal_stack;
  stack.ss_size = sizeof cell->signal_stack;
  bool good = call(SYS_sigaltstack, reinterpret_cast<long>(&stack), 0) == 0;
  const KernelAction action{handle, SA_SIGINFO | SA_ONSTACK | kSaRestorer, restore, 0};
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP}) {
    good = good && call(SYS_rt_sigaction, signal, reinterpret_cast<long>(&action), 0, 8) == 0;
  }
  return good;
}

void cell_enter(Cell *cell) {
  for (const Range *range = cell->leave; range != cell->leave + 4; range += 1) {
    if (range->to > range->from && call(SYS_munmap, static_cast<long>(range->from), static_cast<long>(range->to - range->from)) != 0) {
      call(SYS_exit_group, kCellMemory);
    }
  }
  if (call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, reinterpret_cast<long>(&cell->filter)) != 0) call(SYS_exit_group, kCellFilter);
  __asm__ volatile("movq %0, %%rsp\n\txorl %%ebp, %%ebp\n\tjmp *%1" : : "r"(cell->stack_top), "r"(cell->entry), "D"(cell->control) : "memory");
  __builtin_unreachable();
}

} // namespace wl
