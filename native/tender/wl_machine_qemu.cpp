#include "wl_machine_qemu.h"

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "wl_sandbox.h"
#include "wl_thread.h"

namespace wl {

namespace {

constexpr const char *kProgram = "qemu-system-x86_64";
constexpr uint32_t kCardsMax = 8;               // virtio-mmio devices of a microvm without ACPI
constexpr uint32_t kPciCardsMax = 24;           // a bus has 32 places, and some are taken
constexpr uint64_t kBootNsMax = 60000000000u;   // an emulated processor on a loaded host
constexpr long kLookForGuestNs = 200000;
constexpr const char *kRefusal = "wirelet: ";    // what a guest's last words begin with when it cannot start (wl_refuse)
constexpr int kNoProgram = 127;                 // the shell's status for it
constexpr uint32_t kTscSamples = 1000;
constexpr const char *kQuiet = ",csum=off,guest_csum=off,gso=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off,host_tso4=off,host_tso6=off,"
                               "host_ecn=off,host_ufo=off,ctrl_vq=off,status=off,mq=off";

// Commas separate QEMU's options, and are doubled where they are meant.
std::string quoted(const std::string &text) {
  std::string result;
  for (const char letter : text) {
    result += letter;
    if (letter == ',') result += letter;
  }
  return result;
}

const char *name_of(QemuKind kind) { return kind == QemuKind::microvm ? "microvm" : kind == QemuKind::q35 ? "q35" : "pc"; }

std::string mac_text(const uint8_t *mac) {
  char text[18];
  snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
  return text;
}

} // namespace

QemuMachine::~QemuMachine() {
  kill();
  join();
}

bool QemuMachine::check(Failure &failure) const {
  const uint32_t cards = image_.info().interface_count;
  const uint32_t most = choice_.kind == QemuKind::microvm ? kCardsMax : kPciCardsMax;
  if (cards <= most) return true;
  return failure.set("WL5018", "QEMU's " + std::string(name_of(choice_.kind)) + " has room for " + std::to_string(most) + " network cards, and the appliance has " + std::to_string(cards) + " interfaces",
                     "Run with --vmm kvm or --vmm process.", kExitFailed);
}

std::vector<std::string> QemuMachine::command() const {
  const wl_image_info &info = image_.info();
  const bool bare = choice_.kind == QemuKind::microvm;
  const std::string size = std::to_string(memory_.file_bytes() >> 20) + "M";
  std::vector<std::string> words = {
    kProgram,
    "-machine", std::string(name_of(choice_.kind)) + (bare ? ",acpi=off,x-option-roms=off,pic=off,pit=off,rtc=off,auto-kernel-cmdline=on" : "") + ",memory-backend=ram",
    "-accel", choice_.accelerator == Accelerator::kvm ? "kvm" : "tcg",
    // Images need no more than x86-64 has; `host` asks KVM for registers that some flavours of it do not have.
    "-cpu", choice_.accelerator == Accelerator::kvm ? "kvm64" : "max",
    "-smp", "1", "-m", size,
    "-object", "memory-backend-file,id=ram,share=on,size=" + size + ",mem-path=/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(memory_.file()),
    "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-monitor", "none", "-serial", "stdio",
    "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
    "-device", "isa-debug-exit,iobase=" + std::to_string(WL_PORT_EXIT) + ",iosize=1",
    "-global", "virtio-mmio.force-legacy=false",
    "-kernel", image_path_, "-append", "wirelet.wait",
  };
  for (uint32_t index = 0; index < info.interface_count; index += 1) {
    const std::string number = std::to_string(index);
    const std::string ring = std::to_string(info.interfaces[index].receive.size);
    const std::vector<std::string> card = {
      "-chardev", "socket,id=socket" + number + ",abstract=on,path=" + quoted(interfaces_[index]->name()),
      "-netdev", "vhost-user,id=net" + number + ",chardev=socket" + number,
      "-device", (bare ? "virtio-net-device,netdev=net" : "virtio-net-pci,romfile=,netdev=net") + number + ",mac=" + mac_text(info.interfaces[index].mac) + ",mrg_rxbuf=on,rx_queue_size=" + ring + ",tx_queue_size=" + ring + kQuiet,
    };
    words.insert(words.end(), card.begin(), card.end());
  }
  return words;
}

bool QemuMachine::start(Failure &failure) {
  if (!check(failure)) return false;
  for (uint32_t index = 0; index < image_.info().interface_count; index += 1) {
    interfaces_.push_back(std::make_unique<VhostUser>(image_.info().interfaces[index]));
    if (!interfaces_.back()->listen(failure)) return false;
  }
  if (!spawn(failure)) return false;
  const int error = start_thread(&thread_, [](void *self) -> void * {
    static_cast<QemuMachine *>(self)->serve();
    return nullptr;
  }, this);
  if (error != 0) {
    ::kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    return failure.set("WL5018", "no thread to serve QEMU: " + reason(error));
  }
  started_ = true;
  return await_guest(failure);
}

bool QemuMachine::spawn(Failure &failure) {
  const std::vector<std::string> words = command();
  std::vector<char *> arguments;
  for (const std::string &word : words) arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return failure.set("WL5018", "no pipe for QEMU's messages: " + reason(errno));
  text_file_.reset(ends[0]);
  Descriptor writes(ends[1]);
  process_ = fork();
  if (process_ < 0) return failure.set("WL5018", "no process for QEMU: " + reason(errno), "Raise the limit of processes (ulimit -u, the container's).");
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0); // the terminal's Ctrl-C is for the tender, which then asks the guest to stop
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_DFL);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(writes.get(), STDOUT_FILENO);
    dup2(writes.get(), STDERR_FILENO);
    syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
    execvp(kProgram, arguments.data());
    _exit(kNoProgram);
  }
  process_file_.reset(static_cast<int>(syscall(SYS_pidfd_open, process_, 0)));
  fcntl(text_file_.get(), F_SETFL, O_NONBLOCK);
  return true;
}

