// wirelet-switch: carries packets between virtual machines and devices until it is told to stop.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/prctl.h>
#include <unistd.h>

#include "../tender/wl_sandbox.h"
#include "wl_switch.h"

namespace {

volatile sig_atomic_t stop;

void on_signal(int) { stop = 1; }

int fail(const wl::Failure &failure) {
  fprintf(stderr, "%s %s\n  %s\n", failure.code.c_str(), failure.message.c_str(), failure.hint.c_str());
  return failure.status;
}

} // namespace

int main(int count, char **words) {
  wl::Failure failure;
  // The parent is who started us: if it is killed, nobody is left to tell us to stop.
  const int parent = count == 4 && strcmp(words[2], "--parent") == 0 ? atoi(words[3]) : 0;
  if (count != 2 && parent == 0) {
    fputs("wirelet-switch SOCKET [--parent PID]\n", stderr);
    return wl::kExitUsage;
  }
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGHUP, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
  if (parent != 0 && (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)) return 0;
  prctl(PR_SET_TIMERSLACK, 1000);
  wl::Switch daemon;
  if (!daemon.listen(words[1], failure) || !wl::confine_switch(failure)) return fail(failure);
  return daemon.serve(stop, failure) ? 0 : fail(failure);
}
