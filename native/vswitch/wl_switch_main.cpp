// wirelet-switch: carries packets between virtual machines and devices until it is told to stop.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cerrno>
#include <cstring>
#include <sched.h>
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

// `0,2`.
bool read_processors(const char *text, cpu_set_t *processors) {
  for (char *end; *text != 0; text = end + (*end == ',')) {
    const unsigned long number = strtoul(text, &end, 10);
    if (end == text || number >= CPU_SETSIZE || (*end != ',' && *end != 0)) return false;
    CPU_SET(number, processors);
  }
  return true;
}

} // namespace

int main(int count, char **words) {
  wl::Failure failure;
  // The parent is who started us: if it is killed, nobody is left to tell us to stop.
  int parent = 0;
  cpu_set_t processors;
  CPU_ZERO(&processors);
  bool good = count % 2 == 0;
  for (int at = 2; good && at < count; at += 2) {
    if (strcmp(words[at], "--parent") == 0) good = (parent = atoi(words[at + 1])) > 0;
    else good = strcmp(words[at], "--cpus") == 0 && read_processors(words[at + 1], &processors);
  }
  if (!good) {
    fputs("wirelet-switch SOCKET [--parent PID] [--cpus N,N,...]\n", stderr);
    return wl::kExitUsage;
  }
  if (CPU_COUNT(&processors) > 0 && sched_setaffinity(0, sizeof processors, &processors) != 0) {
    failure.set("WL4041", "the switch cannot be placed on these processors: " + wl::reason(errno), "This machine, or this container, has others: nproc and taskset -p $$ tell.", wl::kExitUsage);
    return fail(failure);
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