// Waits for the guest and for all rings, then takes the difference of the clocks.
bool QemuMachine::await_guest(Failure &failure) {
  const wl_control *const control = memory_.at<wl_control>(image_.info().control);
  const uint64_t before = clock_ns(CLOCK_MONOTONIC);
  const auto all_ready = [&] {
    return std::all_of(interfaces_.begin(), interfaces_.end(), [](const auto &item) { return item->ready(); }) &&
           __atomic_load_n(&control->state, __ATOMIC_ACQUIRE) == WL_STATE_READY;
  };
  while (!all_ready()) {
    if (ended() != Ended::running) {
      join();
      failure = failure_.code.empty() ? Failure{"WL5016", "the guest ended before it began", "", kExitFailed} : failure_;
      return false;
    }
    if (stop_requested_) return failure.set("WL5016", "the run was interrupted before the guest was there");
    if (clock_ns(CLOCK_MONOTONIC) - before > kBootNsMax) {
      return failure.set("WL5016", "the guest does not come up in QEMU: no sign of it in a minute" + (text_.empty() ? "" : ": " + text_), "Run with --vmm process.");
    }
    const timespec pause{0, kLookForGuestNs};
    nanosleep(&pause, nullptr);
  }
  find_tsc_offset();
  maps_.reset(open(("/proc/" + std::to_string(process_) + "/smaps_rollup").c_str(), O_RDONLY | O_CLOEXEC));
  return true;
}

// The waiting guest writes its clock again and again: what is read is old by the time that the line needs to get
// here, and the freshest of many is nearest.
void QemuMachine::find_tsc_offset() {
  const wl_control *const control = memory_.at<wl_control>(image_.info().control);
  int64_t best = INT64_MIN;
  for (uint32_t sample = 0; sample < kTscSamples; sample += 1) {
    const uint64_t there = __atomic_load_n(&control->tsc_ready, __ATOMIC_RELAXED);
    best = std::max(best, static_cast<int64_t>(there - tsc()));
    __builtin_ia32_pause();
  }
  tsc_offset_ = static_cast<uint64_t>(best);
}

