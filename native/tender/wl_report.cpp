#include "wl_report.h"

#include <cmath>
#include <cstdio>

namespace wl {

namespace {

// Bytes of the UTF-8 sequence at `at`, or 0 if it is none (RFC 3629).
size_t sequence(const char *text, size_t left) {
  const auto *at = reinterpret_cast<const uint8_t *>(text);
  if (at[0] < 0x80) return 1;
  const size_t bytes = at[0] >= 0xc2 && at[0] < 0xe0 ? 2 : at[0] >= 0xe0 && at[0] < 0xf0 ? 3 : at[0] >= 0xf0 && at[0] < 0xf5 ? 4 : 0;
  if (bytes == 0 || bytes > left) return 0;
  for (size_t index = 1; index < bytes; index += 1) {
    if ((at[index] & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
  const bool beyond = (at[0] == 0xed && at[1] >= 0xa0) || (at[0] == 0xf4 && at[1] >= 0x90);
  return overlong || beyond ? 0 : bytes;
}

const char *name(Ending ending) {
  switch (ending) {
    case Ending::idle: return "idle";
    case Ending::time: return "time";
    case Ending::signal: return "signal";
    case Ending::stopped: break;
  }
  return "stopped";
}

// As text: a number of JSON is none of 64 bits.
Json &put_registers(Json &json, const Registers &registers) {
  json.open("registers", '{');
  for (int index = 0; index < Registers::kCount; index += 1) {
    char text[24];
    snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(registers.values[index]));
    json.string(Registers::kNames[index], text);
  }
  return json.close('}');
}

void put_boot(Json &json, const BootFigures &boot) {
  const auto put = [&](const char *key, double value) {
    if (value < 0) json.nothing(key);
    else json.decimal(key, value, 1);
  };
  put("vmm_us", boot.vmm_us);
  put("guest_us", boot.guest_us);
  put("first_frame_us", boot.first_frame_us);
}

} // namespace

void put_stream(Json &json, const StreamOutcome &outcome) {
  const Stream &stream = *outcome.stream;
  json.open("stream", '{').number("offered", stream.offered()).number("sent", stream.sent()).number("unsent", stream.unsent()).number("received", outcome.received);
  const auto put = [&](const char *key, uint64_t value) {
    if (stream.numbered()) json.number(key, value);
    else json.nothing(key);
  };
  put("reordered", stream.reordered());
  put("duplicated", stream.duplicated());
  put("corrupted", stream.corrupted());
  put("lost_sequences", stream.lost());
  json.number("elapsed_ns", outcome.elapsed_ns);
  if (outcome.paced) json.open("pacing", '{').decimal("error_ppm", outcome.error_ppm, 3).number("max_late_ns", outcome.max_late_ns).close('}');
  if (stream.recovers()) json.number("recovery_ns", outcome.recovery_ns);
  if (const LatencyHistogram *const latency = stream.latency(); latency != nullptr) {
    json.open("latency", '{').number("count", latency->count()).number("min_ns", latency->min_ns()).number("max_ns", latency->max_ns()).number("sum_ns", latency->sum_ns());
    json.open("buckets", '[');
    latency->each([&json](uint64_t upper_ns, uint64_t count) { json.open('[').item(upper_ns).item(count).close(']'); });
    json.close(']').close('}');
  }
  json.close('}');
}

Json &Json::string(const char *name, const char *value, size_t length) {
  key(name);
  text_ += '"';
  for (size_t at = 0; at < length;) {
    const char letter = value[at];
    const size_t bytes = sequence(value + at, length - at);
    if (bytes == 0) {
      text_ += "\\ufffd"; // not UTF-8
      at += 1;
    } else if (letter == '"' || letter == '\\') {
      text_ += '\\';
      text_ += letter;
      at += 1;
    } else if (bytes == 1 && (static_cast<uint8_t>(letter) < 32 || letter == 127)) {
      char escape[8];
      snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(static_cast<uint8_t>(letter)));
      text_ += escape;
      at += 1;
    } else {
      text_.append(value + at, bytes);
      at += bytes;
    }
  }
  text_ += '"';
  return *this;
}

Json &Json::number(const char *name, uint64_t value) {
  key(name);
  text_ += std::to_string(value);
  return *this;
}

Json &Json::decimal(const char *name, double value, int digits) {
  if (!std::isfinite(value)) return nothing(name);
  char text[64];
  snprintf(text, sizeof text, "%.*f", digits, value);
  key(name);
  text_ += text;
  return *this;
}

Json &Json::nothing(const char *name) {
  key(name);
  text_ += "null";
  return *this;
}

Json &Json::boolean(const char *name, bool value) {
  key(name);
  text_ += value ? "true" : "false";
  return *this;
}

Json &Json::open(const char *name, char bracket) {
  key(name);
  text_ += bracket;
  return *this;
}

Json &Json::open(char bracket) {
  comma();
  text_ += bracket;
  return *this;
}

Json &Json::item(uint64_t value) {
  comma();
  text_ += std::to_string(value);
  return *this;
}

Json &Json::close(char bracket) {
  text_ += bracket;
  return *this;
}

const std::string &Json::line() {
  text_ += "}\n";
  return text_;
}

void Json::key(const char *name) {
  comma();
  text_ += '"';
  text_ += name;
  text_ += "\":";
}

void Json::comma() {
  const char last = text_.back();
  if (last != '{' && last != '[' && last != ':') text_ += ',';
}

void Report::ready(const StartParts &parts) {
  Json json("ready");
  json.number("pid", static_cast<uint64_t>(getpid())).open("parts", '{');
  const auto put = [&](const char *key, double value) {
    if (value >= 0) json.decimal(key, value, 1);
  };
  put("exec_us", parts.exec_us);
  put("image_us", parts.image_us);
  put("ports_us", parts.ports_us);
  put("machine_us", parts.machine_us);
  put("enter_us", parts.enter_us);
  put("setup_us", parts.setup_us);
  write(json.close('}'));
}

void Report::log(const char *text, size_t length) {
  Json json("log");
  write(json.string("text", text, length));
}

void Report::warning(const std::string &file, const std::string &message, const std::string &hint) {
  Json json("warning");
  json.string("file", file).string("message", message);
  if (!hint.empty()) json.string("hint", hint);
  write(json);
}

void Report::first_frame(const BootFigures &boot) {
  Json json("first_frame");
  put_boot(json, boot);
  write(json);
}

void Report::panic(const wl_control &control, const Registers &registers) {
  // The stub's own registers are in its record.
  Registers whole = registers;
  whole.values[Registers::kRax] = control.panic_rax;
  whole.values[Registers::kRcx] = control.panic_rcx;
  whole.values[Registers::kRsp] = control.panic_rsp;
  whole.values[Registers::kRip] = control.panic_rip;
  whole.values[Registers::kFlags] = control.panic_flags;
  Json json("panic");
  json.number("vector", control.panic_vector).number("error", control.panic_error).number("address", control.panic_address);
  json.number("rip", control.panic_rip).number("rsp", control.panic_rsp);
  write(put_registers(json, whole));
}

void Report::stuck(const Registers &registers) {
  Json json("stuck");
  write(put_registers(json, registers));
}

void Report::end(const Outcome &outcome) {
  Json json("end");
  json.string("ended", name(outcome.ended)).decimal("seconds", outcome.seconds, 6);
  put_boot(json.open("boot", '{'), outcome.boot);
  json.close('}').open("memory", '{').number("guest_bytes", outcome.guest_bytes).number("vmm_private_bytes", outcome.vmm_private_bytes).close('}');
  json.open("ports", '[');
  for (const PortOutcome &port : outcome.ports) {
    json.open('{').string("name", port.name);
    json.number("rx_packets", port.figures.rx_packets).number("rx_bytes", port.figures.rx_bytes);
    json.number("tx_packets", port.figures.tx_packets).number("tx_bytes", port.figures.tx_bytes).number("drops", port.figures.drops);
    if (port.measured) {
      json.open("rate", '{').number("sent", port.sent).number("received", port.received);
      json.number("elapsed_ns", outcome.elapsed_ns).number("cycles", outcome.cycles).close('}');
      if (port.stream.stream != nullptr) put_stream(json, port.stream);
    }
    json.close('}');
  }
  json.close(']').open("counters", '[');
  for (const uint64_t counter : outcome.counters) json.item(counter);
  json.close(']').number("trap_count", outcome.trap_count).open("trap_sites", '[');
  for (const uint32_t site : outcome.trap_sites) json.item(site);
  write(json.close(']'));
}

void Report::error(const Failure &failure) {
  if (descriptor_ < 0 && sink_ == nullptr) {
    std::string text = failure.code + " " + failure.message + "\n";
    if (!failure.hint.empty()) text += "  " + failure.hint + "\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    return;
  }
  Json json("error");
  json.string("code", failure.code).string("message", failure.message).string("hint", failure.hint);
  write(json);
}

void Report::write(Json &json) {
  if (sink_ != nullptr) return sink_(context_, json.line());
  if (descriptor_ < 0) return;
  const std::string &line = json.line();
  for (size_t done = 0; done < line.size();) {
    const ssize_t count = ::write(descriptor_, line.data() + done, line.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return; // nobody listens any more
    done += static_cast<size_t>(count);
  }
}

} // namespace wl
