#include "wl_lent_memory.h"

#include <csignal>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>

namespace wl {

namespace {

constexpr size_t kSlots = 2048; // regions that are mapped at a time, in all
constexpr uint64_t kRegionBytesMax = uint64_t{1} << 40;

// What the handler looks at; `bytes` is written last and cleared first.
struct Slot {
  std::atomic<uint64_t> at{0}, bytes{0};
  std::atomic<bool> *lost = nullptr;
};
Slot slots[kSlots];

// What is left of the mapping is replaced by memory of our own.
void on_fault(int number, siginfo_t *info, void *) {
  const auto address = reinterpret_cast<uint64_t>(info->si_addr);
  for (Slot &slot : slots) {
    const uint64_t bytes = slot.bytes.load(std::memory_order_acquire), at = slot.at.load(std::memory_order_relaxed);
    if (address - at >= bytes) continue;
    if (mmap(reinterpret_cast<void *>(at), bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED) break;
    slot.lost->store(true, std::memory_order_relaxed);
    return;
  }
  signal(number, SIG_DFL); // the instruction is tried again, and ends us
}

Slot *take_slot(uint64_t at, uint64_t bytes, std::atomic<bool> *lost) {
  for (Slot &slot : slots) {
    if (slot.bytes.load(std::memory_order_relaxed) != 0) continue;
    slot.at.store(at, std::memory_order_relaxed);
    slot.lost = lost;
    slot.bytes.store(bytes, std::memory_order_release);
    return &slot;
  }
  return nullptr;
}

void free_slot(uint64_t at) {
  for (Slot &slot : slots) {
    if (slot.bytes.load(std::memory_order_relaxed) != 0 && slot.at.load(std::memory_order_relaxed) == at) return slot.bytes.store(0, std::memory_order_release);
  }
}

} // namespace

void LentMemory::guard() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
}

bool LentMemory::add(const VhostRegion &region, const Descriptor &file, std::string &why) {
  const auto refuse = [&](const char *what) {
    why = what;
    return false;
  };
  struct stat status;
  struct statfs system;
  if (!file.open()) return refuse("a region of its memory comes without a file");
  // Only what the kernel itself keeps: a file system that somebody serves could make us wait for ever.
  if (fstatfs(file.get(), &system) != 0 || (system.f_type != TMPFS_MAGIC && system.f_type != HUGETLBFS_MAGIC)) return refuse("its memory is no file of memory (memfd, tmpfs, hugetlbfs)");
  const uint64_t end = region.file_offset + region.bytes;
  const bool bounded = region.bytes != 0 && region.bytes <= kRegionBytesMax && region.file_offset <= kRegionBytesMax;
  if (!bounded || region.guest + region.bytes < region.guest || region.user + region.bytes < region.user) return refuse("a region of its memory is out of bounds");
  if (fstat(file.get(), &status) != 0 || static_cast<uint64_t>(status.st_size) < end) return refuse("a region of its memory is longer than its file");
  // From the file's beginning: offsets need not be those of pages. In whole pages, of the file's size.
  const auto page = static_cast<uint64_t>(system.f_bsize);
  const uint64_t mapped = (end + page - 1) / page * page;
  void *const mapping = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file.get(), 0);
  if (mapping == MAP_FAILED) return refuse("a region of its memory cannot be mapped");
  if (take_slot(reinterpret_cast<uint64_t>(mapping), mapped, &lost_) == nullptr) {
    munmap(mapping, mapped);
    return refuse("there are too many regions of memory");
  }
  pieces_.push_back({region.guest, region.user, region.bytes, static_cast<uint8_t *>(mapping) + region.file_offset, mapping, mapped});
  return true;
}

void LentMemory::clear() {
  for (const Piece &piece : pieces_) {
    free_slot(reinterpret_cast<uint64_t>(piece.mapping));
    munmap(piece.mapping, piece.mapped);
  }
  pieces_.clear();
  recent_ = 0;
  lost_.store(false, std::memory_order_relaxed);
}

uint8_t *LentMemory::at_user(uint64_t user, uint64_t bytes, uint64_t alignment) const {
  for (const Piece &piece : pieces_) {
    if (user - piece.user >= piece.bytes || bytes > piece.bytes - (user - piece.user)) continue;
    uint8_t *const data = piece.data + (user - piece.user);
    return reinterpret_cast<uint64_t>(data) % alignment == 0 ? data : nullptr;
  }
  return nullptr;
}

} // namespace wl