// Pages of QEMU alone; the guest's memory is shared.
uint64_t QemuMachine::private_bytes() const {
  char text[2048];
  const ssize_t got = pread(maps_.get(), text, sizeof text - 1, 0);
  if (got <= 0) return 0;
  text[got] = '\0';
  uint64_t total = 0;
  for (const char *key : {"Private_Clean:", "Private_Dirty:"}) {
    const char *at = strstr(text, key);
    if (at != nullptr) total += strtoull(at + strlen(key), nullptr, 10) << 10;
  }
  return total;
}

// The thread beside the driver's: what QEMU says, until it ends.
void QemuMachine::serve() {
  if (confine_server_thread(failure_)) {
    while (serve_once(failure_)) {
    }
  }
  if (!failure_.code.empty()) kill();
  int status = 0;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  take_text();
  end(status);
}

// False: QEMU has ended, or cannot go on (`failure` is set).
bool QemuMachine::serve_once(Failure &failure) {
  std::vector<pollfd> files = {{process_file_.get(), POLLIN, 0}, {text_file_.get(), POLLIN, 0}};
  for (const auto &interface : interfaces_) {
    files.push_back({interface->waits_for(), POLLIN, 0});
    files.push_back({interface->kick(1), POLLIN, 0});
  }
  if (poll(files.data(), files.size(), -1) < 0) return errno == EINTR || failure.set("WL5018", "poll: " + reason(errno));
  if (files[0].revents != 0) return false;
  if (files[1].revents & POLLIN) take_text();
  else if (files[1].revents != 0) text_file_.reset();
  for (size_t index = 0; index < interfaces_.size(); index += 1) {
    if (files[3 + 2 * index].revents & POLLIN) {
      uint64_t count;
      if (read(files[3 + 2 * index].fd, &count, sizeof count) == sizeof count) bells_.driver.ring();
    }
    if (files[2 + 2 * index].revents == 0 || interfaces_[index]->take(process_, failure)) continue;
    // Connections close when QEMU ends: then its end is the news.
    pollfd process{process_file_.get(), POLLIN, 0};
    if (poll(&process, 1, 500) > 0) failure = Failure{};
    return false;
  }
  return true;
}

void QemuMachine::take_text() {
  char piece[512];
  for (;;) {
    const ssize_t got = read(text_file_.get(), piece, sizeof piece);
    if (got <= 0) return;
    text_.append(piece, std::min(static_cast<size_t>(got), kTextMax - std::min(kTextMax, text_.size())));
  }
}

void QemuMachine::end(int status) {
  const wl_control *const control = memory_.at<wl_control>(image_.info().control);
  const uint32_t state = __atomic_load_n(&control->state, __ATOMIC_ACQUIRE);
  while (!text_.empty() && isspace(static_cast<unsigned char>(text_.back()))) text_.pop_back();
  Ended how = Ended::broken;
  if (state == WL_STATE_STOPPED || (killed_ && failure_.code.empty())) how = Ended::exited;
  else if (state == WL_STATE_PANICKED && text_.find(kRefusal) == std::string::npos) how = Ended::panicked;
  else if (!failure_.code.empty()) how = Ended::broken;
  else if (WIFEXITED(status) && WEXITSTATUS(status) == kNoProgram) {
    failure_.set("WL5019", std::string(kProgram) + " is not installed", "apt-get install qemu-system-x86", kExitMissing);
  } else {
    const std::string how_text = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) : "status " + std::to_string(WEXITSTATUS(status));
    failure_.set("WL5018", "QEMU ended (" + how_text + ")" + (text_.empty() ? "" : ": " + text_), "wirelet doctor says what this machine has; --vmm process needs no VM.", kExitMissing);
  }
  ended_.store(how, std::memory_order_release);
  bells_.driver.ring();
}

void QemuMachine::kill() {
  if (!started_) return;
  killed_ = true;
  if (process_file_.open()) syscall(SYS_pidfd_send_signal, process_file_.get(), SIGKILL, nullptr, 0);
  else ::kill(process_, SIGKILL);
}

void QemuMachine::join() {
  if (!started_) return;
  pthread_join(thread_, nullptr);
  started_ = false;
}

} // namespace wl
