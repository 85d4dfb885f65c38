#include "wl_machine_native.h"

#include <csignal>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "wl_wait.h"

namespace wl {

namespace {

constexpr size_t kStackBytesOfAppliance = 256 << 10;

// A copy in memory: the dynamic linker takes two loads of one file for the same object.
bool copy_of(const std::string &path, Descriptor &copy, Failure &failure) {
  const auto failed = [&] { return failure.set("WL4010", "image " + path + " cannot be read: " + reason(errno), "wirelet build GRAPH --target native -o IMAGE makes one."); };
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  if (!file.open() || fstat(file.get(), &status) != 0) return failed();
  copy.reset(memfd_create("wirelet", MFD_CLOEXEC));
  if (!copy.open()) return failed();
  for (off_t at = 0; at < status.st_size;) {
    if (sendfile(copy.get(), file.get(), &at, static_cast<size_t>(status.st_size - at)) <= 0) return failed();
  }
  return true;
}

} // namespace

NativeMachine::~NativeMachine() {
  join();
  if (library_ != nullptr) dlclose(library_);
}

bool NativeMachine::load(const std::string &path, Failure &failure) {
  if (!copy_of(path, copy_, failure)) return false;
  // By our number: a debugger that reads the symbols is another process, and reads them when it likes.
  const std::string name = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(copy_.get());
  library_ = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  const auto not_ours = [&](const std::string &why) {
    return failure.set("WL4011", path + " is not an appliance for this process: " + why, "wirelet build GRAPH --target native -o IMAGE makes one.");
  };
  if (library_ == nullptr) return not_ours(dlerror());
  const auto image = reinterpret_cast<wl_native_image_function *>(dlsym(library_, WL_NATIVE_IMAGE));
  run_ = reinterpret_cast<wl_native_run_function *>(dlsym(library_, WL_NATIVE_RUN));
  if (image == nullptr || run_ == nullptr) return not_ours("it exports no wl_native_image and wl_native_run");
  info_ = image();
  return true;
}

bool NativeMachine::start(Failure &failure) {
  // Signals are the host program's: this thread takes none.
  sigset_t all, before;
  sigfillset(&all);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytesOfAppliance);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&thread_, &attributes, [](void *self) -> void * {
    auto *const machine = static_cast<NativeMachine *>(self);
    const wl_native_host host{machine, kick, wait};
    machine->run_(&host);
    machine->ended_.store(Ended::exited, std::memory_order_release);
    machine->bells_.driver.ring();
    return nullptr;
  }, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error != 0) return failure.set("WL5013", "no thread for the appliance: " + reason(error));
  started_ = true;
  return true;
}

void NativeMachine::join() {
  if (!started_) return;
  pthread_join(thread_, nullptr);
  started_ = false;
}

void NativeMachine::kick(void *self, uint32_t) { static_cast<NativeMachine *>(self)->bells_.driver.ring(); }

void NativeMachine::wait(void *self, uint64_t) {
  auto *const machine = static_cast<NativeMachine *>(self);
  const timespec time = sleep_time(reinterpret_cast<const wl_control *>(machine->info_->control));
  pollfd bell{machine->bells_.guest.get(), POLLIN, 0};
  if (ppoll(&bell, 1, &time, nullptr) > 0) machine->bells_.guest.silence();
}

std::unique_ptr<Machine> load_native_machine(const std::string &path, Bells &bells, const wl_image_info **info, Failure &failure) {
  auto machine = std::make_unique<NativeMachine>(bells);
  if (!machine->load(path, failure)) return nullptr;
  *info = machine->info();
  return machine;
}

} // namespace wl
