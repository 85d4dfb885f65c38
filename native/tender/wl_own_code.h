// The code and constants of this program or library: what of it cannot be written to.
#ifndef WL_OWN_CODE_H
#define WL_OWN_CODE_H

#include <cstdint>

namespace wl {

struct Range {
  uint64_t from, to;
};

// Page-aligned; empty if it cannot be found.
Range own_code();

// Gives back the pages of it: the start needs far more of them than the run. What is needed again comes back from
// the page cache.
void release_own_code();

} // namespace wl

#endif
