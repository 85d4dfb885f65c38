#include "wl_fabric.h"

#include <algorithm>

namespace wl {

const char *const kDropNames[static_cast<size_t>(Drop::count)] = {"too_short", "wrong_vlan", "bad_source", "mac_move", "same_port", "flood_limit",
                                                                  "no_peer",   "malformed",  "no_room",    "not_received", "away"};

uint32_t Fabric::add_network(const std::string &name, bool wire, uint64_t age_ns, uint64_t flood_rate) {
  Network network;
  network.name = name;
  network.wire = wire;
  network.flood_rate = flood_rate;
  if (!wire) network.addresses = std::make_unique<MacTable>(age_ns);
  networks_.push_back(std::move(network));
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
  networks_[network].members.push_back(index);
  return index;
}

void Fabric::remove_member(uint32_t index) {
  Network &network = networks_[members_[index]->network];
  network.members.erase(std::remove(network.members.begin(), network.members.end(), index), network.members.end());
  if (network.addresses != nullptr) network.addresses->forget(index);
  dirty_.erase(std::remove(dirty_.begin(), dirty_.end(), index), dirty_.end());
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
  for (uint32_t index = 0; index < members_.size(); index += 1) {
    if (members_[index] != nullptr && members_[index]->name == name) return index;
  }
  return kNobody;
}

uint32_t Fabric::find_network(const std::string &name) const {
  for (uint32_t index = 0; index < networks_.size(); index += 1) {
    if (networks_[index].name == name) return index;
  }
  return kNobody;
}

uint32_t Fabric::peer(uint32_t index) const {
  const Network &network = networks_[members_[index]->network];
  if (!network.wire) return kNobody;
  for (const uint32_t other : network.members) {
    if (other != index) return other;
  }
  return kNobody;
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
    // A wire takes no more than its other end has room for: the sender waits, and nothing is lost.
    if (end != nullptr && __builtin_expect(end->parked != nullptr, 0)) most = std::min(most, end->parked->room());
    else if (end != nullptr && end->link != nullptr && end->link->takes()) most = std::min(most, end->link->room());
    if (most == 0) {
      member.blocked = true;
      return given;
    }
  }
  FrameView frames[kLinkBatch];
  const uint32_t count = member.link->take(frames, most);
  for (uint32_t at = 0; at < count; at += 1) forward(index, member, frames[at], now_ns);
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
  for (uint32_t turns = 0; turns < kTurnsMax; turns += 1) {
    if (tend(index, now_ns) != 0) continue;
    // What the other end of a wire has no room for waits there, behind nothing and before all that comes.
    if (!members_[index]->blocked || members_[other]->parked != nullptr) return;
    members_[other]->parked = std::make_unique<ParkedFrames>(false);
  }
}

uint32_t Fabric::give_parked(uint32_t index) {
  Member &member = *members_[index];
  if (member.parked->holding()) return 0;
  uint32_t count = 0;
  for (Frame frame; count < kLinkBatch && member.parked->first(frame); count += 1) {
    if (!member.link->takes()) drop(member, Drop::not_received);
    else if (!hand_over(member, frame)) break;
    else count_sent(index, frame);
    member.parked->drop();
  }
  if (member.parked->empty()) member.parked.reset();
  return count;
}

void Fabric::forward(uint32_t from, Member &member, const FrameView &view, uint64_t now_ns) {
  member.rx_packets += 1;
  member.rx_bytes += view.length;
  Frame frame;
  uint16_t vlan = kNoVlan, control = 0;
  if (!frame.read(view)) return drop(member, Drop::too_short);
  if (!admit(member, frame, &vlan, &control)) return drop(member, Drop::wrong_vlan);
  const Network &network = networks_[member.network];
  if (network.wire) {
    const uint32_t other = peer(from);
    if (other == kNobody) return drop(member, Drop::no_peer);
    return deliver(other, frame, vlan, control);
  }
  if (frame.group_source()) return drop(member, Drop::bad_source);
  if (!network.addresses->learn(frame.source(), vlan, from, now_ns)) return drop(member, Drop::mac_move);
  if (!frame.group()) {
    const uint32_t to = network.addresses->find(frame.destination(), vlan, now_ns);
    if (to == from) return drop(member, Drop::same_port);
    if (to != MacTable::kNowhere && members_[to] != nullptr) return deliver(to, frame, vlan, control);
  }
  if (!member.flood.take(now_ns)) return drop(member, Drop::flood_limit);
  flood(from, network, frame, vlan, control);
}

void Fabric::flood(uint32_t from, const Network &network, const Frame &frame, uint16_t vlan, uint16_t control) {
  for (const uint32_t to : network.members) {
    if (to == from || !members_[to]->vlans.carry(vlan)) continue;
    // Whom nobody asked for, and who is not there, misses nothing.
    if (members_[to]->link != nullptr && members_[to]->link->takes()) deliver(to, frame, vlan, control);
  }
}

// The VLAN of a frame that comes in (IEEE 802.1Q, 8.6), and its tag's priority; false: the port is none of its.
bool Fabric::admit(Member &member, Frame &frame, uint16_t *vlan, uint16_t *control) {
  if (member.vlans.mode == Vlans::Mode::plain) return true;
  const bool tagged = frame.untag(control);
  const auto id = static_cast<uint16_t>(*control & 0xfff);
  if (member.vlans.mode == Vlans::Mode::access) {
    *vlan = member.vlans.access;
    return !tagged || id == 0; // a tag of VLAN 0 only has a priority
  }
  *vlan = id;
  return tagged && id != 0 && id != 0xfff && member.vlans.trunk[id];
}

void Fabric::deliver(uint32_t to, const Frame &frame, uint16_t vlan, uint16_t control) {
  Member &member = *members_[to];
  const bool parked = __builtin_expect(member.parked != nullptr, 0);
  if (!parked && (member.link == nullptr || !member.link->there())) return drop(member, Drop::away);
  if (!parked && !member.link->takes()) return drop(member, Drop::not_received);
  if (!member.vlans.carry(vlan)) return drop(member, Drop::wrong_vlan);
  const auto tag = static_cast<uint16_t>((control & 0xf000) | vlan);
  const auto give = [&](const Frame &whole) { return parked ? member.parked->put(whole) : hand_over(member, whole); };
  const bool taken = member.vlans.mode == Vlans::Mode::trunk ? give(frame.tagged(tag)) : give(frame);
  if (!taken) return drop(member, Drop::no_room);
  if (!parked) count_sent(to, frame);
}

// The frame becomes the link's, and a copy stays here.
bool Fabric::hand_over(Member &member, const Frame &frame) {
  if (!member.link->send(frame)) return false;
  if (!member.recorded) return true;
  if (__builtin_expect(member.flight == nullptr, 0)) member.flight = std::make_unique<FlightRecord>();
  member.flight->put(frame, now_ns_);
  return true;
}

// Counts it, and remembers to tell the other side.
void Fabric::count_sent(uint32_t to, const Frame &frame) {
  Member &member = *members_[to];
  member.tx_packets += 1;
  member.tx_bytes += frame.bytes();
  if (member.dirty) return;
  member.dirty = true;
  dirty_.push_back(to);
}

} // namespace wl
