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
#include "wl_thread.h"

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
  driver_options_ = {options.until_idle, options.duration_ns, options.no_wait, host_processors()};
  if (!bell_.create()) return failure.set("WL5013", "no event descriptors: " + reason(errno));
  while (processors_.size() < options.cores) {
    if (!add_processor(failure)) return false;
  }
  image_ns_ = clock_ns(CLOCK_MONOTONIC);
  if (!attach_ports(failure)) return false;
  ports_ns_ = clock_ns(CLOCK_MONOTONIC);
  for (const auto &processor : processors_) {
    if (!make_machine(*processor, failure)) return false;
  }
  machine_ns_ = clock_ns(CLOCK_MONOTONIC);
  if (!meet_guest(failure)) return false;
  if (!first_machine().boots_itself()) set_control();
  return true;
}

void Run::lend_thread() { lender_->live(); }

bool Run::add_processor(Failure &failure) {
  const auto core = static_cast<uint32_t>(processors_.size());
  Processor &processor = *processors_.emplace_back(std::make_unique<Processor>());
  Bells &bells = processor.bells;
  if (!bells.guest.create() || !bells.driver.share(bell_)) return failure.set("WL5013", "no event descriptors: " + reason(errno));
  return load_image(processor, core, failure);
}

// Image and memory; an appliance within this process is loaded with its machine.
bool Run::load_image(Processor &processor, uint32_t core, Failure &failure) {
  Image &image = processor.image;
  GuestMemory &memory = processor.memory;
  if (options_.backend == Backend::native) {
    const wl_image_info *info = nullptr;
    processor.machine = options_.load_native(options_.image, processor.bells, &info, failure);
    if (processor.machine == nullptr || !image.describe(*info, options_.image, failure)) return false;
    memory.adopt(image.info(), reinterpret_cast<uint8_t *>(image.info().base));
    return true;
  }
  if (!image.open(options_.image, failure)) return false;
  if (options_.backend == Backend::qemu) return memory.create_file(image.info(), options_.shared_file, QemuMachine::firmware_bytes(options_.qemu.kind), failure);
  const Sharing sharing = options_.backend == Backend::process ? Sharing::processes : Sharing::threads;
  const bool lent = std::any_of(options_.ports.begin(), options_.ports.end(), [](const PortSpec &spec) { return spec.kind == PortSpec::Kind::ring; });
  if (!memory.create(image.info(), sharing, options_.shared_file, failure, lent, core)) return false;
  if (sharing == Sharing::threads) memory.populate(memory.base(), end_of_slots(image.info(), kSlotsAtStart));
  return image.load(memory.at(memory.base()), failure);
}

bool Run::attach_ports(Failure &failure) {
  const wl_image_info &info = this->info();
  attachments_.resize(info.interface_count);
  for (uint32_t index = 0; index < info.interface_count; index += 1) {
    const wl_interface_info &interface = info.interfaces[index];
    Attachment &attachment = attachments_[index];
    attachment.spec.interface = interface.name;
    attachment.receives = interface.receives != 0;
    attachment.receive.resize(processors_.size());
    attachment.transmit.resize(processors_.size());
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
    Processor &only = *processors_.front();
    auto port = SwitchPort::listen(spec.device, info().interfaces[index], *only.memory.at<wl_control>(info().control), only.memory, only.bells.guest, options_.no_wait, failure);
    if (port == nullptr) return false;
    only.bells.outside[index] = &port->bell();
    attachment.port = std::move(port);
    return true;
  }
  attachment.port = make_port(attachment, index, info().interfaces[index], clock_, *observer_, failure);
  return attachment.port != nullptr;
}

bool Run::make_machine(Processor &processor, Failure &failure) {
  auto &[image, memory, bells, machine] = processor;
  if (machine != nullptr) return true;
  if (options_.backend == Backend::process) {
    machine = std::make_unique<ProcessMachine>(image, memory, bells);
    return true;
  }
  if (options_.backend == Backend::qemu) {
    machine = std::make_unique<QemuMachine>(image, options_.image, memory, bells, options_.qemu, stop_requested_);
    return true;
  }
  auto made = std::make_unique<KvmMachine>(image, memory, bells);
  const bool first = lender_ == nullptr;
  if (first ? !made->create(failure) : !made->create_apart(failure)) return false;
  if (first) lender_ = made.get();
  machine = std::move(made);
  return true;
}

