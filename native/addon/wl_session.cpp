#include "wl_session.h"

#include <csignal>

namespace wl {

namespace {

std::vector<uint64_t> read_counters(const Run &run) {
  const wl_image_info &info = run.info();
  std::vector<uint64_t> values(info.counter_count);
  for (uint32_t core = 0; core < run.cores(); core += 1) {
    const auto *const counters = run.memory(core).at<uint64_t>(run.info(core).counters);
    for (uint32_t index = 0; index < info.counter_count; index += 1) values[index] += __atomic_load_n(&counters[index], __ATOMIC_RELAXED);
  }
  return values;
}

std::vector<wl_interface_counters> read_ports(const Run &run) {
  std::vector<wl_interface_counters> sums(run.info().interface_count);
  for (uint32_t core = 0; core < run.cores(); core += 1) {
    for (uint32_t index = 0; index < sums.size(); index += 1) {
      const wl_interface_counters &one = run.control(core).interfaces[index];
      wl_interface_counters &sum = sums[index];
      sum.rx_packets += one.rx_packets;
      sum.rx_bytes += one.rx_bytes;
      sum.rx_drops += one.rx_drops;
      sum.tx_packets += one.tx_packets;
      sum.tx_bytes += one.tx_bytes;
      sum.tx_drops += one.tx_drops;
    }
  }
  return sums;
}

} // namespace

void Session::start(void (*ended)(void *context), void *context) {
  // Signals are the host program's.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this, ended, context] {
    run();
    ended(context);
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Session::run() {
  auto created = std::make_unique<Run>();
  Run &run = *created;
  Failure failure;
  if (!run.prepare(options_, report_, failure)) return report_.error(failure);
  {
    const std::lock_guard lock(mutex_);
    run_ = std::move(created);
    if (stop_requested_) run.request_stop();
  }
  Outcome outcome;
  const bool good = run.execute(outcome, failure);
  {
    const std::lock_guard lock(mutex_);
    last_counters_ = read_counters(run);
    last_ports_ = read_ports(run);
    run_.reset();
  }
  if (!good) report_.error(failure);
  report_.end(outcome);
}

void Session::stop() {
  const std::lock_guard lock(mutex_);
  stop_requested_ = true;
  if (run_ != nullptr) run_->request_stop();
}

void Session::join() {
  if (thread_.joinable()) thread_.join();
}

std::vector<uint64_t> Session::counters() {
  const std::lock_guard lock(mutex_);
  return run_ != nullptr ? read_counters(*run_) : last_counters_;
}

wl_interface_counters Session::port(uint32_t index) {
  const std::lock_guard lock(mutex_);
  const std::vector<wl_interface_counters> ports = run_ != nullptr ? read_ports(*run_) : last_ports_;
  return index < ports.size() ? ports[index] : wl_interface_counters{};
}

} // namespace wl
