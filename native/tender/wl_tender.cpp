// wirelet-tender: runs one image until it is idle, its time is over, or a signal ends it.
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#include "wl_options.h"
#include "wl_report.h"

namespace {

wl::Run *current_run;

void on_signal(int) { current_run->request_stop(); }

int probe() {
  const wl::Descriptor kvm(open("/dev/kvm", O_RDWR | O_CLOEXEC));
  const bool usable = kvm.open() && ioctl(kvm.get(), KVM_GET_API_VERSION, 0) == KVM_API_VERSION;
  const wl::Descriptor tap(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  printf("{\"kvm\":%s,\"tap\":%s,\"abi_version\":%d}\n", usable ? "true" : "false", tap.open() ? "true" : "false", WL_ABI_VERSION);
  return 0;
}

// Guest and driver wait for each other's work. Where they have to share a processor, turns of a millisecond would be
// most of the time (Linux 6.12 takes the wish, older kernels ignore it; children inherit it).
void take_short_turns() {
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns, deadline_ns, period_ns;
  } wish{};
  wish.size = sizeof wish;
  wish.runtime_ns = 100000;
  syscall(SYS_sched_setattr, 0, &wish, 0);
}

int run(const wl::Options &options, wl::Report &report) {
  wl::Run run;
  wl::Failure failure;
  current_run = &run;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGHUP, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
  // Sleeps of some microseconds shall take some microseconds.
  prctl(PR_SET_TIMERSLACK, 1000);
  take_short_turns();
  if (!run.prepare(options.run, report, failure)) {
    report.error(failure);
    return failure.status;
  }
  wl::Outcome outcome;
  const bool good = run.execute(outcome, failure);
  if (!good) report.error(failure);
  report.end(outcome);
  return good ? 0 : failure.status;
}

// Starts itself anew with the time of its execve, which nobody else knows as well: `launch` instead of `run`.
int launch(int count, char **words) {
  char stamp[24];
  std::vector<char *> next(words, words + count);
  next[1] = const_cast<char *>("run");
  next.push_back(const_cast<char *>("--exec-ns"));
  next.push_back(stamp);
  next.push_back(nullptr);
  snprintf(stamp, sizeof stamp, "%lld", static_cast<long long>(wl::clock_ns(CLOCK_MONOTONIC)));
  execv("/proc/self/exe", next.data());
  perror("wirelet-tender: /proc/self/exe");
  return 1;
}

} // namespace

int main(int count, char **words) {
  if (count > 2 && strcmp(words[1], "launch") == 0) return launch(count, words);
  wl::Options options;
  options.run.exec_ns = wl::clock_ns(CLOCK_MONOTONIC); // unless the option says better
  wl::Failure failure;
  const bool good = wl::read_options(count, words, options, failure);
  wl::Report report(options.report);
  if (!good) {
    report.error(failure);
    return failure.status;
  }
  switch (options.command) {
    case wl::Options::Command::probe:
      return probe();
    case wl::Options::Command::run:
      return run(options, report);
    case wl::Options::Command::help:
      break;
  }
  puts("wirelet-tender run IMAGE --backend kvm|qemu|process [--port NAME=SPEC]... ; wirelet-tender probe");
  return 0;
}
