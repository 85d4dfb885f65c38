#include "wl_generator_port.h"

#include "wl_null_port.h"

namespace wl {

namespace {

// Copies at least `length` bytes, and as many more as make the copies wide.
inline void copy_wide(uint8_t *to, const uint8_t *from, uint32_t length) {
  constexpr uint32_t kInlineMax = 256;
  if (length > kInlineMax) {
    memcpy(to, from, length);
    return;
  }
  uint32_t at = 0;
  do {
    memcpy(to + at, from + at, 16);
    memcpy(to + at + 16, from + at + 16, 16);
    memcpy(to + at + 32, from + at + 32, 16);
    memcpy(to + at + 48, from + at + 48, 16);
    at += 64;
  } while (at < length);
}

} // namespace

std::unique_ptr<GeneratorPort> GeneratorPort::create(const PortSpec &spec, uint32_t index, const uint8_t *mac, const TscClock &clock, Observer &observer, Failure &failure) {
  std::unique_ptr<GeneratorPort> port(new GeneratorPort(spec, index, clock));
  return port->store_.fill(spec, spec.mac.has_value() ? spec.mac->data() : mac, index, observer, failure) ? std::move(port) : nullptr;
}

GeneratorPort::GeneratorPort(const PortSpec &spec, uint32_t index, const TscClock &clock)
    : spec_(spec), clock_(clock), measured_(std::make_shared<Stream>(index, spec.verify, spec.latency)), pacer_(std::max<uint64_t>(1, spec.rate), clock) {
  begin(spec.warmup != 0 ? Phase::warm_up : spec.surge != 0 ? Phase::surge : Phase::stream);
}

void GeneratorPort::begin(Phase phase) {
  phase_ = phase;
  resting_ = false;
  made_ = 0;
  const uint64_t count = spec_.count != 0 ? spec_.count : UINT64_MAX;
  last_ = phase == Phase::warm_up ? spec_.warmup : phase == Phase::surge ? spec_.surge : count;
  pacer_.set_rate(std::max<uint64_t>(1, phase == Phase::surge ? spec_.surge_rate : spec_.rate));
}

uint64_t GeneratorPort::next_frame() const {
  if (spent()) return kNever;
  return paced() && pacer_.started() ? pacer_.moment(made_) : 0;
}

uint32_t GeneratorPort::receive(ReceiveQueue *queue, uint32_t budget, uint64_t now, PortFigures &figures) {
  if (spent()) return 0;
  if (phase_ == Phase::surge && made_ == last_) {
    begin(Phase::stream);
    stream_.recover(now);
  }
  if (!pacer_.started()) pacer_.start(now);
  const uint64_t due = paced() ? std::min(last_, pacer_.due(now)) : last_;
  blocked_ = false;
  if (made_ >= due) return 0;
  budget = static_cast<uint32_t>(std::min<uint64_t>(budget, due - made_));
  const uint64_t first = made_;
  const uint32_t count = send(queue, budget, now, figures);
  made_ += count;
  if (paced() && count > 0) pacer_.note(first, count, now);
  if (phase_ == Phase::warm_up && made_ == last_) resting_ = true;
  return count;
}

// Returns how many frames had their turn, those without room included.
uint32_t GeneratorPort::send(ReceiveQueue *queue, uint32_t budget, uint64_t now, PortFigures &figures) {
  uint32_t sent = 0, turns = budget;
  if (queue != nullptr) sent = stream_.numbered() && counts() ? send_numbered(*queue, budget, now, figures) : send_plain(*queue, budget, figures);
  if (sent < budget && queue != nullptr && !paced()) {
    // At full speed the guest sets the pace; at a rate it is late.
    blocked_ = true;
    turns = sent;
  }
  figures.rx_packets += sent;
  figures.drops += turns - sent;
  if (!counts()) return turns;
  if (turns > 0) stream_.count(sent, turns - sent, now);
  if (paced()) timed_credit_ = (timed_credit_ + uint64_t{turns - sent} * spec_.latency) % spec_.rate;
  return turns;
}

// Frames without trailers.
uint32_t GeneratorPort::send_plain(ReceiveQueue &queue, uint32_t budget, PortFigures &figures) {
  uint64_t bytes = 0;
  uint32_t sent = queue.fill(budget, [&](uint32_t, uint8_t *at, uint32_t capacity) {
    const FrameStore::Frame &frame = store_.current();
    const uint32_t length = frame.length;
    if (__builtin_expect(length + FrameStore::kSpareBytes > capacity, 0)) return ReceiveQueue::kNoFit;
    copy_wide(at, store_.bytes(frame), length);
    if (store_.flows_open()) store_.fill_flow(at, frame);
    store_.advance();
    bytes += length;
    return length;
  });
  figures.rx_bytes += bytes;
  for (; sent < budget && send_tight(queue, figures); sent += 1) continue;
  return sent;
}

// One frame into buffers that are hardly as long as it, or shorter.
bool GeneratorPort::send_tight(ReceiveQueue &queue, PortFigures &figures) {
  const FrameStore::Frame &frame = store_.current();
  const uint32_t length = frame.length;
  uint8_t *const at = place(queue, frame);
  if (at == nullptr || !finish(queue, frame, at)) return false;
  figures.rx_bytes += length;
  return true;
}

// Frames of which all, or the timed ones, get a trailer.
uint32_t GeneratorPort::send_numbered(ReceiveQueue &queue, uint32_t budget, uint64_t now, PortFigures &figures) {
  uint32_t sent = 0;
  if (!paced()) timed_waiting_ |= timed_is_due(now);
  for (; sent < budget; sent += 1) {
    const FrameStore::Frame &frame = store_.current();
    const uint32_t length = frame.length;
    uint8_t *const at = place(queue, frame);
    if (at == nullptr) break;
    if (paced() && (timed_credit_ += spec_.latency) >= spec_.rate) {
      timed_credit_ -= spec_.rate;
      timed_waiting_ = true;
    }
    const bool timed = timed_waiting_ && frame.trailer != 0;
    if (timed || stream_.verify()) {
      const Trailer trailer = stream_.number(frame.base, timed ? TrailerKind::timed : TrailerKind::plain);
      memcpy(at + frame.trailer, &trailer, sizeof trailer);
    }
    if (!finish(queue, frame, at)) break;
    figures.rx_bytes += length;
    if (!timed) continue;
    timed_waiting_ = false;
    queue.publish(); // its time counts from now
  }
  return sent;
}

bool GeneratorPort::timed_is_due(uint64_t now) {
  if (spec_.latency == 0 || (timed_tsc_ != 0 && now - timed_tsc_ < clock_.hz / spec_.latency)) return false;
  timed_tsc_ = now;
  return true;
}

// Copies the frame to where it can be completed before finish(): the guest's buffer, or here if it takes several.
// Null: the guest has no room for it.
uint8_t *GeneratorPort::place(ReceiveQueue &queue, const FrameStore::Frame &frame) {
  uint32_t capacity;
  uint8_t *at = queue.room(&capacity);
  if (at == nullptr) return nullptr;
  if (__builtin_expect(frame.length + FrameStore::kSpareBytes <= capacity, 1)) {
    copy_wide(at, store_.bytes(frame), frame.length);
  } else {
    if (frame.length > capacity) {
      if (!queue.fits(frame.length)) return nullptr;
      at = parts_;
    }
    memcpy(at, store_.bytes(frame), frame.length);
  }
  if (store_.flows_open()) store_.fill_flow(at, frame);
  return at;
}

bool GeneratorPort::finish(ReceiveQueue &queue, const FrameStore::Frame &frame, const uint8_t *at) {
  if (__builtin_expect(at == parts_, 0)) {
    if (!queue.put(parts_, frame.length)) return false;
  } else {
    queue.commit(frame.length);
  }
  store_.advance();
  return true;
}

void GeneratorPort::resume() { begin(spec_.surge != 0 ? Phase::surge : Phase::stream); }

// What was due by now and not sent is not sent any more.
void GeneratorPort::end(uint64_t now) {
  if (!spent() && counts() && paced() && pacer_.started()) {
    const uint64_t due = std::min(last_, pacer_.due(now));
    if (due > made_) stream_.count(0, due - made_, now);
  }
  ended_ = true;
}

void GeneratorPort::transmit(SentFrames &frames, uint64_t, PortFigures &figures) { count_sent(frames, figures); }

} // namespace wl
