#include "wl_fabric.h"

#include <algorithm>

namespace wl {

const char *const kDropNames[static_cast<size_t>(Drop::count)] = {"too_short", "wrong_vlan", "bad_source", "mac_move", "same_port", "flood_limit",
                                                                  "malformed", "no_room",    "not_received", "away"};

uint32_t Fabric::add_network(const std::string &name, bool wire, uint64_t age_ns, uint64_t flood_rate) {
  Network network;
  network.name = name;
  network.wire = wire;
  network.flood_rate = flood_rate;
  if (!wire) network.addresses = std::make_unique<MacTable>(age_ns);
  networks_.push_back(std::move(network));
  network_names_.emplace(name, network_count() - 1);
  return network_count() - 1;
}

uint32_t Fabric::add_member(const std::string &name, uint32_t network, const Vlans &vlans) {
  const uint32_t known = find_member(name);
  if (known != kNobody) {
    members_[known]->vlans = vlans;
    return known;
  }
  auto member = std::make_unique<Member>();
  member->name = name;
  member->network = network;
  member->vlans = vlans;
  member->flood.set(networks_[network].flood_rate);
  const auto free = std::find(members_.begin(), members_.end(), nullptr);
  const auto index = static_cast<uint32_t>(free - members_.begin());
  if (free == members_.end()) members_.push_back(std::move(member));
  else *free = std::move(member);
  member_names_.emplace(name, index);
  networks_[network].members.push_back(index);
  return index;
}

void Fabric::remove_member(uint32_t index) {
  Network &network = networks_[members_[index]->network];
  network.members.erase(std::remove(network.members.begin(), network.members.end(), index), network.members.end());
  if (network.addresses != nullptr) network.addresses->forget(index);
  dirty_.erase(std::remove(dirty_.begin(), dirty_.end(), index), dirty_.end());
  member_names_.erase(members_[index]->name);
  members_[index].reset();
}

void Fabric::set_link(uint32_t index, std::unique_ptr<Link> link, bool forget) {
  Member &member = *members_[index];
  member.malformed_before = member.malformed();
  member.lost_before = member.lost();
  member.link = std::move(link);
  if (member.flight != nullptr) member.past_flight = std::move(member.flight);
  if (forget) this->forget(index);
}

void Fabric::forget(uint32_t index) {
  const Network &network = networks_[members_[index]->network];
  if (network.addresses != nullptr) network.addresses->forget(index);
}

uint32_t Fabric::find_member(const std::string &name) const {
  const auto found = member_names_.find(name);
  return found == member_names_.end() ? kNobody : found->second;
}

uint32_t Fabric::find_network(const std::string &name) const {
  const auto found = network_names_.find(name);
  return found == network_names_.end() ? kNobody : found->second;
}

uint32_t Fabric::peer(uint32_t index) const {
  const Network &network = networks_[members_[index]->network];
  if (!network.wire) return kNobody;
  for (const uint32_t other : network.members) {
    if (other != index) return other;
  }
  return kNobody;
}

bool Fabric::expects_peer(uint32_t index) const {
  const uint32_t other = peer(index);
  return networks_[members_[index]->network].wire && (other == kNobody || members_[other]->awaited);
}

uint32_t Fabric::tend(uint32_t index, uint64_t now_ns) {
  Member &member = *members_[index];
  now_ns_ = now_ns;
  member.blocked = false;
  if (member.link == nullptr) return 0;
  const uint32_t given = __builtin_expect(member.parked != nullptr, 0) ? give_parked(index) : 0;
  uint32_t most = kLinkBatch;
  if (networks_[member.network].wire) {
    const uint32_t other = peer(index);
    const Member *const end = other == kNobody ? nullptr : members_[other].get();
    if (end == nullptr || __builtin_expect(end->awaited, 0)) {
      member.blocked = true;
      return given;
    }
    // A wire takes no more than its other end has room for: the sender waits, and nothing is lost.
    // What waits while somebody takes its receiver's place is let grow no more once that is there.
    if (__builtin_expect(end->parked != nullptr, 0)) most = end->parked->holding() || draining_ ? std::min(most, end->parked->room()) : 0;
    else if (end->link != nullptr && end->link->takes()) most = std::min(most, end->link->room());
    if (most == 0) {
      member.blocked = true;
      return given;
    }
  }
  FrameView frames[kLinkBatch];
  const uint32_t count = member.link->take(frames, most);
  if (count > 0) forward(index, member, frames, count);
  member.link->release();
  return count + given;
}

void Fabric::park(uint32_t index) {
  Member &member = *members_[index];
  if (member.parked == nullptr) member.parked = std::make_unique<ParkedFrames>(true);
  member.parked->hold();
}

void Fabric::let_go(uint32_t index) {
  if (members_[index]->parked != nullptr) members_[index]->parked->let_go();
}

void Fabric::drain(uint32_t index, uint64_t now_ns) {
  constexpr uint32_t kTurnsMax = 2 * 32768 / kLinkBatch; // a ring, twice: whoever goes on filling it is not waited for
  const uint32_t other = peer(index);
  draining_ = true;
  for (uint32_t turns = 0; turns < kTurnsMax; turns += 1) {
    if (tend(index, now_ns) != 0) continue;
    // What the other end of a wire has no room for waits there, behind nothing and before all that comes.
    if (!members_[index]->blocked || expects_peer(index) || members_[other]->parked != nullptr) break;
    members_[other]->parked = std::make_unique<ParkedFrames>(false);
  }
  draining_ = false;
}

uint32_t Fabric::give_parked(uint32_t index) {
  Member &member = *members_[index];
  if (member.parked->holding()) return 0;
  uint32_t count = 0;
  for (Frame frame; count < kLinkBatch && member.parked->first(frame); count += 1) {
    if (!member.link->takes()) drop(member, Drop::not_received);
    else if (hand_over(index, &frame, 1) == 0) break;
    member.parked->drop();
  }
  if (member.parked->empty()) member.parked.reset();
  return count;
}

// A batch, of which those that go to the same member one after the other go there together.
void Fabric::forward(uint32_t from, Member &member, const FrameView *views, uint32_t count) {
  const Network &network = networks_[member.network];
  Frame frames[kLinkBatch];
  uint64_t bytes = 0;
  uint32_t whole = 0;
  for (uint32_t at = 0; at < count; at += 1) {
    bytes += views[at].length;
    Frame &frame = frames[whole];
    if (!frame.read(views[at])) {
      drop(member, Drop::too_short);
      continue;
    }
    if (!admit(member, frame)) {
      drop(member, Drop::wrong_vlan);
      continue;
    }
    if (network.addresses != nullptr && (whole == 0 || !frame.like(frames[whole - 1]))) {
      network.addresses->expect(frame.source(), frame.vlan);
      network.addresses->expect(frame.destination(), frame.vlan);
    }
    whole += 1;
  }
  member.rx_packets += count;
  member.rx_bytes += bytes;
  if (network.wire) return deliver(peer(from), frames, whole);
  uint32_t first = 0, to = kNobody;
  for (uint32_t at = 0; at < whole; at += 1) {
    const Frame &frame = frames[at];
    // The same addresses at the same time have the same answer, unless it is one that is counted.
    if (to < kEverybody && frame.vlan == frames[at - 1].vlan && frame.like(frames[at - 1])) continue;
    const uint32_t next = where(from, member, network, frame);
    if (next == to) continue;
    send(from, to, frames + first, at - first);
    first = at;
    to = next;
  }
  send(from, to, frames + first, whole - first);
}

// The member that a frame goes to, or kEverybody, or kNobody: it was dropped.
uint32_t Fabric::where(uint32_t from, Member &member, const Network &network, const Frame &frame) {
  const auto dropped = [&](Drop reason) {
    drop(member, reason);
    return kNobody;
  };
  if (frame.group_source()) return dropped(Drop::bad_source);
  if (!network.addresses->learn(frame.source(), frame.vlan, from, now_ns_)) return dropped(Drop::mac_move);
  if (!frame.group()) {
    const uint32_t to = network.addresses->find(frame.destination(), frame.vlan, now_ns_);
    if (to == from) return dropped(Drop::same_port);
    if (to != MacTable::kNowhere && members_[to] != nullptr) return to;
  }
  return member.flood.take(now_ns_) ? kEverybody : dropped(Drop::flood_limit);
}

void Fabric::send(uint32_t from, uint32_t to, Frame *frames, uint32_t count) {
  if (to < kEverybody) return deliver(to, frames, count);
  if (to == kNobody) return; // where() has counted them
  const Network &network = networks_[members_[from]->network];
  for (uint32_t at = 0; at < count; at += 1) {
    for (const uint32_t each : network.members) {
      const Member &member = *members_[each];
      if (each == from || !member.vlans.carry(frames[at].vlan)) continue;
      // Whom nobody asked for, and who is not there, misses nothing.
      if (member.link == nullptr || !member.link->takes()) continue;
      Frame copy = frames[at];
      deliver(each, &copy, 1);
    }
  }
}

// The VLAN of a frame that comes in (IEEE 802.1Q, 8.6), and its tag's priority; false: the port is none of its.
bool Fabric::admit(const Member &member, Frame &frame) {
  if (member.vlans.mode == Vlans::Mode::plain) return true;
  const bool tagged = frame.untag();
  const auto id = static_cast<uint16_t>(frame.control & 0xfff);
  if (member.vlans.mode == Vlans::Mode::access) {
    frame.vlan = member.vlans.access;
    return !tagged || id == 0; // a tag of VLAN 0 only has a priority
  }
  frame.vlan = id;
  return tagged && id != 0 && id != 0xfff && member.vlans.trunk[id];
}

// Frames of one batch, which all came from one member, to another one. What is not delivered is dropped there.
void Fabric::deliver(uint32_t to, Frame *frames, uint32_t count) {
  if (count == 0) return;
  Member &member = *members_[to];
  const bool parked = __builtin_expect(member.parked != nullptr, 0);
  if (!parked && (member.link == nullptr || !member.link->there())) return drop(member, Drop::away, count);
  if (!parked && !member.link->takes()) return drop(member, Drop::not_received, count);
  if (member.vlans.mode != Vlans::Mode::plain || frames[0].vlan != kNoVlan) {
    uint32_t carried = 0;
    for (uint32_t at = 0; at < count; at += 1) {
      if (!member.vlans.carry(frames[at].vlan)) continue;
      if (carried != at) frames[carried] = frames[at];
      if (member.vlans.mode == Vlans::Mode::trunk) frames[carried].tag();
      carried += 1;
    }
    drop(member, Drop::wrong_vlan, count - carried);
    count = carried;
  }
  for (uint32_t at = 0; at < count; at += 1) {
    if (parked) {
      if (!member.parked->put(frames[at])) drop(member, Drop::no_room);
      continue;
    }
    at += hand_over(to, frames + at, count - at);
    if (at < count) drop(member, Drop::no_room);
  }
}

// Frames become the link's, as many as it takes, and copies stay here. Counts them, and remembers to tell the other side.
uint32_t Fabric::hand_over(uint32_t index, const Frame *frames, uint32_t count) {
  Member &member = *members_[index];
  const uint32_t sent = member.link->send_all(frames, count);
  if (sent == 0) return 0;
  uint64_t bytes = 0;
  for (uint32_t at = 0; at < sent; at += 1) bytes += frames[at].bytes();
  member.tx_packets += sent;
  member.tx_bytes += bytes;
  if (member.recorded) {
    if (__builtin_expect(member.flight == nullptr, 0)) member.flight = std::make_unique<FlightRecord>();
    for (uint32_t at = 0; at < sent; at += 1) member.flight->put(frames[at], now_ns_);
  }
  if (member.dirty) return sent;
  member.dirty = true;
  dirty_.push_back(index);
  return sent;
}

} // namespace wl
