// Memory that another process lends: files of its own, which it may make shorter at any time. A touch of what is gone
// then finds zeros, and lost() says so, instead of ending us (SIGBUS).
#ifndef WL_LENT_MEMORY_H
#define WL_LENT_MEMORY_H

#include <atomic>
#include <vector>

#include "../tender/wl_failure.h"
#include "wl_vhost_channel.h"

namespace wl {

class LentMemory {
public:
  // The handler of SIGBUS; what happens outside of lent memory ends the process as before. Once a process.
  static void guard();

  LentMemory() = default;
  LentMemory(const LentMemory &) = delete;
  LentMemory &operator=(const LentMemory &) = delete;
  ~LentMemory() { clear(); }

  // Maps a region. False, with the reason in `why`: the file is none of memory, too short, or there are too many.
  bool add(const VhostRegion &region, const Descriptor &file, std::string &why);
  void clear();
  bool lost() const { return lost_.load(std::memory_order_relaxed); }

  // Where a guest-physical address is, and in `there` how many bytes of `bytes` from there on; nullptr: nowhere.
  uint8_t *at(uint64_t guest, uint64_t bytes, uint64_t *there) const {
    const Piece *const pieces = pieces_.data();
    if (__builtin_expect(recent_ < pieces_.size() && pieces[recent_].holds(guest), 1)) return pieces[recent_].at(guest, bytes, there);
    for (size_t index = 0; index < pieces_.size(); index += 1) {
      if (!pieces[index].holds(guest)) continue;
      recent_ = index;
      return pieces[index].at(guest, bytes, there);
    }
    return nullptr;
  }
  // Where an address of the front-end is, with `bytes` bytes in one piece, aligned; nullptr: nowhere.
  uint8_t *at_user(uint64_t user, uint64_t bytes, uint64_t alignment) const;

private:
  struct Piece {
    uint64_t guest, user, bytes;
    uint8_t *data;
    void *mapping;
    uint64_t mapped;
    bool holds(uint64_t address) const { return address - guest < bytes; }
    uint8_t *at(uint64_t address, uint64_t wanted, uint64_t *there) const {
      const uint64_t left = bytes - (address - guest);
      *there = wanted < left ? wanted : left;
      return data + (address - guest);
    }
  };

  std::vector<Piece> pieces_;
  mutable size_t recent_ = 0;
  std::atomic<bool> lost_{false};
};

} // namespace wl

#endif
