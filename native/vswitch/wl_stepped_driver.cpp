#include "wl_stepped_driver.h"

#include <algorithm>
#include <poll.h>

namespace wl {

namespace {

// Looks at the guest before the thread sleeps: many while steps are done in some microseconds; few after one that
// was not, because the guest's thread may be waiting for this very processor.
constexpr uint32_t kLooksMax = 2000, kLooksMin = 50;
constexpr long kSleepNsMin = 10000, kSleepNsMax = 100000;

} // namespace

SteppedDriver::SteppedDriver(Guest &guest, const DriverOptions &options) : guest_(guest), options_(options), looks_(kLooksMin) {
  for (Attachment &attachment : guest.attachments) {
    if (attachment.input == nullptr) continue;
    heads_.push_back({&attachment, {}, false});
    advance(heads_.back());
  }
  if (const Head *head = earliest()) clock_ = head->frame.timestamp_ns;
}

// Ties go to the interface that comes first.
SteppedDriver::Head *SteppedDriver::earliest() {
  Head *first = nullptr;
  for (Head &head : heads_) {
    if (head.there && (first == nullptr || head.frame.timestamp_ns < first->frame.timestamp_ns)) first = &head;
  }
  return first;
}

void SteppedDriver::advance(Head &head) {
  CaptureReader &input = *head.attachment->input;
  head.there = input.next(head.frame);
  if (!head.there && input.damaged()) {
    if (!warned_) guest_.observer.warning(input.path(), input.damage().message, input.damage().hint);
    warned_ = true;
  }
}

Ending SteppedDriver::drive() {
  const uint64_t end = options_.duration_ns == 0 ? 0 : clock_ + options_.duration_ns;
  const auto past_end = [&](uint64_t time) { return options_.duration_ns != 0 && time > end; };
  const auto interrupted = [&] { return guest_.running() ? Ending::signal : Ending::stopped; };
  if (!step(clock_)) return interrupted();
  uint32_t restless = 0; // steps in a row that left work
  for (;;) {
    if (!guest_.running()) return Ending::stopped;
    if (guest_.stop_requested) return Ending::signal;
    Head *const next = earliest();
    uint64_t timer = WL_TIMER_NEVER, work = WL_TIMER_NEVER;
    for (const Core &core : guest_.cores) {
      timer = std::min(timer, __atomic_load_n(&core.control->next_timer_ns, __ATOMIC_RELAXED));
      work = std::min(work, __atomic_load_n(&core.control->next_work_ns, __ATOMIC_RELAXED));
    }
    restless = busy_ ? restless + 1 : 0;
    if (busy_ && restless < WL_STEPS_AT_ONCE_MAX) {
      if (!step(clock_)) return interrupted();
    } else if (busy_ && (next == nullptr || next->frame.timestamp_ns > clock_ + WL_STEP_NS)) {
      if (past_end(clock_ + WL_STEP_NS)) return Ending::time;
      if (!step(clock_ + WL_STEP_NS)) return interrupted();
    } else if (next != nullptr && (busy_ || timer == WL_TIMER_NEVER || timer > next->frame.timestamp_ns)) {
      if (past_end(next->frame.timestamp_ns)) return Ending::time;
      clock_ = std::max(clock_, next->frame.timestamp_ns);
      const bool received = receive(*next);
      advance(*next);
      if ((received || busy_) && !step(clock_)) return interrupted();
    } else if (timer != WL_TIMER_NEVER && (next != nullptr || !options_.until_idle || work != WL_TIMER_NEVER)) {
      if (past_end(timer)) return Ending::time;
      if (!step(timer)) return interrupted();
    } else if (options_.until_idle) {
      return Ending::idle;
    } else if (options_.duration_ns != 0) {
      return Ending::time;
    } else {
      // Nothing will ever happen again; the user said to stay.
      guest_.settle();
      pollfd bell{guest_.bell().get(), POLLIN, 0};
      if (poll(&bell, 1, -1) > 0) guest_.bell().silence();
    }
  }
}

// Puts a frame on its ring, unless no interface would take it, or the guest has no buffer for it.
bool SteppedDriver::receive(Head &head) {
  Attachment &to = *head.attachment;
  const CapturedFrame &frame = head.frame;
  const bool taken = frame.length > 0 && frame.length <= WL_FRAME_BYTES_MAX && to.receives && put(to, frame);
  if (!taken) {
    to.figures.drops += 1;
    return false;
  }
  to.figures.rx_packets += 1;
  to.figures.rx_bytes += frame.length;
  return true;
}

// On the ring of the processor that it belongs to.
bool SteppedDriver::put(Attachment &to, const CapturedFrame &frame) const {
  std::vector<ReceiveQueue> &rings = to.receive;
  const uint32_t core = rings.size() == 1 ? 0 : guest_.steering.core(frame.data, frame.length);
  const bool news = core != Steering::kAll && guest_.steering.teaches(frame.data, frame.length, static_cast<uint32_t>(&to - guest_.attachments.data()), clock_ / 1000);
  bool all = true;
  for (uint32_t index = 0; index < rings.size(); index += 1) {
    if (core == Steering::kAll || core == index) all &= rings[index].put(frame.data, frame.length);
    else if (news) rings[index].put_note(frame.data, frame.length);
    else continue;
    rings[index].publish();
  }
  return all;
}

// One processor after the other.
bool SteppedDriver::step(uint64_t time) {
  clock_ = std::max(clock_, time);
  steps_ += 1;
  busy_ = false;
  return std::all_of(guest_.cores.begin(), guest_.cores.end(), [this](Core &core) { return step(core); });
}

bool SteppedDriver::step(Core &core) {
  wl_control *const control = core.control;
  __atomic_store_n(&control->clock_ns, clock_, __ATOMIC_RELAXED);
  __atomic_store_n(&control->step_request, steps_, __ATOMIC_RELEASE);
  core.wake();
  long sleep = kSleepNsMin;
  bool slept = false;
  for (uint32_t looks = 0; __atomic_load_n(&control->step_done, __ATOMIC_ACQUIRE) != steps_; looks += 1) {
    if (look()) looks = 0;
    __builtin_ia32_pause();
    if (looks < looks_) continue;
    slept = true;
    if (!guest_.running() || guest_.stop_requested) {
      drain();
      return false;
    }
    // The bell rings when the guest ends; else the look after the sleep finds what it did.
    pollfd bell{guest_.bell().get(), POLLIN, 0};
    const timespec duration{0, sleep};
    if (ppoll(&bell, 1, &duration, nullptr) > 0) guest_.bell().silence();
    sleep = std::min(sleep * 2, kSleepNsMax);
  }
  looks_ = slept ? kLooksMin : kLooksMax;
  drain();
  busy_ |= __atomic_load_n(&control->busy, __ATOMIC_RELAXED) != 0;
  return true;
}

// Takes all that the guest has sent and written so far.
void SteppedDriver::drain() {
  while (look()) {
  }
}

// One look at transmit rings and log; true if there was a frame.
bool SteppedDriver::look() {
  bool any = false;
  for (Attachment &from : guest_.attachments) {
    for (TransmitQueue &queue : from.transmit) {
      queue.take_each([&](const FrameView &frame) {
        guest_.see_frame();
        from.figures.tx_packets += 1;
        from.figures.tx_bytes += frame.length;
        if (from.output != nullptr) from.output->write(clock_, frame.data, frame.length);
      });
      if (!queue.holding()) continue;
      any = true;
      queue.give_back();
    }
  }
  guest_.drain_logs();
  return any;
}

} // namespace wl
