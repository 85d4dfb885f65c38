#include "wl_sandbox.h"

#include <cerrno>
#include <initializer_list>
#include <linux/bpf.h>
#include <linux/sockios.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wl_filter.h"

namespace wl {

namespace {

constexpr uint32_t kInstructionsMax = 256;

// What the C library needs in any thread: memory that is not code, locks, signals' ends, its own end.
void allow_library(Filter &filter) {
  for (const uint32_t rights : {PROT_NONE, PROT_READ | PROT_WRITE}) {
    filter.allow_if(SYS_mmap, 2, rights).allow_if(SYS_mprotect, 2, rights);
  }
  for (const long number : {SYS_brk, SYS_munmap, SYS_madvise, SYS_futex, SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_restart_syscall, SYS_clock_gettime,
                            SYS_sched_yield, SYS_exit, SYS_exit_group}) {
    filter.allow(number);
  }
  filter.refuse(SYS_fstat, EPERM).refuse(SYS_newfstatat, EPERM); // what stdio asks of a descriptor
}

// What a vhost-user port asks for when its other side comes: memory, bells, a new attempt.
void allow_lenders(Filter &filter) {
  for (const long number : {SYS_epoll_create1, SYS_epoll_wait, SYS_epoll_ctl, SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime, SYS_memfd_create, SYS_ftruncate, SYS_fstatfs, SYS_fstat,
                            SYS_newfstatat, SYS_fcntl, SYS_poll, SYS_recvmsg, SYS_sendmsg, SYS_socket, SYS_connect, SYS_rt_sigaction}) {
    filter.allow(number);
  }
}

bool install(Filter &filter, Failure &failure) {
  sock_fprog program;
  if (!filter.close(&program)) return failure.set("WL5015", "the list of allowed system calls is too long");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
    return failure.set("WL5015", "the tender cannot confine itself (seccomp): " + reason(errno), "Use a kernel with CONFIG_SECCOMP_FILTER.", kExitMissing);
  }
  return true;
}

} // namespace

bool confine_processor_thread(int processor, Failure &failure) {
  sock_filter room[kInstructionsMax];
  Filter filter(room, kInstructionsMax);
  filter.allow_if(SYS_ioctl, 0, static_cast<uint32_t>(processor)).allow(SYS_ppoll).allow(SYS_read).allow(SYS_write);
  allow_library(filter);
  return install(filter, failure);
}

bool confine_watcher_thread(Failure &failure) {
  sock_filter room[kInstructionsMax];
  Filter filter(room, kInstructionsMax);
  filter.allow(SYS_wait4).allow(SYS_write).allow(SYS_pidfd_send_signal);
  allow_library(filter);
  return install(filter, failure);
}

bool confine_server_thread(Failure &failure) {
  sock_filter room[kInstructionsMax];
  Filter filter(room, kInstructionsMax);
  for (const long number : {SYS_poll, SYS_read, SYS_write, SYS_accept4, SYS_recvmsg, SYS_sendmsg, SYS_sendto, SYS_getsockopt, SYS_close, SYS_wait4,
                            SYS_pidfd_send_signal}) {
    filter.allow(number);
  }
  allow_library(filter);
  return install(filter, failure);
}

bool confine_channel_thread(Failure &failure) {
  sock_filter room[kInstructionsMax];
  Filter filter(room, kInstructionsMax);
  for (const long number : {SYS_read, SYS_write, SYS_ppoll, SYS_nanosleep, SYS_clock_nanosleep}) filter.allow(number);
  allow_library(filter);
  return install(filter, failure);
}

bool confine_driver_thread(bool lenders, Failure &failure) {
  sock_filter room[kInstructionsMax];
  Filter filter(room, kInstructionsMax);
  if (lenders) allow_lenders(filter);
  for (const long number : {SYS_read, SYS_readv, SYS_pread64, SYS_write, SYS_recvmsg, SYS_sendto, SYS_ppoll, SYS_poll, SYS_nanosleep, SYS_clock_nanosleep, SYS_close, SYS_ftruncate, SYS_getpid,
                            SYS_gettid, SYS_tgkill, SYS_pidfd_send_signal, SYS_accept4, SYS_getsockopt, SYS_sendmsg}) {
    filter.allow(number);
  }
  // Taps are set down again at the end.
  filter.allow_if(SYS_ioctl, 1, SIOCGIFFLAGS).allow_if(SYS_ioctl, 1, SIOCSIFFLAGS).allow_if(SYS_prctl, 0, PR_SET_TIMERSLACK);
  allow_library(filter);
  return install(filter, failure);
}

bool confine_switch(Failure &failure) {
  sock_filter room[kInstructionsMax];
  Filter filter(room, kInstructionsMax);
  // Ports come and go: sockets to VMMs, their memory, taps.
  for (const long number : {SYS_read, SYS_readv, SYS_write, SYS_writev, SYS_epoll_wait, SYS_epoll_ctl, SYS_accept4, SYS_socket, SYS_connect, SYS_recvmsg, SYS_sendto, SYS_close,
                            SYS_fcntl, SYS_openat, SYS_fstat, SYS_newfstatat, SYS_ioctl, SYS_getpid, SYS_bind, SYS_shutdown, SYS_setsockopt, SYS_getsockopt, SYS_recvmmsg, SYS_sendmmsg}) {
    filter.allow(number);
  }
  allow_lenders(filter);
  // Sockets, captures and programs of interfaces that come later.
  for (const long number : {SYS_listen, SYS_umask, SYS_unlink, SYS_pread64, SYS_lseek, SYS_ftruncate, SYS_clock_nanosleep}) filter.allow(number);
  for (const uint32_t command : {BPF_MAP_CREATE, BPF_MAP_UPDATE_ELEM, BPF_PROG_LOAD, BPF_LINK_CREATE}) filter.allow_if(SYS_bpf, 0, command);
  allow_library(filter);
  return install(filter, failure);
}

} // namespace wl