bool Run::meet_guest(Failure &failure) {
  std::vector<Core> cores;
  for (const auto &processor : processors_) {
    auto &[image, memory, bells, machine] = *processor;
    cores.push_back({memory.at<wl_control>(image.info().control), *machine, bells, GuestLog(image.info(), memory, *observer_)});
  }
  const Steering steering(options_.seed, this->cores(), options_.steer_by, options_.steer_answers, options_.steer_teaches);
  guest_.reset(new Guest{std::move(cores), steering, *observer_, std::move(attachments_), stop_requested_, clock_, options_.exec_ns});
  if (virtual_time_) {
    stepped_ = std::make_unique<SteppedDriver>(*guest_, driver_options_);
    return true;
  }
  if (this->cores() == 1) return true;
  for (uint32_t index = 0; index < guest_->attachments.size(); index += 1) {
    Attachment &attachment = guest_->attachments[index];
    if (attachment.receives && (attachment.spreader = Spreader::create(steering, index, attachment.receive, failure)) == nullptr) return false;
  }
  return true;
}

// Devices and drivers of these rings are made for each other, and use what both understand, unless it is a driver of the
// guest's own that asked for less.
void Run::agree(wl_control &control, uint32_t core) {
  const wl_image_info &info = this->info(core);
  const bool boots_itself = first_machine().boots_itself();
  if (!boots_itself) control.flags |= WL_BARE_FRAMES;
  control.features = kDeviceFeatures;
  for (uint32_t index = 0; index < info.interface_count; index += 1) control.features &= info.interfaces[index].features;
  for (uint32_t index = 0; index < info.interface_count; index += 1) {
    const uint64_t features = boots_itself ? first_machine().agreed_features(index) : control.features;
    const Agreement agreed{features, (control.flags & WL_BARE_FRAMES) != 0};
    guest_->attachments[index].receive[core].attach(memory(core), info.interfaces[index].receive, agreed);
    guest_->attachments[index].transmit[core].attach(memory(core), info.interfaces[index].transmit, agreed);
  }
}

void Run::set_control() {
  clock_.hz = first_machine().tsc_hz() != 0 ? first_machine().tsc_hz() : measure_tsc_hz(virtual_time_);
  clock_.set_base();
  for (uint32_t core = 0; core < cores(); core += 1) set_control(core);
}

void Run::set_control(uint32_t core) {
  wl_control *const control = guest_->cores[core].control;
  control->abi_version = WL_ABI_VERSION;
  const bool others = std::any_of(options_.ports.begin(), options_.ports.end(), [](const PortSpec &spec) { return spec.kind == PortSpec::Kind::ring; });
  control->flags = WL_ATTENDED | (virtual_time_ ? WL_CLOCK_VIRTUAL | WL_STEPPED : 0) | (options_.no_wait ? WL_NO_WAIT : 0) | (others ? WL_AMONG_OTHERS : 0);
  control->tsc_hz = clock_.hz;
  control->tsc_base = clock_.base + guest_->cores[core].machine.tsc_offset();
  control->epoch_ns = clock_.epoch_ns;
  control->seed = options_.seed;
  control->core = core;
  control->cores = cores();
  agree(*control, core);
  if (options_.begin_held) control->stop = WL_STOP_HOLD;
  if (stepped_ != nullptr) control->clock_ns = stepped_->clock();
  // While a driver looks at the rings it needs no kicks.
  for (Attachment &attachment : guest_->attachments) {
    attachment.receive[core].want_kicks(false);
    attachment.transmit[core].want_kicks(false);
  }
  __atomic_store_n(&control->magic, WL_CONTROL_MAGIC, __ATOMIC_RELEASE);
  __atomic_store_n(&control->start, 1, __ATOMIC_RELEASE);
}

bool Run::start_machines(Failure &failure) {
  for (const Core &core : guest_->cores) {
    if (!core.machine.start(failure)) return core.machine.ended() == Ended::panicked ? panicked(core, failure) : false;
  }
  return true;
}

bool Run::open_channel(Failure &failure) {
  if (options_.control_file < 0) return true;
  std::vector<Channel::End> ends;
  for (const auto &processor : processors_) ends.push_back({processor->memory, processor->memory.at<wl_control>(processor->image.info().control), *processor->machine, processor->bells});
  channel_ = std::make_unique<Channel>(std::move(ends), options_.control_file, options_.begin_held);
  return channel_->start(options_.confine, failure);
}

