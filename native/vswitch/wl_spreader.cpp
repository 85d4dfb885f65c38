#include "wl_spreader.h"

#include <sys/mman.h>

namespace wl {

namespace {

constexpr uint64_t kBase = WL_PAGE_BYTES;

} // namespace

std::unique_ptr<Spreader> Spreader::create(const Steering &steering, uint32_t interface, std::vector<ReceiveQueue> &to, Failure &failure) {
  std::unique_ptr<Spreader> spreader(new Spreader(steering, interface, to));
  void *const memory = mmap(nullptr, DriverRing::kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    failure.set("WL5013", "no memory to spread frames over processors: " + reason(errno));
    return nullptr;
  }
  spreader->bytes_ = static_cast<uint8_t *>(memory);
  wl_image_info extent{};
  extent.base = kBase;
  extent.memory_bytes = DriverRing::kBytes;
  extent.shared_base = kBase + DriverRing::kBytes;
  spreader->memory_.adopt(extent, spreader->bytes_);
  spreader->ring_.start(spreader->bytes_, kBase, WL_VIRTIO_NET_HEADER_BYTES);
  spreader->intake_.attach(spreader->memory_, DriverRing::places(kBase));
  return spreader;
}

Spreader::~Spreader() {
  if (bytes_ != nullptr) munmap(bytes_, DriverRing::kBytes);
}

uint32_t Spreader::spread(uint64_t now_us) {
  intake_.publish();
  uint32_t gone = 0;
  for (;;) {
    for (; at_ < count_; at_ += 1, gone += 1) {
      if (!hand_on(frames_[at_], now_us)) return gone;
    }
    ring_.give_back();
    at_ = 0;
    count_ = ring_.take(frames_, kDrainBatch);
    if (count_ == 0) return gone;
  }
}

bool Spreader::hand_on(const FrameView &frame, uint64_t now_us) {
  const uint32_t core = steering_.core(frame.data, frame.length);
  const bool all = core == Steering::kAll;
  news_ = news_ || (!all && steering_.teaches(frame.data, frame.length, interface_, now_us));
  if (!all && !news_) {
    awaited_ = core;
    return to_[core].put(frame.data, frame.length);
  }
  // All or nobody: what waits here is given to each once.
  if (!all_have_room(frame.length)) return false;
  for (uint32_t index = 0; index < to_.size(); index += 1) {
    if (all || index == core) to_[index].put(frame.data, frame.length);
    else to_[index].put_note(frame.data, frame.length);
  }
  copies_ += to_.size() - 1;
  news_ = false;
  return true;
}

bool Spreader::all_have_room(uint32_t length) {
  uint32_t capacity;
  for (awaited_ = 0; awaited_ < to_.size(); awaited_ += 1) {
    if (to_[awaited_].room(&capacity) == nullptr || !to_[awaited_].fits(length)) return false;
  }
  return true;
}

ReceiveQueue &Spreader::awaited() { return to_[awaited_]; }

bool Spreader::may_go() {
  uint32_t capacity;
  return waits() && awaited().room(&capacity) != nullptr && awaited().fits(frames_[at_].length);
}

} // namespace wl
