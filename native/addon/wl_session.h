// A run on a thread of its own, and what the host program may ask of it meanwhile.
#ifndef WL_SESSION_H
#define WL_SESSION_H

#include <mutex>
#include <thread>

#include "wl_report.h"
#include "wl_run.h"

namespace wl {

class Session {
public:
  // `sink` gets each event as a line of JSON, on the session's thread.
  Session(RunOptions options, Report::Sink sink, void *context) : options_(std::move(options)), report_(sink, context) {}
  ~Session() { join(); }

  // Begins; `ended` is called on the session's thread after the last event.
  void start(void (*ended)(void *context), void *context);
  void stop();
  void join();

  // Counters of the elements, and figures of a port as the appliance sees it: now, or those at the end.
  std::vector<uint64_t> counters();
  wl_interface_counters port(uint32_t index);

private:
  void run();

  RunOptions options_;
  Report report_;
  std::thread thread_;
  std::mutex mutex_; // for what follows
  std::unique_ptr<Run> run_; // while there is something to read
  bool stop_requested_ = false;
  std::vector<uint64_t> last_counters_;
  std::vector<wl_interface_counters> last_ports_;
};

} // namespace wl

#endif
