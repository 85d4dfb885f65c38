#include "wl_guest_memory.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace wl {

GuestMemory::~GuestMemory() {
  if (reservation_ != nullptr) munmap(reservation_, reserved_bytes_);
}

bool GuestMemory::create(const wl_image_info &info, Sharing sharing, int shared_file, Failure &failure, bool lent, uint32_t core) {
  base_ = info.base;
  shared_base_ = info.shared_base;
  end_ = info.base + info.memory_bytes;
  const auto failed = [&](const char *what) {
    return failure.set("WL5013", std::string("no memory for the guest (") + std::to_string(bytes() >> 10) + " KiB): " + what + ": " + reason(errno),
                       "Free some memory, or raise the limit (ulimit -v, the container's).", kExitFailed);
  };
  // Guest-physical and host-virtual addresses agree modulo 2 MiB, so that large pages can back large pages.
  reserved_bytes_ = end_ + WL_HUGE_PAGE_BYTES;
  void *const reservation = mmap(nullptr, reserved_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reservation == MAP_FAILED) return failed("address space");
  reservation_ = static_cast<uint8_t *>(reservation);
  const uint64_t start = (reinterpret_cast<uint64_t>(reservation) + WL_HUGE_PAGE_BYTES - 1) & ~(uint64_t{WL_HUGE_PAGE_BYTES} - 1);
  memory_ = reinterpret_cast<uint8_t *>(start + base_);

  const int visibility = sharing == Sharing::processes ? MAP_SHARED : MAP_PRIVATE;
  const uint64_t own_bytes = shared_base_ - base_;
  if (lent) {
    constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    file_.reset(memfd_create("wirelet", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file_.open() || ftruncate(file_.get(), static_cast<off_t>(own_bytes)) != 0 || fcntl(file_.get(), F_ADD_SEALS, kSeals) != 0) return failed("its file");
  }
  const int own_flags = lent ? MAP_SHARED : visibility | MAP_ANONYMOUS;
  if (mmap(memory_, own_bytes, PROT_READ | PROT_WRITE, own_flags | MAP_NORESERVE | MAP_FIXED, file_.get(), 0) == MAP_FAILED) return failed("private part");
  // Without large pages it works as well; an error here says only that the kernel has none.
  madvise(memory_, own_bytes, MADV_HUGEPAGE);

  const uint64_t shared_bytes = end_ - shared_base_;
  int flags = visibility | MAP_ANONYMOUS;
  bool used = false;
  if (shared_file >= 0) {
    struct stat status;
    if (fstat(shared_file, &status) != 0) return failed("shared file");
    const uint64_t shared_end = shared_bytes * (core + 1);
    if (static_cast<uint64_t>(status.st_size) < shared_end && ftruncate(shared_file, static_cast<off_t>(shared_end)) != 0) return failed("shared file");
    flags = MAP_SHARED;
    used = static_cast<uint64_t>(status.st_size) > shared_bytes * core;
  }
  if (mmap(at(shared_base_), shared_bytes, PROT_READ | PROT_WRITE, flags | MAP_FIXED, shared_file, shared_file >= 0 ? static_cast<off_t>(shared_bytes * core) : 0) == MAP_FAILED) return failed("shared part");
  // What a new file has is zero, and costs no memory until it is touched.
  if (used) memset(at(shared_base_), 0, shared_bytes);
  return true;
}

bool GuestMemory::create_file(const wl_image_info &info, int file, uint64_t more, Failure &failure) {
  constexpr uint64_t kMebibyte = 1 << 20;
  base_ = info.base;
  shared_base_ = info.shared_base;
  end_ = info.base + info.memory_bytes;
  file_bytes_ = (end_ + more + kMebibyte - 1) & ~(kMebibyte - 1);
  const auto failed = [&](const char *what) {
    return failure.set("WL5013", std::string("no memory for the guest (") + std::to_string(file_bytes_ >> 10) + " KiB): " + what + ": " + reason(errno),
                       "Free some memory, or raise the limit (of /dev/shm, the container's).", kExitFailed);
  };
  file_.reset(file >= 0 ? dup(file) : memfd_create("wirelet", MFD_CLOEXEC));
  if (!file_.open()) return failed("its file");
  // Cut first: what was there before is gone.
  if (ftruncate(file_.get(), 0) != 0 || ftruncate(file_.get(), static_cast<off_t>(file_bytes_)) != 0) return failed("its file");
  reserved_bytes_ = file_bytes_;
  void *const all = mmap(nullptr, file_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
  if (all == MAP_FAILED) return failed("address space");
  reservation_ = static_cast<uint8_t *>(all);
  memory_ = reservation_ + base_;
  return true;
}

void GuestMemory::populate(uint64_t from, uint64_t to) {
  to = (std::min(to, shared_base_) + WL_PAGE_BYTES - 1) & ~uint64_t{WL_PAGE_BYTES - 1};
#ifdef MADV_POPULATE_WRITE
  // An older kernel refuses: then the pages come when they are touched.
  if (from < to) madvise(at(from), to - from, MADV_POPULATE_WRITE);
#endif
}

void GuestMemory::adopt(const wl_image_info &info, uint8_t *memory) {
  base_ = info.base;
  shared_base_ = info.shared_base;
  end_ = info.base + info.memory_bytes;
  memory_ = memory;
}

} // namespace wl
