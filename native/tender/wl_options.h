// The command line of the tender.
#ifndef WL_OPTIONS_H
#define WL_OPTIONS_H

#include <sched.h>

#include "wl_run.h"

namespace wl {

struct Options {
  enum class Command { run, probe, help };
  Command command = Command::help;
  RunOptions run;
  int report = -1;
  cpu_set_t processors{}; // that the run may use; none: all that we may
  int parent = 0; // the run ends when this process, which started it, does; 0: it does not
};

// Fails with WL4040. What was read before the failure is in `options`, so that --report-fd is heard.
bool read_options(int count, char **words, Options &options, Failure &failure);

} // namespace wl

#endif