bool Run::execute(Outcome &outcome, Failure &failure) {
  OwnMemory own_memory;
  const uint64_t start = tsc();
  if (!start_machines(failure)) return false;
  if (first_machine().boots_itself()) set_control();
  if (!open_channel(failure)) return false;
  const bool lenders = std::any_of(options_.ports.begin(), options_.ports.end(), [](const PortSpec &spec) { return spec.kind == PortSpec::Kind::vhost_user; });
  if (options_.confine && !confine_driver_thread(lenders, failure)) return false;
  // While the guest starts: faults are dearer to it.
  for (const auto &processor : processors_) {
    if (borrows_thread()) processor->memory.populate(end_of_slots(info(), kSlotsAtStart) & ~uint64_t{WL_PAGE_BYTES - 1}, end_of_slots(info(), kSlotsSoon));
  }
  bool good = await_start(failure);
  ClockDriver by_clock(*guest_, driver_options_);
  if (good) {
    observer_->ready(start_parts());
    outcome.ended = virtual_time_ ? stepped_->drive() : by_clock.drive();
    outcome.elapsed_ns = static_cast<uint64_t>(clock_.ticks_to_ns(static_cast<int64_t>(by_clock.busy_ticks())));
    outcome.cycles = by_clock.busy_ticks();
  }
  uint64_t elsewhere = 0;
  for (const Core &core : guest_->cores) elsewhere += core.machine.private_bytes();
  outcome.seconds = static_cast<double>(clock_.ticks_to_ns(static_cast<int64_t>(tsc() - start))) / 1e9;
  stop_guest(failure, &good);
  const bool faulted = killed_ || std::any_of(guest_->cores.begin(), guest_->cores.end(), [](const Core &core) { return core.machine.ended() == Ended::panicked; });
  if (channel_ != nullptr && options_.linger && faulted) channel_->linger(kLingerNsMax);
  channel_.reset();
  if (!virtual_time_) by_clock.take_last_frames();
  for (Attachment &attachment : guest_->attachments) {
    Failure flushing;
    if (attachment.output == nullptr || attachment.output->flush(flushing)) continue;
    if (good) failure = flushing;
    good = false;
  }
  collect(by_clock, outcome);
  outcome.vmm_private_bytes = own_memory.private_bytes(memory()) + elsewhere;
  return good;
}

bool Run::await_start(Failure &failure) {
  const uint64_t before = tsc();
  const uint64_t limit = clock_.ns_to_ticks(kStartNsMax);
  const auto runs = [](const Core &core) { return __atomic_load_n(&core.control->state, __ATOMIC_ACQUIRE) == WL_STATE_RUNNING; };
  while (!std::all_of(guest_->cores.begin(), guest_->cores.end(), runs)) {
    if (!guest_->running() || stop_requested_) return true; // the driver will see it
    guest_->drain_logs();
    if (tsc() - before > limit) return failure.set("WL5016", "the guest does not start: no sign of it in ten seconds", "Run it with --vmm node to see what its elements do.");
    // No polling: the guest's thread may have to share this processor until the scheduler finds it another.
    const timespec pause = span(kLookNs);
    nanosleep(&pause, nullptr);
  }
  return true;
}

StartParts Run::start_parts() const {
  StartParts parts;
  const Core &first = guest_->cores.front();
  const uint64_t entry = __atomic_load_n(&first.control->tsc_entry, __ATOMIC_RELAXED), ready = __atomic_load_n(&first.control->tsc_ready, __ATOMIC_RELAXED);
  if (options_.main_ns == 0 || entry == 0) return parts;
  const auto between = [](uint64_t from, uint64_t to) { return to >= from ? static_cast<double>(to - from) / 1000 : 0; };
  parts.exec_us = between(options_.exec_ns, options_.main_ns);
  parts.image_us = between(options_.main_ns, image_ns_);
  parts.ports_us = between(image_ns_, ports_ns_);
  parts.machine_us = between(ports_ns_, machine_ns_);
  parts.enter_us = between(machine_ns_, static_cast<uint64_t>(clock_.monotonic(entry - first.machine.tsc_offset())));
  if (ready > entry) parts.setup_us = static_cast<double>(clock_.ticks_to_ns(static_cast<int64_t>(ready - entry))) / 1000;
  return parts;
}

