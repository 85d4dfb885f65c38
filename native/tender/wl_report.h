// Events of a run as JSON, one object a line, on a descriptor; what the TypeScript side reads.
#ifndef WL_REPORT_H
#define WL_REPORT_H

#include "wl_run.h"

namespace wl {

// An object being put together. Keys are ours and need no escapes.
class Json {
public:
  explicit Json(const char *event) : text_("{") { string("event", event); }
  Json &string(const char *key, const char *value, size_t length);
  Json &string(const char *key, const std::string &value) { return string(key, value.data(), value.size()); }
  Json &number(const char *key, uint64_t value);
  Json &decimal(const char *key, double value, int digits);
  Json &nothing(const char *key);
  Json &boolean(const char *key, bool value);
  Json &open(const char *key, char bracket);
  Json &open(char bracket);
  Json &item(uint64_t value);
  Json &close(char bracket);
  // The line, with its end.
  const std::string &line();

private:
  void key(const char *key);
  void comma();
  std::string text_;
};

// The key `stream` and its figures.
void put_stream(Json &json, const StreamOutcome &outcome);

class Report final : public Observer {
public:
  // -1: nobody listens; then failures are said on standard error.
  explicit Report(int descriptor) : descriptor_(descriptor) {}
  // Each line goes to `sink`, on the thread of the run.
  using Sink = void (*)(void *context, const std::string &line);
  Report(Sink sink, void *context) : descriptor_(-1), sink_(sink), context_(context) {}
  void set_descriptor(int descriptor) { descriptor_ = descriptor; }

  void ready(const StartParts &parts) override;
  void log(const char *text, size_t length) override;
  void warning(const std::string &file, const std::string &message, const std::string &hint) override;
  void first_frame(const BootFigures &boot) override;
  void panic(const wl_control &control, const Registers &registers) override;
  void stuck(const Registers &registers) override;
  void end(const Outcome &outcome);
  void error(const Failure &failure);

private:
  void write(Json &json);
  int descriptor_;
  Sink sink_ = nullptr;
  void *context_ = nullptr;
};

} // namespace wl

#endif
