#include "wl_xdp_socket.h"

#include <sys/mman.h>
#include <sys/socket.h>

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

namespace wl {

namespace {

constexpr uint64_t kMemoryBytes = uint64_t{2} * XdpSocket::kChunks * XdpSocket::kChunkBytes;
constexpr uint32_t kSendsMax = XdpSocket::kChunks / 16; // calls until all that waits is sent: the kernel takes some at a time

} // namespace

XdpSocket::~XdpSocket() {
  for (Ring *ring : {&fill_, &completion_, &receive_, &transmit_}) {
    if (ring->mapping != nullptr) munmap(ring->mapping, ring->mapped);
  }
  socket_.reset();
  if (memory_ != nullptr) munmap(memory_, kMemoryBytes);
}

bool XdpSocket::Ring::map(int socket, const xdp_ring_offset &offsets, uint64_t at, size_t entry_bytes) {
  mapped = offsets.desc + kChunks * entry_bytes;
  void *const found = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, socket, static_cast<off_t>(at));
  if (found == MAP_FAILED) return false;
  mapping = found;
  auto *const bytes = static_cast<uint8_t *>(found);
  producer = reinterpret_cast<uint32_t *>(bytes + offsets.producer);
  consumer = reinterpret_cast<uint32_t *>(bytes + offsets.consumer);
  entries = bytes + offsets.desc;
  return true;
}

bool XdpSocket::set_up() {
  void *const memory = mmap(nullptr, kMemoryBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  memory_ = static_cast<uint8_t *>(memory);
  xdp_umem_reg area{};
  area.addr = reinterpret_cast<uint64_t>(memory_);
  area.len = kMemoryBytes;
  area.chunk_size = kChunkBytes;
  if (setsockopt(socket_.get(), SOL_XDP, XDP_UMEM_REG, &area, sizeof area) != 0) return false;
  for (const int ring : {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING, XDP_TX_RING}) {
    if (setsockopt(socket_.get(), SOL_XDP, ring, &kChunks, sizeof kChunks) != 0) return false;
  }
  xdp_mmap_offsets offsets{};
  socklen_t bytes = sizeof offsets;
  if (getsockopt(socket_.get(), SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &bytes) != 0 || bytes != sizeof offsets) return false;
  return fill_.map(socket_.get(), offsets.fr, XDP_UMEM_PGOFF_FILL_RING, sizeof(uint64_t)) && completion_.map(socket_.get(), offsets.cr, XDP_UMEM_PGOFF_COMPLETION_RING, sizeof(uint64_t)) &&
         receive_.map(socket_.get(), offsets.rx, XDP_PGOFF_RX_RING, sizeof(xdp_desc)) && transmit_.map(socket_.get(), offsets.tx, XDP_PGOFF_TX_RING, sizeof(xdp_desc));
}

bool XdpSocket::open(unsigned interface, uint32_t queue) {
  socket_.reset(socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket_.open() || !set_up()) return false;
  // The first half of the chunks is the kernel's, to receive into; the second half is ours.
  for (uint32_t index = 0; index < kChunks; index += 1) {
    const uint64_t at = uint64_t{index} * kChunkBytes;
    memcpy(fill_.entries + 8 * size_t{index}, &at, 8);
  }
  fill_.place = kChunks;
  __atomic_store_n(fill_.producer, kChunks, __ATOMIC_RELEASE);
  free_.reset(new uint32_t[kChunks]);
  for (uint32_t index = 0; index < kChunks; index += 1) free_[index] = kChunks + index;
  free_count_ = kChunks;
  sockaddr_xdp address{};
  address.sxdp_family = AF_XDP;
  address.sxdp_ifindex = interface;
  address.sxdp_queue_id = queue;
  address.sxdp_flags = XDP_COPY;
  return bind(socket_.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
}

uint32_t XdpSocket::take(FrameView *frames, uint32_t most) {
  const uint32_t there = __atomic_load_n(receive_.producer, __ATOMIC_ACQUIRE) - receive_.place;
  const uint32_t count = std::min(std::min(there, most), kDrainBatch);
  for (uint32_t index = 0; index < count; index += 1) {
    xdp_desc entry;
    memcpy(&entry, receive_.entries + sizeof entry * ((receive_.place + index) % kChunks), sizeof entry);
    held_[index] = entry.addr / kChunkBytes * kChunkBytes;
    frames[index] = {memory_ + entry.addr, entry.len};
  }
  held_count_ = count;
  receive_.place += count;
  return count;
}

void XdpSocket::give_back() {
  if (held_count_ == 0) return;
  for (uint32_t index = 0; index < held_count_; index += 1) memcpy(fill_.entries + 8 * size_t{(fill_.place + index) % kChunks}, &held_[index], 8);
  fill_.place += held_count_;
  held_count_ = 0;
  __atomic_store_n(receive_.consumer, receive_.place, __ATOMIC_RELEASE);
  __atomic_store_n(fill_.producer, fill_.place, __ATOMIC_RELEASE);
}

uint32_t XdpSocket::room() {
  const uint32_t done = __atomic_load_n(completion_.producer, __ATOMIC_ACQUIRE);
  for (; completion_.place != done; completion_.place += 1) {
    uint64_t at;
    memcpy(&at, completion_.entries + 8 * size_t{completion_.place % kChunks}, 8);
    free_[free_count_++] = static_cast<uint32_t>(at / kChunkBytes);
  }
  __atomic_store_n(completion_.consumer, completion_.place, __ATOMIC_RELEASE);
  return free_count_;
}

bool XdpSocket::put(const Frame &frame) {
  if (frame.bytes() > kFrameBytesMax || (free_count_ == 0 && room() == 0)) return false;
  const uint64_t at = uint64_t{free_[--free_count_]} * kChunkBytes;
  frame.copy_to(memory_ + at);
  const xdp_desc entry{at, frame.bytes(), 0};
  memcpy(transmit_.entries + sizeof entry * (transmit_.place % kChunks), &entry, sizeof entry);
  transmit_.place += 1;
  waiting_ = true;
  return true;
}

// What the device does not take now stays, and goes with the next.
void XdpSocket::publish() {
  if (!waiting_) return;
  __atomic_store_n(transmit_.producer, transmit_.place, __ATOMIC_RELEASE);
  for (uint32_t calls = 0; calls < kSendsMax && __atomic_load_n(transmit_.consumer, __ATOMIC_ACQUIRE) != transmit_.place; calls += 1) {
    if (sendto(socket_.get(), nullptr, 0, MSG_DONTWAIT, nullptr, 0) < 0 && errno != EAGAIN) break;
  }
  waiting_ = __atomic_load_n(transmit_.consumer, __ATOMIC_ACQUIRE) != transmit_.place;
}

uint64_t XdpSocket::lost() const {
  xdp_statistics figures{};
  socklen_t bytes = sizeof figures;
  if (getsockopt(socket_.get(), SOL_XDP, XDP_STATISTICS, &figures, &bytes) != 0) return 0;
  return figures.rx_dropped + figures.rx_ring_full;
}

} // namespace wl
