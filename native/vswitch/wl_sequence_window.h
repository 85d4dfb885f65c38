// Which numbers of a sequence came, came again, and came after a greater one.
#ifndef WL_SEQUENCE_WINDOW_H
#define WL_SEQUENCE_WINDOW_H

#include <algorithm>
#include <cstdint>
#include <vector>

namespace wl {

class SequenceWindow {
public:
  // Numbers behind the greatest one for which it is known whether they came. At 60 million frames a second, 17 ms.
  static constexpr uint64_t kSize = 1 << 20;

  enum class Seen { in_order, reordered, duplicate };

  // `sequence` has come. Reordered as RFC 4737 has it (section 3.3): less than one that came before, and not a copy.
  // What lies further back than the window is taken to be reordered.
  Seen see(uint64_t sequence) {
    if (sequence >= next_) {
      forget(next_, sequence);
      next_ = sequence + 1;
      mark(sequence);
      distinct_ += 1;
      return Seen::in_order;
    }
    if (next_ - sequence <= kSize) {
      if (marked(sequence)) return Seen::duplicate;
      mark(sequence);
    }
    distinct_ += 1;
    return Seen::reordered;
  }

  // Numbers that came, each counted once.
  uint64_t distinct() const { return distinct_; }
  // One more than the greatest that came.
  uint64_t next() const { return next_; }

private:
  void mark(uint64_t sequence) { words_[sequence % kSize / 64] |= uint64_t{1} << sequence % 64; }
  bool marked(uint64_t sequence) const { return (words_[sequence % kSize / 64] >> sequence % 64 & 1) != 0; }

  // Numbers from `first` to `last` take the places of others.
  void forget(uint64_t first, uint64_t last) {
    if (last - first >= kSize) {
      std::fill(words_.begin(), words_.end(), 0);
      return;
    }
    for (uint64_t sequence = first; sequence <= last;) {
      if (sequence % 64 == 0 && last - sequence >= 63) {
        words_[sequence % kSize / 64] = 0;
        sequence += 64;
      } else {
        words_[sequence % kSize / 64] &= ~(uint64_t{1} << sequence % 64);
        sequence += 1;
      }
    }
  }

  std::vector<uint64_t> words_ = std::vector<uint64_t>(kSize / 64);
  uint64_t next_ = 0, distinct_ = 0;
};

} // namespace wl

#endif
