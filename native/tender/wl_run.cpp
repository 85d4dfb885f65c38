#include "wl_run.h"

#include <algorithm>
#include <poll.h>

#include "wl_clock_driver.h"
#include "wl_machine_kvm.h"
#include "wl_machine_process.h"
#include "wl_own_memory.h"
#include "wl_sandbox.h"
#include "wl_stepped_driver.h"
#include "wl_switch_port.h"

namespace wl {

namespace {

constexpr uint64_t kStartNsMax = 10000000000u; // a guest that is not there by then will not be
constexpr uint64_t kStopNsMax = 1000000000u;   // a round takes far less
constexpr uint64_t kLookNs = 20000;
constexpr uint64_t kLingerNsMax = 5000000000u; // for whoever reads what is left of a guest

// Slots of packets that a guest touches before its first frame is out, for each interface, and soon after it.
constexpr uint64_t kSlotsAtStart = 16, kSlotsSoon = 128;

// Where the memory ends that these slots, and all before them, take: code, data, rings, which the packets follow
// (native/guest/image.ld).
uint64_t end_of_slots(const wl_image_info &info, uint64_t slots) {
  uint64_t end = info.stack_top;
  for (uint32_t index = 0; index < info.interface_count; index += 1) {
    for (const wl_ring_info *ring : {&info.interfaces[index].receive, &info.interfaces[index].transmit}) {
      end = std::max(end, ring->used + 6 + 8 * uint64_t{ring->size});
    }
  }
  return end + info.interface_count * slots * WL_SMALL_SLOT_BYTES;
}

timespec span(uint64_t nanoseconds) { return {static_cast<time_t>(nanoseconds / 1000000000u), static_cast<long>(nanoseconds % 1000000000u)}; }

} // namespace

Run::Run() = default;
Run::~Run() = default;

bool Run::prepare(const RunOptions &options, Observer &observer, Failure &failure) {
  options_ = options;
  observer_ = &observer;
  driver_options_ = {options.until_idle, options.duration_ns, options.no_wait};
  if (!bells_.guest.create() || !bells_.driver.create()) return failure.set("WL5013", "no event descriptors: " + reason(errno));
  if (!load_image(failure)) return false;
  image_ns_ = clock_ns(CLOCK_MONOTONIC);
  if (!attach_ports(failure)) return false;
  ports_ns_ = clock_ns(CLOCK_MONOTONIC);
  if (!make_machine(failure)) return false;
  machine_ns_ = clock_ns(CLOCK_MONOTONIC);
  meet_guest();
  if (!machine_->boots_itself()) set_control();
  return true;
}

void Run::lend_thread() { kvm_->live(); }

// Image and memory; an appliance within this process is loaded with its machine.
bool Run::load_image(Failure &failure) {
  if (options_.backend == Backend::native) {
    const wl_image_info *info = nullptr;
    machine_ = options_.load_native(options_.image, bells_, &info, failure);
    if (machine_ == nullptr || !image_.describe(*info, options_.image, failure)) return false;
    memory_.adopt(image_.info(), reinterpret_cast<uint8_t *>(image_.info().base));
    return true;
  }
  if (!image_.open(options_.image, failure)) return false;
  if (options_.backend == Backend::qemu) return memory_.create_file(image_.info(), options_.shared_file, failure);
  const Sharing sharing = options_.backend == Backend::process ? Sharing::processes : Sharing::threads;
  const bool lent = std::any_of(options_.ports.begin(), options_.ports.end(), [](const PortSpec &spec) { return spec.kind == PortSpec::Kind::ring; });
  if (!memory_.create(image_.info(), sharing, options_.shared_file, failure, lent)) return false;
  if (sharing == Sharing::threads) memory_.populate(memory_.base(), end_of_slots(image_.info(), kSlotsAtStart));
  return image_.load(memory_.at(memory_.base()), failure);
}

bool Run::attach_ports(Failure &failure) {
  const wl_image_info &info = image_.info();
  attachments_.resize(info.interface_count);
  for (uint32_t index = 0; index < info.interface_count; index += 1) {
    const wl_interface_info &interface = info.interfaces[index];
    Attachment &attachment = attachments_[index];
    attachment.spec.interface = interface.name;
    attachment.receives = interface.receives != 0;
  }
  std::vector<bool> given(attachments_.size());
  for (const PortSpec &spec : options_.ports) {
    const auto found = std::find_if(attachments_.begin(), attachments_.end(), [&](const Attachment &item) { return item.spec.interface == spec.interface; });
    if (found == attachments_.end()) return failure.set("WL4002", "the appliance has no interface \"" + spec.interface + "\"", "wirelet inspect IMAGE lists its interfaces.", kExitUsage);
    const auto index = static_cast<size_t>(found - attachments_.begin());
    if (given[index]) return failure.set("WL4003", "interface \"" + spec.interface + "\" is given two ports", "Leave one --port option for it.", kExitUsage);
    given[index] = true;
    found->spec = spec;
  }
  const bool possible = std::all_of(attachments_.begin(), attachments_.end(), [](const Attachment &item) { return item.spec.virtual_time(); });
  if (options_.clock == ClockChoice::captures && !possible) {
    return failure.set("WL4005", "the clock of the captures needs ports that are all captures with speed=max, or null", "Leave --clock away.", kExitUsage);
  }
  virtual_time_ = possible && options_.clock != ClockChoice::real;
  for (uint32_t index = 0; index < attachments_.size(); index += 1) {
    if (!open_port(attachments_[index], index, failure)) return false;
  }
  return true;
}

bool Run::open_port(Attachment &attachment, uint32_t index, Failure &failure) {
  const PortSpec &spec = attachment.spec;
  if (spec.kind == PortSpec::Kind::pcap) {
    if (!spec.in.empty() && (attachment.input = CaptureReader::open(spec.in, failure)) == nullptr) return false;
    if (!spec.out.empty() && (attachment.output = CaptureWriter::create(spec.out, failure)) == nullptr) return false;
  }
  if (virtual_time_) return true;
  if (spec.kind == PortSpec::Kind::ring) {
    const wl_interface_info &interface = image_.info().interfaces[index];
    auto port = SwitchPort::listen(spec.device, interface, *memory_.at<wl_control>(image_.info().control), memory_, bells_.guest, options_.no_wait, failure);
    if (port == nullptr) return false;
    bells_.outside[index] = &port->bell();
    attachment.port = std::move(port);
    return true;
  }
  attachment.port = make_port(attachment, index, image_.info().interfaces[index], clock_, *observer_, failure);
  return attachment.port != nullptr;
}

bool Run::make_machine(Failure &failure) {
  if (machine_ != nullptr) return true;
  if (options_.backend == Backend::process) {
    machine_ = std::make_unique<ProcessMachine>(image_, memory_, bells_);
    return true;
  }
  if (options_.backend == Backend::qemu) {
    machine_ = std::make_unique<QemuMachine>(image_, options_.image, memory_, bells_, options_.accelerator, stop_requested_);
    return true;
  }
  auto machine = std::make_unique<KvmMachine>(image_, memory_, bells_);
  if (!machine->create(failure)) return false;
  kvm_ = machine.get();
  machine_ = std::move(machine);
  return true;
}

void Run::meet_guest() {
  const wl_image_info &info = image_.info();
  guest_.reset(new Guest{info, memory_.at<wl_control>(info.control), *machine_, bells_, *observer_, GuestLog(info, memory_, *observer_), std::move(attachments_), stop_requested_,
                         clock_, options_.exec_ns});
  if (virtual_time_) stepped_ = std::make_unique<SteppedDriver>(*guest_, driver_options_);
}

// Devices and drivers of these rings are made for each other, and use what both understand, unless it is a driver of the
// guest's own that asked for less.
void Run::agree(wl_control &control) {
  const wl_image_info &info = image_.info();
  if (!machine_->boots_itself()) control.flags |= WL_BARE_FRAMES;
  control.features = kDeviceFeatures;
  for (uint32_t index = 0; index < info.interface_count; index += 1) control.features &= info.interfaces[index].features;
  for (uint32_t index = 0; index < info.interface_count; index += 1) {
    const uint64_t features = machine_->boots_itself() ? machine_->agreed_features(index) : control.features;
    const Agreement agreed{features, (control.flags & WL_BARE_FRAMES) != 0};
    guest_->attachments[index].receive.attach(memory_, info.interfaces[index].receive, agreed);
    guest_->attachments[index].transmit.attach(memory_, info.interfaces[index].transmit, agreed);
  }
}

void Run::set_control() {
  wl_control *const control = memory_.at<wl_control>(image_.info().control);
  clock_.hz = machine_->tsc_hz() != 0 ? machine_->tsc_hz() : measure_tsc_hz(virtual_time_);
  clock_.set_base();
  control->abi_version = WL_ABI_VERSION;
  control->flags = WL_ATTENDED | (virtual_time_ ? WL_CLOCK_VIRTUAL | WL_STEPPED : 0) | (options_.no_wait ? WL_NO_WAIT : 0);
  control->tsc_hz = clock_.hz;
  control->tsc_base = clock_.base + machine_->tsc_offset();
  control->epoch_ns = clock_.epoch_ns;
  control->seed = options_.seed;
  agree(*control);
  if (options_.begin_held) control->stop = WL_STOP_HOLD;
  if (stepped_ != nullptr) control->clock_ns = stepped_->clock();
  // While a driver looks at the rings it needs no kicks.
  for (Attachment &attachment : guest_->attachments) {
    attachment.receive.want_kicks(false);
    attachment.transmit.want_kicks(false);
  }
  __atomic_store_n(&control->magic, WL_CONTROL_MAGIC, __ATOMIC_RELEASE);
  __atomic_store_n(&control->start, 1, __ATOMIC_RELEASE);
}

bool Run::execute(Outcome &outcome, Failure &failure) {
  OwnMemory own_memory;
  const uint64_t start = tsc();
  if (!machine_->start(failure)) return machine_->ended() == Ended::panicked ? panicked(failure) : false;
  if (machine_->boots_itself()) set_control();
  if (options_.control_file >= 0) {
    channel_ = std::make_unique<Channel>(memory_, image_.info(), *machine_, bells_, options_.control_file, options_.begin_held);
    if (!channel_->start(options_.confine, failure)) return false;
  }
  const bool lenders = std::any_of(options_.ports.begin(), options_.ports.end(), [](const PortSpec &spec) { return spec.kind == PortSpec::Kind::vhost_user; });
  if (options_.confine && !confine_driver_thread(lenders, failure)) return false;
  // While the guest starts: faults are dearer to it.
  if (borrows_thread()) memory_.populate(end_of_slots(image_.info(), kSlotsAtStart) & ~uint64_t{WL_PAGE_BYTES - 1}, end_of_slots(image_.info(), kSlotsSoon));
  bool good = await_start(failure);
  ClockDriver by_clock(*guest_, driver_options_);
  if (good) {
    observer_->ready(start_parts());
    outcome.ended = virtual_time_ ? stepped_->drive() : by_clock.drive();
    outcome.elapsed_ns = static_cast<uint64_t>(clock_.ticks_to_ns(static_cast<int64_t>(by_clock.busy_ticks())));
    outcome.cycles = by_clock.busy_ticks();
  }
  const uint64_t elsewhere = machine_->private_bytes();
  outcome.seconds = static_cast<double>(clock_.ticks_to_ns(static_cast<int64_t>(tsc() - start))) / 1e9;
  stop_guest(failure, &good);
  if (channel_ != nullptr && options_.linger && (killed_ || machine_->ended() == Ended::panicked)) channel_->linger(kLingerNsMax);
  channel_.reset();
  if (!virtual_time_) by_clock.take_last_frames();
  for (Attachment &attachment : guest_->attachments) {
    Failure flushing;
    if (attachment.output == nullptr || attachment.output->flush(flushing)) continue;
    if (good) failure = flushing;
    good = false;
  }
  collect(by_clock, outcome);
  outcome.vmm_private_bytes = own_memory.private_bytes(memory_) + elsewhere;
  return good;
}

bool Run::await_start(Failure &failure) {
  const uint64_t before = tsc();
  const uint64_t limit = clock_.ns_to_ticks(kStartNsMax);
  while (__atomic_load_n(&guest_->control->state, __ATOMIC_ACQUIRE) != WL_STATE_RUNNING) {
    if (!guest_->running() || stop_requested_) return true; // the driver will see it
    guest_->log.drain();
    if (tsc() - before > limit) return failure.set("WL5016", "the guest does not start: no sign of it in ten seconds", "Run it with --vmm node to see what its elements do.");
    // No polling: the guest's thread may have to share this processor until the scheduler finds it another.
    const timespec pause = span(kLookNs);
    nanosleep(&pause, nullptr);
  }
  return true;
}

StartParts Run::start_parts() const {
  StartParts parts;
  const uint64_t entry = __atomic_load_n(&guest_->control->tsc_entry, __ATOMIC_RELAXED), ready = __atomic_load_n(&guest_->control->tsc_ready, __ATOMIC_RELAXED);
  if (options_.main_ns == 0 || entry == 0) return parts;
  const auto between = [](uint64_t from, uint64_t to) { return to >= from ? static_cast<double>(to - from) / 1000 : 0; };
  parts.exec_us = between(options_.exec_ns, options_.main_ns);
  parts.image_us = between(options_.main_ns, image_ns_);
  parts.ports_us = between(image_ns_, ports_ns_);
  parts.machine_us = between(ports_ns_, machine_ns_);
  parts.enter_us = between(machine_ns_, static_cast<uint64_t>(clock_.monotonic(entry - machine_->tsc_offset())));
  if (ready > entry) parts.setup_us = static_cast<double>(clock_.ticks_to_ns(static_cast<int64_t>(ready - entry))) / 1000;
  return parts;
}

bool Run::panicked(Failure &failure) {
  observer_->panic(*guest_->control, machine_->registers());
  return failure.set("WL4050", "the appliance panicked", "This is a defect of Wirelet or of an element; the panic's address leads to the line.");
}

// Asks the guest to end, takes what it still sends, and ends it by force if it does not listen.
void Run::stop_guest(Failure &failure, bool *good) {
  wl_control *const control = guest_->control;
  __atomic_store_n(&control->stop, 1, __ATOMIC_SEQ_CST);
  bells_.guest.ring();
  const uint64_t before = tsc();
  const uint64_t limit = clock_.ns_to_ticks(kStopNsMax);
  while (guest_->running() && tsc() - before < limit) {
    guest_->log.drain();
    pollfd bell{bells_.driver.get(), POLLIN, 0};
    const timespec pause = span(kLookNs);
    if (ppoll(&bell, 1, &pause, nullptr) > 0) bells_.driver.silence();
  }
  killed_ = guest_->running();
  if (killed_) machine_->kill();
  machine_->join();
  if (killed_) observer_->stuck(machine_->registers());
  guest_->log.drain();
  const Ended ended = machine_->ended();
  if (ended == Ended::panicked) {
    Failure panic;
    panicked(panic);
    if (*good) failure = panic;
    *good = false;
  } else if (ended == Ended::broken) {
    if (*good) failure = machine_->failure();
    *good = false;
  }
}

// What the TSC makes a second, by the time since the start: better known than before it, if some time has gone by.
uint64_t Run::hz_of_run() const {
  constexpr uint64_t kShortNs = 100000000;
  TscClock end;
  end.set_base();
  const uint64_t nanoseconds = end.monotonic_ns - clock_.monotonic_ns;
  if (nanoseconds < kShortNs) return clock_.hz;
  return static_cast<uint64_t>(static_cast<unsigned __int128>(end.base - clock_.base) * 1000000000u / nanoseconds);
}

void Run::collect(const ClockDriver &driver, Outcome &outcome) const {
  const wl_image_info &info = image_.info();
  const wl_control *const control = guest_->control;
  outcome.boot = guest_->boot();
  outcome.guest_bytes = memory_.bytes();
  const uint64_t hz = hz_of_run();
  for (uint32_t index = 0; index < guest_->attachments.size(); index += 1) {
    const Attachment &attachment = guest_->attachments[index];
    PortOutcome port;
    port.name = attachment.spec.interface;
    port.figures = attachment.figures;
    const wl_interface_counters &guest = control->interfaces[index];
    // What was on the ring when the guest ended was never received.
    const uint64_t taken = guest.rx_packets + guest.rx_drops;
    if (taken < port.figures.rx_packets) {
      port.figures.drops += port.figures.rx_packets - taken;
      port.figures.rx_packets = taken;
      port.figures.rx_bytes = std::min(port.figures.rx_bytes, guest.rx_bytes);
    }
    port.figures.drops += guest.rx_drops + guest.tx_drops + attachment.transmit.malformed();
    port.measured = attachment.spec.kind == PortSpec::Kind::generator;
    port.sent = attachment.figures.rx_packets;
    port.received = attachment.figures.tx_packets;
    if (port.measured && attachment.port != nullptr) port.stream = driver.stream_outcome(*attachment.port, hz);
    outcome.ports.push_back(port);
  }
  const auto *counters = memory_.at<uint64_t>(info.counters);
  for (uint32_t index = 0; index < info.counter_count; index += 1) outcome.counters.push_back(__atomic_load_n(&counters[index], __ATOMIC_RELAXED));
  outcome.trap_count = control->trap_count;
  for (uint64_t index = 0; index < std::min<uint64_t>(outcome.trap_count, WL_TRAP_RECORDS); index += 1) {
    outcome.trap_sites.push_back(control->trap_sites[(outcome.trap_count - 1 - index) % WL_TRAP_RECORDS]);
  }
}

void Run::request_stop() {
  stop_requested_ = true;
  bells_.driver.ring();
}

} // namespace wl
