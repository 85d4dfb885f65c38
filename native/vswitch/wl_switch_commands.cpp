#include <algorithm>
#include <cstdlib>

#include "../tender/wl_report.h"
#include "../tender/wl_tsc.h"
#include "wl_packet_link.h"
#include "wl_port_link.h"
#include "wl_switch.h"
#include "wl_tap_link.h"
#include "wl_vhost_link.h"
#include "wl_xdp_link.h"

namespace wl {

namespace {

bool read_number(const std::string &text, uint64_t most, uint64_t *value) {
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos) return false;
  *value = strtoull(text.c_str(), nullptr, 10);
  return *value <= most;
}

bool wrong(const std::string &what, Failure &failure) {
  return failure.set("WL4231", "the switch does not understand: " + what, "network NAME switch|wire AGEING_S FLOOD_PPS; port NAME NETWORK VLANS KIND TARGET; remove PORT; stand PORT TARGET; park PORT...; turn PORT...; unpark PORT...; flight PORT FIRST; stream PORT; figures; quit");
}

// `-`, `access:N`, `trunk:N,N-N,...`.
bool read_vlans(const std::string &text, Vlans &vlans) {
  if (text == "-") return true;
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return false;
  vlans.mode = text.compare(0, colon, "access") == 0 ? Vlans::Mode::access : Vlans::Mode::trunk;
  if (vlans.mode == Vlans::Mode::trunk && text.compare(0, colon, "trunk") != 0) return false;
  for (size_t at = colon + 1, end; at <= text.size(); at = end + 1) {
    end = std::min(text.find(',', at), text.size());
    const std::string range = text.substr(at, end - at);
    const size_t dash = std::min(range.find('-'), range.size());
    uint64_t first, last;
    if (!read_number(range.substr(0, dash), 4094, &first) || first == 0) return false;
    last = first;
    if (dash < range.size() && (!read_number(range.substr(dash + 1), 4094, &last) || last < first)) return false;
    for (uint64_t id = first; id <= last; id += 1) vlans.trunk.set(id);
    vlans.access = static_cast<uint16_t>(first);
  }
  return vlans.mode == Vlans::Mode::trunk || vlans.trunk.count() == 1;
}

constexpr const char *kKinds[] = {"ring", "tap", "packet", "xdp", "vhost-user", "pcap", "gen", "null"};

// The other side of a port of any kind but ring.
std::unique_ptr<Link> open_link(const std::string &kind, const std::string &target, Failure &failure) {
  if (kind == "tap") return TapLink::open(target, failure);
  if (kind == "packet") return PacketLink::open(target, failure);
  if (kind == "xdp") return XdpLink::open(target, failure);
  if (kind != "vhost-user") return PortLink::open(kind + ":" + target, failure);
  VhostPlace place;
  std::string why;
  if (read_vhost_place(target, place, why)) return VhostLink::open(place, failure);
  wrong(target + ": " + why, failure);
  return nullptr;
}

std::vector<std::string> words_of(const std::string &line) {
  std::vector<std::string> words;
  for (size_t at = 0; at < line.size();) {
    const size_t end = std::min(line.find(' ', at), line.size());
    if (end > at) words.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

} // namespace

std::string Switch::obey(const std::string &line) {
  const std::vector<std::string> words = words_of(line);
  const std::string command = words.empty() ? "" : words[0];
  if (command == "figures") return figures();
  if (command == "flight") return flight(words);
  if (command == "stream" && words.size() == 2) return stream(words[1]);
  Failure failure;
  bool good = false;
  if (command == "network") good = make_network(words, failure);
  else if (command == "port") {
    // The last word is a path, which may have spaces.
    size_t at = 0;
    for (int skip = 0; skip < 5 && at != std::string::npos; skip += 1) at = line.find(' ', at == 0 ? 0 : at + 1);
    good = make_port(words, at == std::string::npos ? "" : line.substr(at + 1), failure);
  } else if (command == "remove") good = remove_port(words, failure);
  else if (command == "stand") {
    const size_t at = line.find(' ', line.find(' ') + 1);
    good = stand(words, at == std::string::npos ? "" : line.substr(at + 1), failure);
  } else if (command == "park") good = park(words, failure);
  else if (command == "turn" || command == "unpark") good = let_go(words, command == "turn", failure);
  else if (command == "quit") good = quit_ = true;
  else wrong(line.substr(0, 100), failure);
  if (good) return Json("done").line();
  Json json("error");
  return json.string("code", failure.code).string("message", failure.message).string("hint", failure.hint).line();
}

bool Switch::make_network(const std::vector<std::string> &words, Failure &failure) {
  uint64_t age = 0, rate = 0;
  if (words.size() != 5 || (words[2] != "switch" && words[2] != "wire") || !read_number(words[3], 1000000, &age) || !read_number(words[4], 1000000000, &rate)) {
    return wrong("network", failure);
  }
  if (fabric_.find_network(words[1]) != Fabric::kNobody) return failure.set("WL4232", "there is a network " + words[1] + " already");
  fabric_.add_network(words[1], words[2] == "wire", age * 1000000000u, rate);
  return true;
}

bool Switch::make_port(const std::vector<std::string> &words, const std::string &target, Failure &failure) {
  Vlans vlans;
  if (words.size() < 6 || !read_vlans(words[3], vlans) || std::find(std::begin(kKinds), std::end(kKinds), words[4]) == std::end(kKinds)) return wrong("port", failure);
  const uint32_t network = fabric_.find_network(words[2]);
  if (network == Fabric::kNobody) return failure.set("WL4232", "there is no network " + words[2]);
  const uint32_t known = fabric_.find_member(words[1]);
  if (known != Fabric::kNobody && fabric_.member(known)->network != network) return failure.set("WL4232", "port " + words[1] + " is in another network");
  if (known == Fabric::kNobody && fabric_.network(network).wire && fabric_.network(network).members.size() >= 2) return failure.set("WL4232", "wire " + words[2] + " has two ends already");
  std::unique_ptr<RingLink> ring;
  std::unique_ptr<Link> device;
  if (words[4] == "ring" && (ring = RingLink::ask(target, failure)) == nullptr) return false;
  if (words[4] != "ring" && (device = open_link(words[4], target, failure)) == nullptr) return false;
  const uint32_t index = fabric_.add_member(words[1], network, vlans);
  fabric_.member(index)->kind = words[4];
  fabric_.member(index)->recorded = words[4] == "ring";
  if (device != nullptr) {
    attach(index, std::move(device), false);
    return true;
  }
  watch(Source::lifeline, index, ring->lifeline());
  awaited_[index] = std::move(ring);
  fabric_.member(index)->awaited = true;
  return true;
}

bool Switch::remove_port(const std::vector<std::string> &words, Failure &failure) {
  if (words.size() != 2) return wrong("remove", failure);
  const uint32_t index = fabric_.find_member(words[1]);
  if (index == Fabric::kNobody) return failure.set("WL4232", "there is no port " + words[1]);
  awaited_.erase(index);
  standing_.erase(index);
  fabric_.remove_member(index);
  return true;
}

// What has become of a generator's frames.
std::string Switch::stream(const std::string &port) const {
  const uint32_t index = fabric_.find_member(port);
  const Member *const member = index == Fabric::kNobody ? nullptr : fabric_.member(index);
  const StreamOutcome outcome = member == nullptr || member->link == nullptr ? StreamOutcome{} : member->link->stream();
  if (outcome.stream == nullptr) {
    Json json("error");
    return json.string("code", "WL4232").string("message", "there is no generator " + port).string("hint", "").line();
  }
  Json json("stream");
  put_stream(json, outcome);
  return json.line();
}

std::string Switch::figures() const {
  Json json("figures");
  const uint64_t now = clock_ns(CLOCK_MONOTONIC);
  json.number("at_ns", now).open("ports", '[');
  for (uint32_t index = 0; index < fabric_.member_count(); index += 1) {
    const Member *const member = fabric_.member(index);
    if (member == nullptr) continue;
    json.open('{').string("name", member->name).string("network", fabric_.network(member->network).name).string("kind", member->kind);
    json.boolean("attached", member->link != nullptr && member->link->there());
    if (!member->stopped.empty()) json.string("stopped", member->stopped);
    json.number("rx_packets", member->rx_packets).number("rx_bytes", member->rx_bytes);
    json.number("tx_packets", member->tx_packets).number("tx_bytes", member->tx_bytes).open("drops", '{');
    for (size_t reason = 0; reason < static_cast<size_t>(Drop::count); reason += 1) {
      uint64_t count = member->drops[reason];
      if (reason == static_cast<size_t>(Drop::malformed)) count += member->malformed();
      if (reason == static_cast<size_t>(Drop::no_room)) count += member->lost();
      if (count != 0) json.number(kDropNames[reason], count);
    }
    json.close('}').close('}');
  }
  json.close(']').open("networks", '[');
  for (uint32_t index = 0; index < fabric_.network_count(); index += 1) {
    const Network &network = fabric_.network(index);
    json.open('{').string("name", network.name).string("kind", network.wire ? "wire" : "switch");
    json.number("addresses", network.addresses == nullptr ? 0 : network.addresses->count(now)).close('}');
  }
  return json.close(']').line();
}

} // namespace wl
