// Threads with small stacks, which take no signals but the one that interrupts a guest.
#ifndef WL_THREAD_H
#define WL_THREAD_H

#include <csignal>
#include <cstdint>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

namespace wl {

// Interrupts a thread that is in a guest; its handler does nothing.
constexpr int kInterruptSignal = SIGUSR1;
constexpr size_t kStackBytes = 64 << 10;

// The signal shall interrupt system calls, and no more.
inline void take_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(kInterruptSignal, &action, nullptr);
}

// The kernel may be so late with the timers of the calling thread, at most, to wake several at once: by default fifty times as much.
inline void wake_on_time() {
  constexpr unsigned long kTimerSlackNs = 1000;
  prctl(PR_SET_TIMERSLACK, kTimerSlackNs);
}

// How many processors the calling thread may use.
inline uint32_t host_processors() {
  cpu_set_t all;
  return sched_getaffinity(0, sizeof all, &all) == 0 ? static_cast<uint32_t>(CPU_COUNT(&all)) : UINT32_MAX;
}

// Processors that the calling thread may use, without the one that it is on; false if there is no other.
inline bool other_processors(cpu_set_t *others) {
  if (sched_getaffinity(0, sizeof *others, others) != 0) return false;
  const int here = sched_getcpu();
  if (here >= 0) CPU_CLR(here, others);
  return CPU_COUNT(others) > 0;
}

// 0, or an errno value. With `processors` the thread begins on one of these.
inline int start_thread(pthread_t *thread, void *(*body)(void *), void *argument, size_t stack_bytes = kStackBytes, const cpu_set_t *processors = nullptr) {
  take_interrupts();
  sigset_t all, before;
  sigfillset(&all);
  sigdelset(&all, kInterruptSignal);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  if (processors != nullptr) pthread_attr_setaffinity_np(&attributes, sizeof *processors, processors);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(thread, &attributes, body, argument);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return error;
}

} // namespace wl

#endif
