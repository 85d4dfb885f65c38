#include "wl_spawn.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "wl_descriptor.h"
#include "wl_tsc.h"

extern "C" char **environ;

namespace wl {

namespace {

constexpr int kFirst = 3; // number of the first descriptor there

Napi::Value fail(Napi::Env env, const char *what, int error) {
  Napi::Error::New(env, std::string(what) + ": " + strerror(error)).ThrowAsJavaScriptException();
  return env.Undefined();
}

std::vector<std::string> texts(const Napi::Array &array) {
  std::vector<std::string> result;
  for (uint32_t index = 0; index < array.Length(); index += 1) result.push_back(array.Get(index).ToString().Utf8Value());
  return result;
}

// What a process is made with; given back with it.
class Plan {
public:
  Plan() {
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_init(&actions_);
    sigset_t set;
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attributes_, &set);
    sigfillset(&set);
    posix_spawnattr_setsigdefault(&attributes_, &set);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    // Node keeps its own from children; one that is given its own number goes over.
    for (const int each : {STDOUT_FILENO, STDERR_FILENO}) posix_spawn_file_actions_adddup2(&actions_, each, each);
  }
  ~Plan() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  Plan(const Plan &) = delete;
  Plan &operator=(const Plan &) = delete;

  // False: there are no more descriptors.
  bool give(const std::vector<int> &descriptors) {
    const int beyond = kFirst + static_cast<int>(descriptors.size());
    for (size_t index = 0; index < descriptors.size(); index += 1) {
      int from = descriptors[index];
      // One that has a number which another one is to get would be lost.
      if (from < beyond) {
        moved_.emplace_back(fcntl(from, F_DUPFD_CLOEXEC, beyond));
        if (!moved_.back().open()) return false;
        from = moved_.back().get();
      }
      posix_spawn_file_actions_adddup2(&actions_, from, kFirst + static_cast<int>(index));
    }
    return true;
  }
  int start(pid_t *pid, const std::string &file, std::vector<std::string> &words) {
    std::vector<char *> pointers{const_cast<char *>(file.c_str())};
    for (std::string &word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return posix_spawn(pid, file.c_str(), &actions_, &attributes_, pointers.data(), environ);
  }

private:
  posix_spawnattr_t attributes_;
  posix_spawn_file_actions_t actions_;
  std::vector<Descriptor> moved_;
};

// Who makes a process is halted until that has become another program, which on a busy machine takes as long as it takes
// to be its turn: a thread of the pool waits, not Node's.
class Spawning final : public Napi::AsyncWorker {
public:
  Spawning(Napi::Env env, std::string file, std::vector<std::string> words, std::vector<int> descriptors)
      : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), file_(std::move(file)), words_(std::move(words)), descriptors_(std::move(descriptors)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

protected:
  void Execute() override {
    Plan plan;
    if (!plan.give(descriptors_)) return SetError(std::string("no descriptors for a process: ") + strerror(errno));
    words_.push_back("--exec-ns");
    words_.push_back(std::to_string(clock_ns(CLOCK_MONOTONIC)));
    const int error = plan.start(&pid_, file_, words_);
    if (error != 0) SetError(file_ + ": " + strerror(error));
  }
  void OnOK() override { deferred_.Resolve(Napi::Number::New(Env(), pid_)); }
  void OnError(const Napi::Error &error) override { deferred_.Reject(error.Value()); }

private:
  const Napi::Promise::Deferred deferred_;
  const std::string file_;
  std::vector<std::string> words_;
  const std::vector<int> descriptors_;
  pid_t pid_ = -1;
};

} // namespace

Napi::Value spawn(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 3 || !info[0].IsString() || !info[1].IsArray() || !info[2].IsArray()) return fail(env, "spawn takes a file, words and descriptors", EINVAL);
  const auto given = info[2].As<Napi::Array>();
  std::vector<int> descriptors;
  for (uint32_t index = 0; index < given.Length(); index += 1) descriptors.push_back(given.Get(index).ToNumber().Int32Value());
  auto *const work = new Spawning(env, info[0].As<Napi::String>().Utf8Value(), texts(info[1].As<Napi::Array>()), std::move(descriptors));
  work->Queue();
  return work->promise();
}

Napi::Value reap(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  if (info.Length() < 1 || !info[0].IsNumber()) return fail(env, "reap takes a process id", EINVAL);
  int status = 0;
  const pid_t pid = waitpid(info[0].As<Napi::Number>().Int32Value(), &status, WNOHANG);
  if (pid == 0) return env.Undefined();
  auto result = Napi::Object::New(env);
  if (pid > 0 && WIFSIGNALED(status)) result.Set("signal", Napi::String::New(env, std::string("SIG") + sigabbrev_np(WTERMSIG(status))));
  else result.Set("status", Napi::Number::New(env, pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1));
  return result;
}

} // namespace wl
