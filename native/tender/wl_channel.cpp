#include "wl_channel.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <poll.h>

#include "wl_sandbox.h"
#include "wl_thread.h"

namespace wl {

namespace {

constexpr uint64_t kAnswerNsMax = 2000000000u; // a round takes microseconds; the guest's processor may be somebody else's
constexpr long kLookForAnswerNs = 10000;

} // namespace

Channel::~Channel() {
  if (!started_) return;
  quit_.ring();
  pthread_join(thread_, nullptr);
}

bool Channel::start(bool confine, Failure &failure) {
  confine_ = confine;
  if (!quit_.create()) return failure.set("WL5013", "no event descriptors: " + reason(errno));
  const int error = start_thread(&thread_, [](void *self) -> void * {
    static_cast<Channel *>(self)->serve();
    return nullptr;
  }, this);
  if (error != 0) return failure.set("WL5012", "no thread for the control channel: " + reason(error));
  started_ = true;
  return true;
}

void Channel::serve() {
  Failure failure;
  if (confine_ && !confine_channel_thread(failure)) {
    left_ = true;
    return;
  }
  wl_channel_request request;
  while (await_request() && receive(&request, sizeof request)) {
    // What a write brings comes before it is judged, or the next request would not be found.
    if (request.kind == WL_CHANNEL_WRITE && (request.length > WL_CHANNEL_BYTES_MAX || !receive(bytes_ + sizeof(wl_channel_reply), request.length))) break;
    wl_channel_reply reply{answer(request), 0};
    if (reply.status == WL_CHANNEL_OK && request.kind == WL_CHANNEL_READ) reply.length = request.length;
    memcpy(bytes_, &reply, sizeof reply);
    if (!send(bytes_, sizeof reply + reply.length)) break;
  }
  release();
  left_ = true;
}

void Channel::linger(uint64_t nanoseconds) const {
  constexpr timespec kPause{0, 1000000};
  const uint64_t limit = clock_ns(CLOCK_MONOTONIC) + nanoseconds;
  while (!left_ && clock_ns(CLOCK_MONOTONIC) < limit) nanosleep(&kPause, nullptr);
}

// Until there is something to read; false when it is time to end. A guest is not held for longer than was said.
bool Channel::await_request() {
  for (;;) {
    pollfd files[2] = {{descriptor_, POLLIN, 0}, {quit_.get(), POLLIN, 0}};
    timespec time{};
    const timespec *limit = nullptr;
    if (held_until_ns_ != 0) {
      const uint64_t now = clock_ns(CLOCK_MONOTONIC);
      if (now >= held_until_ns_) {
        release();
        continue;
      }
      const uint64_t left = held_until_ns_ - now;
      time = {static_cast<time_t>(left / 1000000000u), static_cast<long>(left % 1000000000u)};
      limit = &time;
    }
    const int ready = ppoll(files, 2, limit, nullptr);
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    if (files[1].revents != 0) return false;
    if (files[0].revents != 0) return true;
  }
}

uint32_t Channel::answer(const wl_channel_request &request) {
  switch (request.kind) {
    case WL_CHANNEL_READ:
    case WL_CHANNEL_WRITE: {
      const End *end;
      uint8_t *const there = request.length > WL_CHANNEL_BYTES_MAX ? nullptr : place(request.offset, request.length, &end);
      if (there == nullptr) return WL_CHANNEL_OUTSIDE;
      uint8_t *const here = bytes_ + sizeof(wl_channel_reply);
      if (request.kind == WL_CHANNEL_READ) {
        memcpy(here, there, request.length);
      } else {
        if (held_until_ns_ == 0) return WL_CHANNEL_NOT_HELD;
        memcpy(there, here, request.length);
      }
      return WL_CHANNEL_OK;
    }
    case WL_CHANNEL_HOLD:
      return hold(request.length < kHoldMsMax ? request.length : kHoldMsMax);
    case WL_CHANNEL_RELEASE:
      return held_until_ns_ == 0 ? WL_CHANNEL_NOT_HELD : release();
    case WL_CHANNEL_DROP:
      return drop(request);
    case WL_CHANNEL_TAP:
      for (const End &end : ends_) {
        __atomic_store_n(&end.control->tap_frame_bytes, request.length, __ATOMIC_RELAXED);
        __atomic_store_n(&end.control->tap_edges, request.offset, __ATOMIC_RELEASE);
      }
      return WL_CHANNEL_OK;
    default:
      return WL_CHANNEL_UNKNOWN;
  }
}

// Where that is here, and of which processor; nullptr: it is no processor's.
uint8_t *Channel::place(uint64_t offset, uint64_t bytes, const End **end) const {
  const uint64_t core = offset >> WL_CHANNEL_CORE_SHIFT, within = offset & ((uint64_t{1} << WL_CHANNEL_CORE_SHIFT) - 1);
  if (core >= ends_.size()) return nullptr;
  *end = &ends_[core];
  const GuestMemory &memory = ends_[core].memory;
  return within <= memory.bytes() && memory.contains(memory.base() + within, bytes) ? memory.at(memory.base() + within) : nullptr;
}

bool Channel::running() const {
  return std::all_of(ends_.begin(), ends_.end(), [](const End &end) { return end.machine.ended() == Ended::running; });
}

void Channel::ring() const {
  for (const End &end : ends_) end.bells.guest.ring();
}

template <typename Done> bool Channel::await(Done done, uint64_t nanoseconds) const {
  const uint64_t limit = clock_ns(CLOCK_MONOTONIC) + nanoseconds;
  while (!done()) {
    if (!running() || clock_ns(CLOCK_MONOTONIC) > limit) return done();
    const timespec pause{0, kLookForAnswerNs};
    nanosleep(&pause, nullptr);
  }
  return true;
}

uint32_t Channel::hold(uint32_t milliseconds) {
  if (!running()) return WL_CHANNEL_ENDED;
  // Not 0 from here on: what is held already is let go, whatever comes.
  held_until_ns_ = clock_ns(CLOCK_MONOTONIC) + uint64_t{milliseconds} * 1000000;
  for (const End &end : ends_) {
    uint32_t expected = WL_STOP_NOT;
    // The end of a run may be asked for at the same time, by another thread: it goes before.
    if (__atomic_compare_exchange_n(&end.control->stop, &expected, WL_STOP_HOLD, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) || expected == WL_STOP_HOLD) continue;
    release();
    return WL_CHANNEL_ENDED;
  }
  ring();
  const auto held = [this] { return std::all_of(ends_.begin(), ends_.end(), [](const End &end) { return __atomic_load_n(&end.control->held, __ATOMIC_ACQUIRE) == 1; }); };
  if (await(held, kAnswerNsMax)) return WL_CHANNEL_OK;
  release();
  return running() ? WL_CHANNEL_NO_ANSWER : WL_CHANNEL_ENDED;
}

uint32_t Channel::release() {
  if (held_until_ns_ == 0) return WL_CHANNEL_OK;
  held_until_ns_ = 0;
  for (const End &end : ends_) {
    uint32_t expected = WL_STOP_HOLD;
    __atomic_compare_exchange_n(&end.control->stop, &expected, WL_STOP_NOT, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  }
  ring();
  // Else the next hold would take this one's `held` for its own.
  await([this] { return std::all_of(ends_.begin(), ends_.end(), [](const End &end) { return __atomic_load_n(&end.control->held, __ATOMIC_ACQUIRE) == 0; }); }, kAnswerNsMax);
  return WL_CHANNEL_OK;
}

uint32_t Channel::drop(const wl_channel_request &request) {
  if (held_until_ns_ == 0) return WL_CHANNEL_NOT_HELD;
  const End *end;
  if (place(request.offset, sizeof(uint64_t) + 3 * sizeof(uint32_t), &end) == nullptr) return WL_CHANNEL_OUTSIDE;
  wl_control *const control = end->control;
  control->hold_queue = end->memory.base() + (request.offset & ((uint64_t{1} << WL_CHANNEL_CORE_SHIFT) - 1));
  control->hold_count = request.length;
  const uint32_t number = __atomic_load_n(&control->hold_done, __ATOMIC_RELAXED) + 1;
  __atomic_store_n(&control->hold_request, number, __ATOMIC_RELEASE);
  end->bells.guest.ring();
  const bool done = await([control, number] { return __atomic_load_n(&control->hold_done, __ATOMIC_ACQUIRE) == number; }, kAnswerNsMax);
  return done ? WL_CHANNEL_OK : WL_CHANNEL_NO_ANSWER;
}

bool Channel::receive(void *at, size_t bytes) const {
  auto *place = static_cast<uint8_t *>(at);
  while (bytes > 0) {
    const ssize_t got = read(descriptor_, place, bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    place += got;
    bytes -= static_cast<size_t>(got);
  }
  return true;
}

bool Channel::send(const void *at, size_t bytes) const {
  auto *place = static_cast<const uint8_t *>(at);
  while (bytes > 0) {
    const ssize_t sent = write(descriptor_, place, bytes);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    place += sent;
    bytes -= static_cast<size_t>(sent);
  }
  return true;
}

} // namespace wl
