// What went wrong, for people: a code of the documentation, a sentence, and what to do about it.
#ifndef WL_FAILURE_H
#define WL_FAILURE_H

#include <cerrno>
#include <cstring>
#include <string>

namespace wl {

// Exit statuses of the tender, as of every Wirelet command.
constexpr int kExitFailed = 1;  // the input or the run failed
constexpr int kExitUsage = 2;   // wrong options
constexpr int kExitMissing = 3; // something is missing on this machine

struct Failure {
  std::string code;
  std::string message;
  std::string hint;
  int status = kExitFailed;

  // Sets all of it; returns false, so that `return failure.set(...)` ends a function that failed.
  bool set(const char *with_code, std::string with_message, std::string with_hint = {}, int with_status = kExitFailed) {
    code = with_code;
    message = std::move(with_message);
    hint = std::move(with_hint);
    status = with_status;
    return false;
  }
};

// The system's word for `error`, an errno value.
inline std::string reason(int error) { return strerror(error); }

} // namespace wl

#endif
