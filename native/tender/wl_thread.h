// Threads with small stacks, which take no signals but the one that interrupts a guest.
#ifndef WL_THREAD_H
#define WL_THREAD_H

#include <csignal>
#include <pthread.h>

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

// 0, or an errno value.
inline int start_thread(pthread_t *thread, void *(*body)(void *), void *argument, size_t stack_bytes = kStackBytes) {
  take_interrupts();
  sigset_t all, before;
  sigfillset(&all);
  sigdelset(&all, kInterruptSignal);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(thread, &attributes, body, argument);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return error;
}

} // namespace wl

#endif
