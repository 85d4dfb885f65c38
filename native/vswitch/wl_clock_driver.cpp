#include "wl_clock_driver.h"

#include <algorithm>
#include <poll.h>
#include <sys/prctl.h>

namespace wl {

namespace {

constexpr uint32_t kReceiveBatch = 64;
constexpr uint32_t kLoopsBetweenLooks = 64; // at the log, the clock's end, a request to stop
constexpr uint64_t kPollNs = 50000;         // without work before the thread sleeps
constexpr uint64_t kSleepNsMax = 100000000;
constexpr uint64_t kIdleLookNs = 200000;    // between looks whether a guest that has work left is done
constexpr uint64_t kQuietWorldNs = 100000000; // without a frame before a run with taps counts as idle
constexpr uint64_t kTimerSlackNs = 1000;

} // namespace

Ending ClockDriver::drive() {
  prctl(PR_SET_TIMERSLACK, kTimerSlackNs);
  const uint64_t start = tsc();
  const uint64_t poll_ticks = guest_.clock.ns_to_ticks(kPollNs);
  if (options_.duration_ns != 0) deadline_ = start + guest_.clock.ns_to_ticks(options_.duration_ns);
  uint64_t last_work = start;
  for (uint32_t loops = 0;; loops += 1) {
    const uint64_t now = tsc();
    const bool worked = tend(now);
    if (worked) {
      last_work = now;
      quiet_since_ = 0;
      if (loops % kLoopsBetweenLooks != 0) continue;
    }
    guest_.log.drain();
    Ending ending;
    if (over(now, &ending)) return ending;
    if (worked) continue;
    if (options_.until_idle && idle(now)) return Ending::idle;
    __builtin_ia32_pause();
    if (!options_.no_wait && now - last_work > poll_ticks) sleep(now);
  }
}

bool ClockDriver::tend(uint64_t now) {
  bool worked = false;
  for (Attachment &attachment : guest_.attachments) {
    worked |= receive(attachment, now);
    worked |= transmit(attachment, now);
  }
  if (!worked) return false;
  if (first_tsc_ == 0) first_tsc_ = now;
  last_tsc_ = now;
  return true;
}

bool ClockDriver::receive(Attachment &attachment, uint64_t now) {
  Port &port = *attachment.port;
  if (port.source() == Port::Source::none) return false;
  if (port.receive(attachment.receives ? &attachment.receive : nullptr, kReceiveBatch, now, attachment.figures) == 0) return false;
  attachment.receive.publish();
  // Our index is written before the guest's word is read, as the guest's word is before it looks at our index.
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (attachment.receive.wants_calls()) guest_.wake();
  return true;
}

bool ClockDriver::transmit(Attachment &attachment, uint64_t now) {
  FrameView frames[kDrainBatch];
  const uint32_t count = attachment.transmit.take(frames);
  if (!attachment.transmit.holding()) return false;
  if (count > 0) {
    guest_.see_frame();
    attachment.port->transmit(frames, count, now, attachment.figures);
  }
  attachment.transmit.give_back();
  return true;
}

bool ClockDriver::over(uint64_t now, Ending *ending) const {
  if (!guest_.running()) *ending = Ending::stopped;
  else if (guest_.stop_requested) *ending = Ending::signal;
  else if (deadline_ != 0 && now >= deadline_) *ending = Ending::time;
  else return false;
  return true;
}

// Whether all inputs are spent, all rings empty, and the guest has no work left.
bool ClockDriver::quiet() const {
  const wl_control *const control = guest_.control;
  bool finite = false, world = false;
  for (uint32_t index = 0; index < guest_.attachments.size(); index += 1) {
    const Attachment &attachment = guest_.attachments[index];
    const Port::Source source = attachment.port->source();
    if (source == Port::Source::endless || !attachment.port->spent()) return false;
    finite |= source == Port::Source::finite;
    world |= source == Port::Source::world;
    const wl_interface_counters &counters = control->interfaces[index];
    const uint64_t taken = __atomic_load_n(&counters.rx_packets, __ATOMIC_RELAXED) + __atomic_load_n(&counters.rx_drops, __ATOMIC_RELAXED);
    if (taken < attachment.figures.rx_packets) return false;
  }
  // What comes from the world alone never ends.
  if (world && !finite) return false;
  return __atomic_load_n(&control->busy, __ATOMIC_ACQUIRE) == 0 && __atomic_load_n(&control->next_work_ns, __ATOMIC_RELAXED) == WL_TIMER_NEVER;
}

// Quiet is believed when the guest has made two more rounds, or sleeps, and nothing came of it.
bool ClockDriver::idle(uint64_t now) {
  if (!quiet()) {
    quiet_since_ = 0;
    return false;
  }
  const uint64_t rounds = __atomic_load_n(&guest_.control->rounds, __ATOMIC_ACQUIRE);
  if (quiet_since_ == 0) {
    quiet_since_ = now;
    quiet_rounds_ = rounds;
    return false;
  }
  const bool settled = rounds >= quiet_rounds_ + 2 || __atomic_load_n(&guest_.control->waiting, __ATOMIC_ACQUIRE) != 0;
  if (!settled || anything_pending()) return false;
  const bool world = std::any_of(guest_.attachments.begin(), guest_.attachments.end(), [](const Attachment &item) { return item.port->source() == Port::Source::world; });
  return !world || now - quiet_since_ > guest_.clock.ns_to_ticks(kQuietWorldNs);
}

bool ClockDriver::anything_pending() {
  for (Attachment &attachment : guest_.attachments) {
    if (attachment.transmit.pending() != 0) return true;
    if (attachment.port->blocked() && attachment.receive.pending() != 0) return true;
  }
  return guest_.log.waiting();
}

uint64_t ClockDriver::sleep_ns(uint64_t now) const {
  uint64_t until = deadline_ != 0 ? deadline_ : kNever;
  for (const Attachment &attachment : guest_.attachments) {
    if (!attachment.port->blocked()) until = std::min(until, attachment.port->next_frame());
  }
  if (until <= now) return 0;
  const uint64_t most = options_.until_idle ? kIdleLookNs : kSleepNsMax;
  if (until == kNever) return most;
  return std::min(most, static_cast<uint64_t>(guest_.clock.ticks_to_ns(static_cast<int64_t>(until - now))));
}

// Asks the guest for kicks, looks once more, and sleeps until a kick, a frame, or the next thing that is due.
void ClockDriver::sleep(uint64_t now) {
  const uint64_t nanoseconds = sleep_ns(now);
  if (nanoseconds == 0) return;
  guest_.settle();
  pollfd events[1 + WL_INTERFACES_MAX];
  nfds_t count = 0;
  events[count++] = {guest_.bells.driver.get(), POLLIN, 0};
  for (Attachment &attachment : guest_.attachments) {
    attachment.transmit.want_kicks(true);
    if (attachment.port->blocked()) attachment.receive.want_kicks(true);
    else if (attachment.port->descriptor() >= 0) events[count++] = {attachment.port->descriptor(), POLLIN, 0};
  }
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (!anything_pending() && guest_.running()) {
    const timespec duration{static_cast<time_t>(nanoseconds / 1000000000u), static_cast<long>(nanoseconds % 1000000000u)};
    ppoll(events, count, &duration, nullptr);
    if ((events[0].revents & POLLIN) != 0) guest_.bells.driver.silence();
  }
  for (Attachment &attachment : guest_.attachments) {
    attachment.transmit.want_kicks(false);
    attachment.receive.want_kicks(false);
  }
}

} // namespace wl