bool Run::panicked(const Core &core, Failure &failure) {
  observer_->panic(*core.control, core.machine.registers());
  return failure.set("WL4050", "the appliance panicked", "This is a defect of Wirelet or of an element; the panic's address leads to the line.");
}

// Asks the guest to end, takes what it still sends, and ends it by force if it does not listen.
void Run::stop_guest(Failure &failure, bool *good) {
  for (const Core &core : guest_->cores) {
    __atomic_store_n(&core.control->stop, 1, __ATOMIC_SEQ_CST);
    core.bells.guest.ring();
  }
  const uint64_t before = tsc();
  const uint64_t limit = clock_.ns_to_ticks(kStopNsMax);
  const auto runs = [](const Core &core) { return core.machine.ended() == Ended::running; };
  while (std::any_of(guest_->cores.begin(), guest_->cores.end(), runs) && tsc() - before < limit) {
    guest_->drain_logs();
    pollfd bell{guest_->bell().get(), POLLIN, 0};
    const timespec pause = span(kLookNs);
    if (ppoll(&bell, 1, &pause, nullptr) > 0) guest_->bell().silence();
  }
  for (Core &core : guest_->cores) end_core(core, failure, good);
}

void Run::end_core(Core &core, Failure &failure, bool *good) {
  const bool stuck = core.machine.ended() == Ended::running;
  if (stuck) core.machine.kill();
  core.machine.join();
  if (stuck) observer_->stuck(core.machine.registers());
  killed_ |= stuck;
  core.log.drain();
  const Ended ended = core.machine.ended();
  if (ended == Ended::panicked) {
    Failure panic;
    panicked(core, panic);
    if (*good) failure = panic;
    *good = false;
  } else if (ended == Ended::broken) {
    if (*good) failure = core.machine.failure();
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
  outcome.boot = guest_->boot();
  const uint64_t hz = hz_of_run();
  for (uint32_t index = 0; index < guest_->attachments.size(); index += 1) collect_port(guest_->attachments[index], index, driver, hz, outcome);
  outcome.counters.resize(info().counter_count);
  for (uint32_t core = 0; core < cores(); core += 1) {
    outcome.guest_bytes += memory(core).bytes();
    const auto *counters = memory(core).at<uint64_t>(info(core).counters);
    for (uint32_t index = 0; index < outcome.counters.size(); index += 1) outcome.counters[index] += __atomic_load_n(&counters[index], __ATOMIC_RELAXED);
    const wl_control &control = this->control(core);
    outcome.trap_count += control.trap_count;
    for (uint64_t index = 0; index < std::min<uint64_t>(control.trap_count, WL_TRAP_RECORDS); index += 1) {
      outcome.trap_sites.push_back(control.trap_sites[(control.trap_count - 1 - index) % WL_TRAP_RECORDS]);
    }
  }
}

void Run::collect_port(const Attachment &attachment, uint32_t index, const ClockDriver &driver, uint64_t hz, Outcome &outcome) const {
  PortOutcome port;
  port.name = attachment.spec.interface;
  port.figures = attachment.figures;
  uint64_t taken = 0, taken_bytes = 0;
  for (uint32_t core = 0; core < cores(); core += 1) {
    const wl_interface_counters &guest = control(core).interfaces[index];
    taken += guest.rx_packets + guest.rx_drops;
    taken_bytes += guest.rx_bytes;
    port.figures.drops += guest.rx_drops + guest.tx_drops + attachment.transmit[core].malformed();
  }
  if (attachment.spreader != nullptr) taken -= std::min(taken, attachment.spreader->copies());
  // What was on the ring when the guest ended was never received.
  if (taken < port.figures.rx_packets) {
    port.figures.drops += port.figures.rx_packets - taken;
    port.figures.rx_packets = taken;
    port.figures.rx_bytes = std::min(port.figures.rx_bytes, taken_bytes);
  }
  port.measured = attachment.spec.kind == PortSpec::Kind::generator;
  port.sent = attachment.figures.rx_packets;
  port.received = attachment.figures.tx_packets;
  if (port.measured && attachment.port != nullptr) port.stream = driver.stream_outcome(*attachment.port, hz);
  outcome.ports.push_back(port);
}

void Run::request_stop() {
  stop_requested_ = true;
  bell_.ring();
}

} // namespace wl
