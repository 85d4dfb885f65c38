// Another virtual machine takes a port: its rings stand by, frames wait while the two exchange what they know, and then
// the port turns to it between two batches. And what the last one was given before it ended.
#include <cstdlib>
#include <sys/epoll.h>

#include "../tender/wl_report.h"
#include "wl_switch.h"

namespace wl {

namespace {

constexpr size_t kFlightBytesMax = 48 << 10; // of frames in one answer: it goes through a socket's buffer as a whole

Failure misused(const char *how) {
  Failure failure;
  failure.set("WL4231", std::string("the switch does not understand this use of a port; it is used so: ") + how);
  return failure;
}

std::string hexadecimal(const uint8_t *bytes, uint32_t count) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * size_t{count});
  for (uint32_t index = 0; index < count; index += 1) {
    text += kDigits[bytes[index] >> 4];
    text += kDigits[bytes[index] & 15];
  }
  return text;
}

} // namespace

// Asks for the rings of the virtual machine that is to take the port; `standing` or `failed` is said once they are there.
bool Switch::stand(const std::vector<std::string> &words, const std::string &target, Failure &failure) {
  if (words.size() < 3) {
    failure = misused("stand PORT SOCKET");
    return false;
  }
  const uint32_t index = fabric_.find_member(words[1]);
  if (index == Fabric::kNobody) return failure.set("WL4232", "there is no port " + words[1]);
  std::unique_ptr<RingLink> ring = RingLink::ask(target, failure);
  if (ring == nullptr) return false;
  watch(Source::lifeline, index | kStanding, ring->lifeline());
  awaited_[index | kStanding] = std::move(ring);
  return true;
}

void Switch::hear_standing(uint32_t index, uint32_t events) {
  const Member *const member = fabric_.member(index);
  const auto awaited = awaited_.find(index | kStanding);
  if (awaited == awaited_.end()) {
    // It ended before its turn came.
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) standing_.erase(index);
    return;
  }
  std::unique_ptr<RingLink> link = std::move(awaited->second);
  awaited_.erase(awaited);
  if (member == nullptr) return;
  Failure failure;
  Json standing("standing"), failed("failed");
  if (!link->meet(failure)) return tell(failed.string("port", member->name).string("code", failure.code).string("message", failure.message).line());
  standing_[index] = std::move(link);
  tell(standing.string("port", member->name).line());
}

bool Switch::find_ports(const std::vector<std::string> &words, std::vector<uint32_t> &found, Failure &failure) const {
  for (size_t at = 1; at < words.size(); at += 1) {
    const uint32_t index = fabric_.find_member(words[at]);
    if (index == Fabric::kNobody) return failure.set("WL4232", "there is no port " + words[at]);
    found.push_back(index);
  }
  return true;
}

// All frames that went to these ports before are theirs; all that come from now on wait.
bool Switch::park(const std::vector<std::string> &words, Failure &failure) {
  std::vector<uint32_t> ports;
  if (!find_ports(words, ports, failure)) return false;
  fabric_.flush();
  for (const uint32_t index : ports) {
    fabric_.park(index);
    wake(index);
  }
  return true;
}

// Frames that waited go on: to the machines that stood by, all ports at once, or to those that are there.
bool Switch::let_go(const std::vector<std::string> &words, bool turn, Failure &failure) {
  std::vector<uint32_t> ports;
  if (!find_ports(words, ports, failure)) return false;
  for (const uint32_t index : ports) {
    if (turn && standing_.count(index) == 0) return failure.set("WL4232", "nobody stands by to take port " + fabric_.member(index)->name);
  }
  for (const uint32_t index : ports) {
    if (turn) {
      std::unique_ptr<RingLink> link = std::move(standing_[index]);
      epoll_event event{};
      event.events = EPOLLIN | EPOLLRDHUP;
      event.data.u64 = static_cast<uint64_t>(Source::lifeline) << 32 | index;
      epoll_ctl(events_.get(), EPOLL_CTL_MOD, link->lifeline(), &event);
      if (fabric_.member(index)->link != nullptr) fabric_.drain(index, now_ns_);
      attach(index, std::move(link), false);
    }
    standing_.erase(index);
    fabric_.let_go(index);
    wake(index);
  }
  return true;
}

// The last frames that a virtual machine was given which is not at the port any more, from that numbered FIRST.
std::string Switch::flight(const std::vector<std::string> &words) {
  const uint32_t index = words.size() == 3 ? fabric_.find_member(words[1]) : Fabric::kNobody;
  if (index == Fabric::kNobody) {
    const Failure failure = misused("flight PORT FIRST");
    Json json("error");
    return json.string("code", failure.code).string("message", failure.message).string("hint", failure.hint).line();
  }
  const FlightRecord *const record = fabric_.member(index)->past_flight.get();
  const uint64_t count = record == nullptr ? 0 : record->count();
  uint64_t next = std::max<uint64_t>(strtoull(words[2].c_str(), nullptr, 10), record == nullptr ? 0 : count - record->kept());
  Json json("flight");
  json.number("count", count).number("first", next).open("frames", '[');
  for (size_t bytes = 0; next < count && bytes < kFlightBytesMax; next += 1) {
    const FlightRecord::Entry &entry = record->entry(next);
    json.open('{').number("at_ns", entry.at_ns).number("length", entry.length).string("data", hexadecimal(entry.data, entry.kept)).close('}');
    bytes += entry.kept + 64;
  }
  return json.close(']').line();
}

} // namespace wl
