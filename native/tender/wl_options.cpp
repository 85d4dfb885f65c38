#include "wl_options.h"

#include <cstdlib>

namespace wl {

namespace {

constexpr const char *kUsage =
    "wirelet-tender run IMAGE --backend kvm|qemu|process [--port NAME=SPEC]... [--until-idle] [--for NANOSECONDS] [--seed N] [--clock virtual|real] "
    "[--shared-fd N] [--report-fd N] [--exec-ns N] [--cpus N,N,...] [--cores N] [--steer ports|addresses|ports-alone] [--share-answers] [--teach] [--no-wait] [--accelerator kvm|tcg] [--machine microvm|q35|pc]; wirelet-tender probe";

bool read_number(const std::string &text, uint64_t most, uint64_t *value) {
  if (text.empty() || text.size() > 20 || text.find_first_not_of("0123456789") != std::string::npos) return false;
  errno = 0;
  *value = strtoull(text.c_str(), nullptr, 10);
  return errno == 0 && *value <= most;
}

bool read_small(const std::string &text, int *number) {
  uint64_t value;
  if (!read_number(text, 1 << 20, &value)) return false;
  *number = static_cast<int>(value);
  return true;
}

// `0,2`.
bool read_processors(const std::string &text, cpu_set_t *processors) {
  CPU_ZERO(processors);
  for (size_t at = 0, end; at <= text.size(); at = end + 1) {
    end = text.find(',', at);
    if (end == std::string::npos) end = text.size();
    uint64_t number;
    if (!read_number(text.substr(at, end - at), CPU_SETSIZE - 1, &number)) return false;
    CPU_SET(number, processors);
  }
  return true;
}

// Sets the option `name` to `value`; false: the value is wrong, or (`known` false) there is no such option.
bool set_option(const std::string &name, const std::string &value, Options &options, bool *known, Failure &failure) {
  RunOptions &run = options.run;
  uint64_t number = 0;
  *known = true;
  if (name == "--backend") {
    run.backend = value == "process" ? Backend::process : value == "qemu" ? Backend::qemu : Backend::kvm;
    return value == "process" || value == "kvm" || value == "qemu";
  }
  if (name == "--accelerator") {
    run.qemu.accelerator = value == "tcg" ? Accelerator::tcg : Accelerator::kvm;
    return value == "tcg" || value == "kvm";
  }
  if (name == "--machine") {
    run.qemu.kind = value == "q35" ? QemuKind::q35 : value == "pc" ? QemuKind::pc : QemuKind::microvm;
    return value == "microvm" || value == "q35" || value == "pc";
  }
  if (name == "--clock") {
    run.clock = value == "real" ? ClockChoice::real : ClockChoice::captures;
    return value == "real" || value == "virtual";
  }
  if (name == "--port") {
    run.ports.emplace_back();
    return read_port(value, run.ports.back(), failure);
  }
  if (name == "--for") return read_number(value, INT64_MAX, &run.duration_ns) && run.duration_ns > 0;
  if (name == "--exec-ns") return read_number(value, INT64_MAX, &run.exec_ns);
  if (name == "--shared-fd") return read_small(value, &run.shared_file);
  if (name == "--cpus") return read_processors(value, &options.processors);
  if (name == "--parent") return read_small(value, &options.parent);
  if (name == "--control-fd") return read_small(value, &run.control_file);
  if (name == "--report-fd") return read_small(value, &options.report);
  if (name == "--cores") {
    if (!read_number(value, WL_CORES_MAX, &number) || number == 0) return false;
    run.cores = static_cast<uint32_t>(number);
    return true;
  }
  if (name == "--steer") {
    run.steer_by = Steering::by(value);
    return value == "ports" || value == "addresses" || value == "ports-alone";
  }
  if (name == "--seed") {
    if (!read_number(value, UINT32_MAX, &number)) return false;
    run.seed = static_cast<uint32_t>(number);
    return true;
  }
  *known = false;
  return false;
}

} // namespace

bool read_options(int count, char **words, Options &options, Failure &failure) {
  const auto wrong = [&](const std::string &what) { return failure.code.empty() ? failure.set("WL4040", what, kUsage, kExitUsage) : false; };
  const std::string command = count > 1 ? words[1] : "--help";
  if (command == "probe" && count == 2) {
    options.command = Options::Command::probe;
    return true;
  }
  if (command == "--help") return true;
  if (command != "run") return wrong("there is no command " + command);
  options.command = Options::Command::run;
  bool good = true;
  for (int index = 2; index < count; index += 1) {
    const std::string word = words[index];
    if (word == "--until-idle") options.run.until_idle = true;
    else if (word == "--begin-held") options.run.begin_held = true;
    else if (word == "--linger") options.run.linger = true;
    else if (word == "--no-wait") options.run.no_wait = true;
    else if (word == "--share-answers") options.run.steer_answers = true;
    else if (word == "--teach") options.run.steer_teaches = true;
    else if (word.rfind("--", 0) == 0) {
      bool known;
      const std::string value = index + 1 < count ? words[index + 1] : "";
      const bool set = set_option(word, value, options, &known, failure);
      if (!set && good) good = wrong(known ? word + " " + value + ": the value is missing or wrong" : "there is no option " + word);
      if (known) index += 1;
    } else if (options.run.image.empty()) options.run.image = word;
    else if (good) good = wrong("one image is enough: " + word);
  }
  if (good && options.run.image.empty()) good = wrong("the image is missing");
  return good;
}

} // namespace wl
