// wirelet-tender: runs one image until it is idle, its time is over, or a signal ends it.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <linux/kvm.h>
#include <memory>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#include "wl_options.h"
#include "wl_report.h"
#include "wl_thread.h"

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

// Where memory runs out, a guest is to end before who keeps and connects it, who start it again: Linux then takes it for
// larger than it is, by this many thousandths of all memory (proc(5), oom_score_adj).
void go_first() {
  constexpr char kThousandths[] = "500";
  const wl::Descriptor file(open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  [[maybe_unused]] const ssize_t written = write(file.get(), kThousandths, sizeof kThousandths - 1);
}

// A run, and what two threads must agree on about it.
struct Task {
  const wl::Options &options;
  wl::Report &report;
  std::unique_ptr<wl::Run> run;
  enum class Stage : uint32_t { preparing, prepared, failed, left };
  std::atomic<Stage> stage{Stage::preparing};
  int status = 0;
  // Where the threads may run: at first the second one keeps off the first one's processor.
  cpu_set_t processors{};
  bool apart = false;

  void reach(Stage next) {
    stage = next;
    stage.notify_all();
  }
  bool prepare() {
    wl::Failure failure;
    if (run->prepare(options.run, report, failure)) return true;
    report.error(failure);
    status = failure.status;
    return false;
  }
  void execute() {
    wl::Failure failure;
    wl::Outcome outcome;
    const bool good = run->execute(outcome, failure);
    if (!good) report.error(failure);
    report.end(outcome);
    status = good ? 0 : failure.status;
  }
};

// The thread that tends the guest's ports while the first one is the guest's processor. It is started before there is
// a guest, and looks for it often: a thread that sleeps takes longer to wake up than a VM takes to make.
void *tend(void *argument) {
  constexpr timespec kLook{0, 20000};
  Task &task = *static_cast<Task *>(argument);
  prctl(PR_SET_TIMERSLACK, 1000);
  go_first();
  while (task.stage == Task::Stage::preparing) nanosleep(&kLook, nullptr);
  if (task.stage == Task::Stage::failed) return nullptr;
  if (task.apart) sched_setaffinity(0, sizeof task.processors, &task.processors);
  task.execute();
  task.stage.wait(Task::Stage::prepared);
  task.run.reset();
  return nullptr;
}

int run_with_processor(Task &task) {
  constexpr size_t kTenderStackBytes = 512 << 10;
  cpu_set_t others;
  task.apart = sched_getaffinity(0, sizeof task.processors, &task.processors) == 0 && wl::other_processors(&others);
  pthread_t thread;
  const int error = wl::start_thread(&thread, tend, &task, kTenderStackBytes, task.apart ? &others : nullptr);
  if (error != 0) {
    wl::Failure failure;
    failure.set("WL5012", "no thread for the ports: " + wl::reason(error));
    task.report.error(failure);
    return failure.status;
  }
  const bool prepared = task.prepare();
  task.reach(prepared ? Task::Stage::prepared : Task::Stage::failed);
  if (prepared) {
    task.run->lend_thread();
    // The handler's run goes away now.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    task.reach(Task::Stage::left);
  }
  pthread_join(thread, nullptr);
  return task.status;
}

int run(const wl::Options &options, wl::Report &report) {
  Task task{options, report, std::make_unique<wl::Run>()};
  current_run = task.run.get();
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGHUP, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
  // Who is killed cannot tell us to stop.
  if (options.parent != 0 && (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != options.parent)) task.run->request_stop();
  if (CPU_COUNT(&options.processors) > 0 && sched_setaffinity(0, sizeof options.processors, &options.processors) != 0) {
    wl::Failure failure;
    failure.set("WL4041", "the run cannot be placed on these processors: " + wl::reason(errno), "This machine, or this container, has others: nproc and taskset -p $$ tell.", wl::kExitUsage);
    report.error(failure);
    return failure.status;
  }
  // Sleeps of some microseconds shall take some microseconds.
  prctl(PR_SET_TIMERSLACK, 1000);
  take_short_turns();
  if (options.run.backend == wl::Backend::kvm) return run_with_processor(task);
  go_first();
  if (task.prepare()) task.execute();
  return task.status;
}

} // namespace

int main(int count, char **words) {
  wl::Options options;
  options.run.exec_ns = options.run.main_ns = wl::clock_ns(CLOCK_MONOTONIC); // the first, unless the option says better
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
