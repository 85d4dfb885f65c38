#include "wl_clock_driver.h"

#include <algorithm>
#include <sys/prctl.h>

#include "wl_pacer.h"

namespace wl {

namespace {

constexpr uint32_t kReceiveBatch = 64;
constexpr uint32_t kLoopsBetweenLooks = 64; // at the log, the clock's end, a request to stop
constexpr uint64_t kPollNs = 50000;         // without work before the thread sleeps
constexpr uint64_t kWakeNs = 200000;        // a guest that was woken has answered by then: it is awaited, as its kick would cost as much again
constexpr uint64_t kWaitingNs = 1000000000; // for the other side of a port before that is said
constexpr uint64_t kSleepNsMax = 100000000;
constexpr uint64_t kSleepOutsideNsMax = 1000000000; // where a switch tends all the rings
constexpr uint64_t kIdleLookNs = 200000;    // between looks whether a guest that has work left is done
constexpr uint64_t kQuietWorldNs = 100000000; // without a frame before a run with taps counts as idle
constexpr uint64_t kLinksNs = 200000000;    // between looks whether ports lead somewhere
// While more want the host's processors than there are: with so few frames in a turn, it is the guests' turn.
constexpr uint32_t kFewFrames = 32;
constexpr uint64_t kNapNsMin = 20000, kNapNsMax = 160000;
constexpr uint64_t kTimerSlackNs = 1000;
// How long frames of a measured stream are awaited: after the run's time is over, and after the frames that warm up;
constexpr uint64_t kDrainNs = 200000000;
// after the last frame of a stream (RFC 2544, section 23: two seconds), if the appliance never comes to rest.
constexpr uint64_t kResidueNs = 2000000000;
// Sleep ends so long before a frame is due, as sleepers wake late.
constexpr uint64_t kWakeEarlyNs = 60000;

template <typename Queue> void want_kicks(std::vector<Queue> &queues, bool wanted) {
  for (Queue &queue : queues) queue.want_kicks(wanted);
}

} // namespace

ClockDriver::ClockDriver(Guest &guest, const DriverOptions &options) : guest_(guest), options_(options), measurement_(guest.clock), quiet_rounds_(guest.cores.size()), nap_ns_(kNapNsMin) {
  outside_ = !guest.attachments.empty() && std::all_of(guest.attachments.begin(), guest.attachments.end(), [](const Attachment &item) { return item.port != nullptr && item.port->outside(); });
  for (Attachment &attachment : guest.attachments) {
    if (attachment.port == nullptr || attachment.port->stream() == nullptr) continue;
    measurement_.add(*attachment.port->stream());
    measures_ = true;
    begun_ = false;
    returned_ |= attachment.spec.returned;
  }
}

Ending ClockDriver::drive() {
  prctl(PR_SET_TIMERSLACK, kTimerSlackNs);
  if (outside_) guest_.observer.first_frame(guest_.boot());
  const uint64_t start = tsc();
  const uint64_t poll_ticks = guest_.clock.ns_to_ticks(kPollNs), wake_ticks = guest_.clock.ns_to_ticks(kWakeNs);
  if (options_.duration_ns != 0) deadline_ = start + guest_.clock.ns_to_ticks(options_.duration_ns);
  uint64_t last_work = start;
  for (uint32_t loops = 0;; loops += 1) {
    const uint64_t now = tsc();
    const uint32_t moved = tend(now);
    const bool worked = moved > 0;
    const bool napped = moved < kFewFrames && may_nap(moved, now - last_work > poll_ticks) && nap(moved);
    if (worked) {
      last_work = now;
      quiet_since_ = 0;
      if (loops % kLoopsBetweenLooks != 0) continue;
    }
    guest_.drain_logs();
    tell_links(now);
    if (outside_) guest_.hear_frame();
    Ending ending;
    if (over(now, &ending)) return ending;
    if (measures_) resume_rested(now);
    if (__builtin_expect(!said_waiting_, 0)) say_waiting(now - start);
    if (worked) continue;
    if (options_.until_idle && resting_since_ == 0 && (idle(now) || drained(now))) return closing_ ? Ending::time : Ending::idle;
    __builtin_ia32_pause();
    // Whoever may not sleep keeps its rings under watch; where a switch tends them, we would only take the guest's time.
    if (!napped && (!options_.no_wait || outside_) && now - last_work > poll_ticks && now - rung_tsc_ > wake_ticks) sleep(now);
  }
}

// Whose other side is not there soon, somebody may have forgotten to start.
void ClockDriver::say_waiting(uint64_t ticks) {
  if (ticks < guest_.clock.ns_to_ticks(kWaitingNs)) return;
  said_waiting_ = true;
  for (const Attachment &attachment : guest_.attachments) {
    if (attachment.port->ready()) continue;
    const VhostPlace &place = attachment.spec.place;
    guest_.observer.warning(place.path, attachment.spec.interface + (place.listens ? " waits for somebody to connect to this socket" : " waits for somebody to listen at this socket"), "");
  }
}

// The guest reads it when it likes: nobody is woken.
void ClockDriver::tell_links(uint64_t now) {
  if (links_told_ != 0 && now - links_told_ < guest_.clock.ns_to_ticks(kLinksNs)) return;
  links_told_ = now;
  uint64_t down = 0;
  for (uint32_t index = 0; index < guest_.attachments.size(); index += 1) down |= static_cast<uint64_t>(!guest_.attachments[index].port->carrier()) << index;
  for (const Core &core : guest_.cores) __atomic_store_n(&core.control->links_down, down, __ATOMIC_RELAXED);
}

// Frames that it moved.
uint32_t ClockDriver::tend(uint64_t now) {
  uint32_t moved = 0;
  const uint64_t due = deadline_ != 0 ? std::min(now, deadline_) : now; // nothing is sent that is due later
  for (Attachment &attachment : guest_.attachments) {
    moved += receive(attachment, due);
    moved += transmit(attachment, now);
  }
  if (moved == 0) return 0;
  if (first_tsc_ == 0) first_tsc_ = now;
  last_tsc_ = now;
  return moved;
}

uint32_t ClockDriver::receive(Attachment &attachment, uint64_t now) {
  Port &port = *attachment.port;
  if (port.source() == Port::Source::none) return 0;
  if (__builtin_expect(!begun_, 0) && port.stream() != nullptr && !all_ready()) return 0;
  uint32_t moved = port.receive(attachment.receives ? &attachment.intake() : nullptr, kReceiveBatch, now, attachment.figures);
  if (attachment.spreader != nullptr) moved = std::max(moved, attachment.spreader->spread(static_cast<uint64_t>(guest_.clock.monotonic(now)) / 1000));
  if (moved == 0) return 0;
  for (ReceiveQueue &queue : attachment.receive) queue.publish();
  // Our index is written before the guest's word is read, as the guest's word is before it looks at our index.
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  for (size_t index = 0; index < guest_.cores.size(); index += 1) {
    if (attachment.receive[index].wants_calls() && guest_.cores[index].wake()) rung_tsc_ = tsc();
  }
  return moved;
}

// Nothing is sent to who is not there.
bool ClockDriver::all_ready() {
  begun_ = std::all_of(guest_.attachments.begin(), guest_.attachments.end(), [](const Attachment &item) { return item.port->ready(); });
  return begun_;
}

uint32_t ClockDriver::transmit(Attachment &attachment, uint64_t now) {
  if (attachment.port->outside()) return 0;
  uint32_t moved = 0;
  for (size_t index = 0; index < guest_.cores.size(); index += 1) moved += transmit(attachment, attachment.transmit[index], guest_.cores[index], now);
  return moved;
}

// Buffers that were given back.
uint32_t ClockDriver::transmit(Attachment &attachment, TransmitQueue &queue, Core &core, uint64_t now) {
  if (queue.pending() == 0) return 0;
  const bool measured = !returned_ || attachment.port->stream() != nullptr;
  SentFrames frames(queue);
  FrameView list[kDrainBatch];
  if (__builtin_expect(guest_.first_frame_tsc == 0 || (measured && measurement_.looking()), 0)) {
    // Something is to be known of them before the port has them.
    frames = SentFrames(list, queue.take(list));
    if (frames.count() > 0) guest_.see_frame();
    if (measured) measurement_.look(list, frames.count());
  }
  attachment.port->transmit(frames, now, attachment.figures);
  if (measured) measurement_.count(frames.count());
  const uint32_t held = queue.held();
  queue.give_back();
  // A guest may sleep because these buffers were all it had.
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (queue.wants_calls()) core.wake();
  return held;
}

void ClockDriver::take_last_frames() {
  for (Attachment &attachment : guest_.attachments) {
    for (uint32_t turn = 0; turn <= attachment.transmit.front().size() / kDrainBatch && transmit(attachment, tsc()); turn += 1) continue;
  }
}

bool ClockDriver::over(uint64_t now, Ending *ending) {
  if (!guest_.running()) *ending = Ending::stopped;
  else if (guest_.stop_requested) *ending = Ending::signal;
  else if (deadline_ != 0 && now >= deadline_ && out_of_time(now)) *ending = Ending::time;
  else return false;
  return true;
}

// Generators stop when the time is over; what they have sent may still come out for a while.
bool ClockDriver::out_of_time(uint64_t now) {
  if (!measures_) return true;
  if (!closing_) {
    closing_ = true;
    for (Attachment &attachment : guest_.attachments) attachment.port->end(deadline_);
  }
  return now - deadline_ > guest_.clock.ns_to_ticks(kDrainNs) || idle(now);
}

// The frames that warmed up have left, or will not: those that count begin.
void ClockDriver::resume_rested(uint64_t now) {
  const bool resting = std::any_of(guest_.attachments.begin(), guest_.attachments.end(), [](const Attachment &item) { return item.port->resting(); });
  if (!resting) return;
  if (resting_since_ == 0) resting_since_ = now;
  if (!idle(now) && now - resting_since_ <= guest_.clock.ns_to_ticks(kDrainNs)) return;
  for (Attachment &attachment : guest_.attachments) {
    if (!attachment.port->resting()) continue;
    attachment.port->stream()->begin(measurement_.out());
    attachment.port->resume();
  }
  resting_since_ = 0;
  quiet_since_ = 0;
}

// Whether everything that comes from the ports has come.
bool ClockDriver::all_spent() const {
  return std::all_of(guest_.attachments.begin(), guest_.attachments.end(), [](const Attachment &item) { return item.port->spent(); });
}

// Whether all inputs are spent, all rings empty, and the guest has no work left.
bool ClockDriver::quiet() const {
  if (!all_spent()) return false;
  bool finite = false, world = false;
  for (uint32_t index = 0; index < guest_.attachments.size(); index += 1) {
    const Attachment &attachment = guest_.attachments[index];
    const Port::Source source = attachment.port->source();
    finite |= source == Port::Source::finite || source == Port::Source::endless;
    world |= source == Port::Source::world;
    uint64_t taken = 0, given = attachment.figures.rx_packets;
    if (attachment.spreader != nullptr) given += attachment.spreader->copies();
    for (const Core &core : guest_.cores) {
      const wl_interface_counters &counters = core.control->interfaces[index];
      taken += __atomic_load_n(&counters.rx_packets, __ATOMIC_RELAXED) + __atomic_load_n(&counters.rx_drops, __ATOMIC_RELAXED);
    }
    if (taken < given) return false;
  }
  // What comes from the world alone never ends.
  if (world && !finite) return false;
  return std::all_of(guest_.cores.begin(), guest_.cores.end(), [](const Core &core) {
    return __atomic_load_n(&core.control->busy, __ATOMIC_ACQUIRE) == 0 && __atomic_load_n(&core.control->next_work_ns, __ATOMIC_RELAXED) == WL_TIMER_NEVER;
  });
}

// A measured stream is over some time after its last frame, though the appliance sends frames of its own for ever or
// waits for something: nothing has come out for a while.
bool ClockDriver::drained(uint64_t now) {
  if (!measures_ || !all_spent()) {
    spent_since_ = 0;
    return false;
  }
  if (spent_since_ == 0) spent_since_ = now;
  return now - spent_since_ > guest_.clock.ns_to_ticks(kResidueNs) && now - last_tsc_ > guest_.clock.ns_to_ticks(kDrainNs);
}

// Quiet is believed when the guest has made two more rounds, or sleeps, and nothing came of it.
bool ClockDriver::idle(uint64_t now) {
  if (!quiet()) {
    quiet_since_ = 0;
    return false;
  }
  bool settled = quiet_since_ != 0;
  for (size_t index = 0; index < guest_.cores.size(); index += 1) {
    const wl_control &control = *guest_.cores[index].control;
    const uint64_t rounds = __atomic_load_n(&control.rounds, __ATOMIC_ACQUIRE);
    if (quiet_since_ == 0) quiet_rounds_[index] = rounds;
    else settled &= rounds >= quiet_rounds_[index] + 2 || __atomic_load_n(&control.waiting, __ATOMIC_ACQUIRE) != 0;
  }
  if (quiet_since_ == 0) quiet_since_ = now;
  if (!settled || anything_pending()) return false;
  const bool world = std::any_of(guest_.attachments.begin(), guest_.attachments.end(), [](const Attachment &item) { return item.port->source() == Port::Source::world; });
  return !world || now - quiet_since_ > guest_.clock.ns_to_ticks(kQuietWorldNs);
}

bool ClockDriver::anything_pending() {
  for (Attachment &attachment : guest_.attachments) {
    if (attachment.port->outside()) continue;
    if (std::any_of(attachment.transmit.begin(), attachment.transmit.end(), [](TransmitQueue &queue) { return queue.pending() != 0; })) return true;
    if (attachment.spreader != nullptr && attachment.spreader->may_go()) return true;
    if (attachment.port->blocked() && attachment.intake().pending() != 0) return true;
  }
  return std::any_of(guest_.cores.begin(), guest_.cores.end(), [](const Core &core) { return core.log.waiting(); });
}

uint64_t ClockDriver::sleep_ns(uint64_t now) const {
  uint64_t until = deadline_ != 0 ? deadline_ : kNever;
  for (const Attachment &attachment : guest_.attachments) {
    if (!attachment.port->blocked()) until = std::min(until, attachment.port->next_frame());
  }
  if (until <= now) return 0;
  const uint64_t most = options_.until_idle || closing_ || resting_since_ != 0 ? kIdleLookNs : outside_ ? kSleepOutsideNsMax : kSleepNsMax;
  if (until == kNever) return most;
  const auto left = static_cast<uint64_t>(guest_.clock.ticks_to_ns(static_cast<int64_t>(until - now)));
  return left <= kWakeEarlyNs ? 0 : std::min(most, left - kWakeEarlyNs);
}

StreamOutcome ClockDriver::stream_outcome(const Port &port, uint64_t hz) const {
  const std::shared_ptr<const Stream> stream = port.stream();
  StreamOutcome outcome;
  if (stream == nullptr) return outcome;
  outcome.stream = stream;
  outcome.received = stream->verify() ? stream->seen() : measurement_.out() - stream->begun_at();
  const auto to_ns = [hz](uint64_t ticks) { return static_cast<uint64_t>(static_cast<unsigned __int128>(ticks) * 1000000000u / hz); };
  if (stream->first_tsc() != 0 && last_tsc_ > stream->first_tsc()) outcome.elapsed_ns = to_ns(last_tsc_ - stream->first_tsc());
  if (stream->recovers()) outcome.recovery_ns = to_ns(stream->recovery_ticks());
  if (port.pacer() == nullptr) return outcome;
  outcome.paced = true;
  outcome.error_ppm = port.pacer()->error_ppm(hz);
  outcome.max_late_ns = port.pacer()->max_late_ns();
  return outcome;
}

// Whether frames wait for room.
bool ClockDriver::backlog() const {
  return std::any_of(guest_.attachments.begin(), guest_.attachments.end(), [](const Attachment &item) { return item.port->blocked() || (item.spreader != nullptr && item.spreader->waits()); });
}

// Where guests and this thread want more processors than there are, what it takes for looking at rings, it takes from who
// fills and empties them. Where frames wait for room, they will for some time.
bool ClockDriver::may_nap(uint32_t moved, bool polled) const {
  if (options_.no_wait || outside_) return false;
  return guest_.awake() >= options_.processors || (moved == 0 && polled && backlog());
}

// Leaves the guests alone for a while, in which they come to a batch, and asks for no kicks, each of which is an exit of a
// guest. False: something is due sooner.
bool ClockDriver::nap(uint32_t moved) {
  nap_ns_ = moved > 0 ? kNapNsMin : std::min(2 * nap_ns_, kNapNsMax);
  const uint64_t nanoseconds = std::min(nap_ns_, sleep_ns(tsc()));
  if (nanoseconds < kNapNsMin) return false;
  const timespec duration{0, static_cast<long>(nanoseconds)};
  pollfd events[WL_INTERFACES_MAX];
  ppoll(events, moved > 0 ? 0 : watch(events), &duration, nullptr);
  return true;
}

// The descriptors of ports that may have frames; how many.
nfds_t ClockDriver::watch(pollfd *events) const {
  nfds_t count = 0;
  for (const Attachment &attachment : guest_.attachments) {
    const Port &port = *attachment.port;
    if (!port.blocked() && port.descriptor() >= 0) events[count++] = {port.descriptor(), POLLIN, 0};
  }
  return count;
}

// Asks the guest for kicks, looks once more, and sleeps until a kick, a frame, or the next thing that is due.
void ClockDriver::sleep(uint64_t now) {
  const uint64_t nanoseconds = sleep_ns(now);
  if (nanoseconds == 0) return;
  guest_.settle();
  pollfd events[1 + WL_INTERFACES_MAX];
  events[0] = {guest_.bell().get(), POLLIN, 0};
  const nfds_t count = 1 + watch(events + 1);
  for (Attachment &attachment : guest_.attachments) {
    if (!attachment.port->outside()) want_kicks(attachment.transmit, true);
    if (attachment.spreader != nullptr && attachment.spreader->waits()) attachment.spreader->awaited().want_kicks(true);
    if (attachment.port->blocked()) attachment.intake().want_kicks(true);
  }
  const bool rests = std::all_of(guest_.attachments.begin(), guest_.attachments.end(), [](Attachment &item) { return item.port->blocked() || item.port->rest(); });
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (rests && !anything_pending() && guest_.running()) {
    const timespec duration{static_cast<time_t>(nanoseconds / 1000000000u), static_cast<long>(nanoseconds % 1000000000u)};
    ppoll(events, count, &duration, nullptr);
    if ((events[0].revents & POLLIN) != 0) {
      guest_.bell().silence();
      // A guest in a process rings one bell for all; a KVM guest's kicks do not come here.
      for (const Bell *const bell : guest_.cores.front().bells.outside) {
        if (bell != nullptr) bell->ring();
      }
    }
  }
  for (Attachment &attachment : guest_.attachments) {
    attachment.port->rise();
    if (attachment.port->outside()) continue;
    want_kicks(attachment.transmit, false);
    want_kicks(attachment.receive, false);
  }
}

} // namespace wl
