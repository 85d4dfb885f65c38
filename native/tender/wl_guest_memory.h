// The memory of a guest in this process: [base, shared_base) private to it, the rest shared on purpose.
#ifndef WL_GUEST_MEMORY_H
#define WL_GUEST_MEMORY_H

#include "wl_image.h"

namespace wl {

enum class Sharing {
  threads,   // the guest is a thread (or a VM) of this process
  processes, // the guest is a forked process
};

class GuestMemory {
public:
  GuestMemory() = default;
  GuestMemory(const GuestMemory &) = delete;
  GuestMemory &operator=(const GuestMemory &) = delete;
  ~GuestMemory();

  // Reserves and maps it, all zero. `shared_file` (or -1) becomes the shared part, from its first byte on, so
  // that another process can read control block, counters and log there. With `lent` the private part is a file too,
  // for a switch to map: file(), which nobody can make shorter or longer. Fails with WL5013.
  // `core`: of several memories that share the file, which; each has its own part of it.
  bool create(const wl_image_info &info, Sharing sharing, int shared_file, Failure &failure, bool lent = false, uint32_t core = 0);
  // The same for a machine that takes its memory from a file: `file` (or -1: a new one without a name) holds all of
  // it from guest-physical address 0 on, in whole MiB, with at least `more` bytes behind it. Fails with WL5013.
  bool create_file(const wl_image_info &info, int file, uint64_t more, Failure &failure);
  // Gives [from, to), cut to the private part, its pages now: each costs a VM far more when it touches it first.
  void populate(uint64_t from, uint64_t to);
  // Memory that somebody else keeps: an image linked into this process.
  void adopt(const wl_image_info &info, uint8_t *memory);

  uint64_t base() const { return base_; }
  uint64_t end() const { return end_; }
  uint64_t shared_base() const { return shared_base_; }
  uint64_t bytes() const { return end_ - base_; }
  bool contains(uint64_t address, uint64_t bytes) const {
    return address >= base_ && address <= end_ && bytes <= end_ - address;
  }
  int file() const { return file_.get(); }
  uint64_t file_bytes() const { return file_bytes_; }
  // Where a guest-physical address is here. It must be contained.
  uint8_t *at(uint64_t address) const { return memory_ + (address - base_); }
  template <typename Type> Type *at(uint64_t address) const { return reinterpret_cast<Type *>(at(address)); }

private:
  uint64_t base_ = 0;
  uint64_t shared_base_ = 0;
  uint64_t end_ = 0;
  uint8_t *memory_ = nullptr;      // of the guest's base
  uint8_t *reservation_ = nullptr; // what is unmapped in the end
  uint64_t reserved_bytes_ = 0;
  Descriptor file_;
  uint64_t file_bytes_ = 0;
};

} // namespace wl

#endif
