#include "wl_switch.h"

#include <algorithm>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "../tender/wl_report.h"
#include "../tender/wl_tsc.h"

namespace wl {

namespace {

constexpr uint64_t kPollNs = 20000; // without a frame before a port is left to wake us
constexpr uint64_t kWakeNs = 150000; // more, after a machine that slept was woken
constexpr uint32_t kLoopsBetweenEvents = 16;
constexpr size_t kLineBytesMax = 4096;
constexpr uint32_t kClientsMax = 64;
constexpr size_t kOutputBytesMax = 16 << 20; // figures of 4,096 appliances are a few MiB

} // namespace

bool Switch::listen(const std::string &path, Failure &failure) {
  const auto failed = [&](const char *what) {
    return failure.set("WL4230", "the switch cannot listen at " + path + ": " + what + ": " + reason(errno), "Another switch may have it; choose another path.");
  };
  events_.reset(epoll_create1(EPOLL_CLOEXEC));
  listener_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return failure.set("WL4230", "the path of the switch's socket has 1 to 107 characters: " + path);
  memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const mode_t before = umask(0077);
  const int bound = bind(listener_.get(), reinterpret_cast<sockaddr *>(&address), sizeof address);
  umask(before);
  if (bound != 0) return failed("bind");
  if (::listen(listener_.get(), 16) != 0) return failed("listen");
  return watch(Source::listener, 0, listener_.get()) || failed("epoll");
}

bool Switch::serve(const volatile sig_atomic_t &stop, Failure &) {
  uint32_t loops = 0;
  while (!stop && !quit_) {
    now_ns_ = clock_ns(CLOCK_MONOTONIC);
    const bool worked = tend_ports();
    fabric_.flush([this](uint32_t index) { await(index); });
    loops += 1;
    // A look at events is a system call: it would be most of the time of a round without frames, which then wait for it.
    if (active_.empty() || loops % kLoopsBetweenEvents == 0) take_events(active_.empty() ? -1 : 0);
    if (worked || active_.empty()) continue;
    // Whoever we wait for may have to share this processor with us.
    if (loops % kLoopsBetweenEvents == 0) sched_yield();
    else __builtin_ia32_pause();
  }
  return true;
}

bool Switch::watch(Source source, uint32_t index, int descriptor) {
  epoll_event event{};
  // Of frames we only want to know that more have come; commands are read when there is time.
  event.events = source == Source::frames ? EPOLLIN | EPOLLET : source == Source::lifeline ? EPOLLIN | EPOLLRDHUP : EPOLLIN;
  event.data.u64 = static_cast<uint64_t>(source) << 32 | index;
  return epoll_ctl(events_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Switch::take_events(int timeout_ms) {
  epoll_event events[256];
  const int count = epoll_wait(events_.get(), events, 256, timeout_ms);
  if (count > 0) now_ns_ = clock_ns(CLOCK_MONOTONIC);
  for (int at = 0; at < count; at += 1) {
    const auto index = static_cast<uint32_t>(events[at].data.u64);
    switch (static_cast<Source>(events[at].data.u64 >> 32)) {
      case Source::listener: accept_client(); break;
      case Source::client: hear_client(index); break;
      case Source::lifeline: hear_lifeline(index, events[at].events); break;
      case Source::frames: {
        if (fabric_.member(index) == nullptr) break;
        wake(index);
        // A kick may mean that there is room again for what waits at a wire's other end.
        const uint32_t peer = fabric_.peer(index);
        if (peer != Fabric::kNobody && fabric_.member(peer)->blocked) wake(peer);
        break;
      }
    }
  }
}

// ---- ports -----------------------------------------------------------------------------------------------------

bool Switch::tend_ports() {
  bool worked = false;
  for (size_t at = 0; at < active_.size();) {
    const uint32_t index = active_[at];
    Member *const member = fabric_.member(index);
    const bool active = member != nullptr && member->active;
    const bool moved = active && fabric_.tend(index, now_ns_) > 0;
    if (__builtin_expect(active && member->link != nullptr && member->link->fault() != nullptr, 0)) stop(index);
    if (moved) {
      member->last_work_ns = now_ns_;
      worked = true;
    } else if (member == nullptr || !member->active || (now_ns_ > member->last_work_ns + kPollNs && rest(index))) {
      active_[at] = active_.back();
      active_.pop_back();
      continue;
    }
    at += 1;
  }
  return worked;
}

// Leaves a port to wake us when it has something; false: it has.
bool Switch::rest(uint32_t index) {
  Member &member = *fabric_.member(index);
  if (member.parked != nullptr) return false;
  if (member.blocked && fabric_.expects_peer(index)) {
    // Who comes there wakes us.
  } else if (member.blocked) {
    const uint32_t peer = fabric_.peer(index);
    Member *const end = peer == Fabric::kNobody ? nullptr : fabric_.member(peer);
    if (end == nullptr || end->link == nullptr || end->parked != nullptr || !end->link->arm(true)) return false;
  } else if (member.link != nullptr && !member.link->arm(false)) {
    return false;
  }
  member.active = false;
  return true;
}

void Switch::wake(uint32_t index) {
  Member &member = *fabric_.member(index);
  member.last_work_ns = now_ns_;
  if (member.active) return;
  member.active = true;
  if (member.link != nullptr) member.link->disarm();
  if (std::find(active_.begin(), active_.end(), index) == active_.end()) active_.push_back(index);
}

// A virtual machine that slept was woken: it answers soon, and its kick would cost as much again as waking it.
void Switch::await(uint32_t index) {
  wake(index);
  fabric_.member(index)->last_work_ns = now_ns_ + kWakeNs;
}

void Switch::wake_with_peer(uint32_t index) {
  wake(index);
  const uint32_t peer = fabric_.peer(index);
  if (peer != Fabric::kNobody) wake(peer);
}

// The other side of a port has come or gone, or has done what it must not.
void Switch::check(uint32_t index, bool was_there) {
  Member &member = *fabric_.member(index);
  if (member.link->fault() != nullptr) return stop(index);
  if (member.link->there() == was_there) return;
  if (was_there) fabric_.forget(index);
  else member.stopped.clear();
  wake_with_peer(index);
  Json json(was_there ? "away" : "attached");
  tell(json.string("port", member.name).line());
}

// Its other side cannot be believed any more. The others go on.
void Switch::stop(uint32_t index) {
  Member &member = *fabric_.member(index);
  member.stopped = member.link->fault();
  if (member.link->recover()) fabric_.forget(index);
  else fabric_.set_link(index, nullptr, true);
  const uint32_t peer = fabric_.peer(index);
  if (peer != Fabric::kNobody) wake(peer);
  Json json("stopped");
  tell(json.string("port", member.name).string("reason", member.stopped).line());
}

void Switch::attach(uint32_t index, std::unique_ptr<Link> link, bool forget) {
  Member &member = *fabric_.member(index);
  watch(Source::frames, index, link->descriptor());
  if (link->tended()) watch(Source::lifeline, index, link->lifeline());
  const bool there = link->there();
  // What came to the old link is taken first, and what went to it is handed over.
  if (member.link != nullptr) fabric_.tend(index, now_ns_);
  fabric_.flush();
  fabric_.set_link(index, std::move(link), forget);
  member.active = member.awaited = false;
  member.stopped.clear();
  wake_with_peer(index);
  if (!there) return;
  Json json("attached");
  tell(json.string("port", member.name).line());
}

// A virtual machine says which rings it has, or has ended.
void Switch::hear_lifeline(uint32_t index, uint32_t events) {
  if ((index & kStanding) != 0) return hear_standing(index & ~kStanding, events);
  const auto awaited = awaited_.find(index);
  if (awaited != awaited_.end()) {
    std::unique_ptr<RingLink> link = std::move(awaited->second);
    awaited_.erase(awaited);
    Failure failure;
    if (link->meet(failure)) return attach(index, std::move(link), false);
    fabric_.member(index)->awaited = false;
    wake_with_peer(index);
    Json json("failed");
    tell(json.string("port", fabric_.member(index)->name).string("code", failure.code).string("message", failure.message).line());
    return;
  }
  Member *const member = fabric_.member(index);
  if (member != nullptr && member->link != nullptr && member->link->tended()) {
    const bool there = member->link->there();
    member->link->hear();
    return check(index, there);
  }
  if (member == nullptr || member->link == nullptr || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return;
  fabric_.set_link(index, nullptr, true);
  // Who waits for room there waits no longer.
  const uint32_t peer = fabric_.peer(index);
  if (peer != Fabric::kNobody) wake(peer);
  Json json("away");
  tell(json.string("port", member->name).line());
}

// ---- clients ---------------------------------------------------------------------------------------------------

void Switch::accept_client() {
  Descriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.open() || clients_.size() >= kClientsMax) return;
  const uint32_t index = next_client_++;
  if (!watch(Source::client, index, socket.get())) return;
  clients_[index].socket = std::move(socket);
}

void Switch::hear_client(uint32_t index) {
  const auto found = clients_.find(index);
  if (found == clients_.end()) return;
  Client &client = found->second;
  if (!client.output.empty()) answer_client(index, "");
  char bytes[4096];
  const ssize_t got = read(client.socket.get(), bytes, sizeof bytes);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got > 0) client.input.append(bytes, static_cast<size_t>(got));
  std::string answer;
  for (size_t end; (end = client.input.find('\n')) != std::string::npos;) {
    const std::string line = client.input.substr(0, end);
    client.input.erase(0, end + 1);
    answer += obey(line);
  }
  if (got <= 0 || client.input.size() > kLineBytesMax) clients_.erase(index);
  else if (!answer.empty()) answer_client(index, answer);
}

// Sends as much as the client takes; the rest goes when it takes more. One that leaves too much lying there is hung up on,
// and forgotten when that is heard.
void Switch::answer_client(uint32_t index, const std::string &text) {
  Client &client = clients_[index];
  client.output += text;
  const ssize_t sent = send(client.socket.get(), client.output.data(), client.output.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) client.output.erase(0, static_cast<size_t>(sent));
  if ((sent < 0 && errno != EAGAIN && errno != EINTR) || client.output.size() > kOutputBytesMax) {
    client.output.clear();
    shutdown(client.socket.get(), SHUT_RDWR);
  }
  epoll_event event{};
  event.events = client.output.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT;
  event.data.u64 = static_cast<uint64_t>(Source::client) << 32 | index;
  epoll_ctl(events_.get(), EPOLL_CTL_MOD, client.socket.get(), &event);
}

// An event is for all who listen.
void Switch::tell(const std::string &line) {
  for (const auto &[index, client] : clients_) answer_client(index, line);
}

} // namespace wl
