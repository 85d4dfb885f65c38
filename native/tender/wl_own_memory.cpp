#include "wl_own_memory.h"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>

namespace wl {

namespace {

// Lines of /proc/self/smaps: a mapping's range, then its figures in KiB.
class Sum {
public:
  explicit Sum(const GuestMemory &guest)
      : from_(reinterpret_cast<uint64_t>(guest.at(guest.base()))), to_(from_ + guest.bytes()) {}

  void line(const char *text) {
    unsigned long long start, end, kibibytes;
    if (sscanf(text, "%llx-%llx ", &start, &end) == 2) counts_ = end <= from_ || start >= to_;
    else if (counts_ && (sscanf(text, "Private_Clean: %llu", &kibibytes) == 1 || sscanf(text, "Private_Dirty: %llu", &kibibytes) == 1)) total_ += kibibytes << 10;
  }
  uint64_t total() const { return total_; }

private:
  uint64_t from_, to_, total_ = 0;
  bool counts_ = false;
};

} // namespace

OwnMemory::OwnMemory() : maps_(open("/proc/self/smaps", O_RDONLY | O_CLOEXEC)) {}

uint64_t OwnMemory::private_bytes(const GuestMemory &guest) const {
  Sum sum(guest);
  char line[256];
  size_t length = 0;
  char piece[1024];
  for (;;) {
    const ssize_t got = read(maps_.get(), piece, sizeof piece);
    if (got <= 0) break;
    for (ssize_t at = 0; at < got; at += 1) {
      if (piece[at] == '\n') {
        line[length] = '\0';
        sum.line(line);
        length = 0;
      } else if (length < sizeof line - 1) {
        line[length++] = piece[at];
      }
    }
  }
  return sum.total();
}

} // namespace wl
