#include "wl_own_memory.h"

#include <cstring>
#include <fcntl.h>

namespace wl {

namespace {

// The number that a text begins with, and what follows it.
uint64_t number(const char *text, uint64_t base, const char **rest) {
  uint64_t value = 0;
  for (;; text += 1) {
    const char letter = *text;
    const uint64_t digit = letter >= '0' && letter <= '9' ? static_cast<uint64_t>(letter - '0') : letter >= 'a' && letter <= 'f' ? static_cast<uint64_t>(letter - 'a' + 10) : base;
    if (digit >= base) break;
    value = value * base + digit;
  }
  *rest = text;
  return value;
}

// Of a mapping that is written to, all private pages count; of any other, those that were written to before.
constexpr const char *kWritableKeys[2] = {"Private_Clean:", "Private_Dirty:"};
constexpr const char *kConstantKeys[2] = {"Anonymous:", "Private_Hugetlb:"};

// Lines of /proc/self/smaps: a mapping's range, then its figures in KiB.
class Sum {
public:
  explicit Sum(const GuestMemory &guest)
      : from_(reinterpret_cast<uint64_t>(guest.at(guest.base()))), to_(from_ + guest.bytes()) {}

  void line(const char *text) {
    const char *rest;
    const uint64_t start = number(text, 16, &rest);
    if (*rest == '-' && rest != text) {
      const uint64_t end = number(rest + 1, 16, &rest);
      counts_ = end <= from_ || start >= to_;
      writable_ = rest[0] == ' ' && rest[1] != '\0' && rest[2] == 'w'; // " rw-p"
      return;
    }
    if (!counts_) return;
    for (const char *key : writable_ ? kWritableKeys : kConstantKeys) {
      const size_t bytes = strlen(key);
      if (strncmp(text, key, bytes) != 0) continue;
      text += bytes;
      while (*text == ' ') text += 1;
      total_ += number(text, 10, &rest) << 10;
    }
  }
  uint64_t total() const { return total_; }

private:
  uint64_t from_, to_, total_ = 0;
  bool counts_ = false, writable_ = false;
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
