// The switch itself: networks, their members, and where each frame goes.
#ifndef WL_FABRIC_H
#define WL_FABRIC_H

#include <bitset>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "wl_flight_record.h"
#include "wl_link.h"
#include "wl_mac_table.h"
#include "wl_parked_frames.h"
#include "wl_token_bucket.h"

namespace wl {

// Why a frame went nowhere. Counted at the port that it came from, or, from `no_room` on, at that which it was for.
enum class Drop : uint8_t { too_short, wrong_vlan, bad_source, mac_move, same_port, flood_limit, malformed, no_room, not_received, away, count };
extern const char *const kDropNames[static_cast<size_t>(Drop::count)];

struct Vlans {
  // plain: frames pass as they are. access: untagged there, of one VLAN within. trunk: tagged there.
  enum class Mode { plain, access, trunk } mode = Mode::plain;
  uint16_t access = kNoVlan;
  std::bitset<4096> trunk;
  bool carry(uint16_t vlan) const { return mode == Mode::trunk ? trunk[vlan] : access == vlan; }
};

struct Member {
  std::string name, kind;
  uint32_t network = 0;
  Vlans vlans;
  std::unique_ptr<Link> link; // null: its other side is away
  std::unique_ptr<ParkedFrames> parked; // frames for it wait, and those that come are put behind them
  bool recorded = false; // the last frames that its link was given are kept
  std::unique_ptr<FlightRecord> flight, past_flight; // of this link, and of the one before it
  TokenBucket flood;
  // As the switch sees them: frames that came from the port, and frames that went to it.
  uint64_t rx_packets = 0, rx_bytes = 0, tx_packets = 0, tx_bytes = 0;
  uint64_t drops[static_cast<size_t>(Drop::count)] = {};
  uint64_t malformed_before = 0; // of links that it had earlier
  uint64_t last_work_ns = 0;
  bool active = false; // it is looked at all the time; else it is woken
  bool dirty = false;  // frames were sent to it that are not flushed
  bool blocked = false;
  bool awaited = false; // its other side was asked for, and has not answered yet
  std::string stopped; // why its other side was parted with; empty: it was not
  uint64_t lost_before = 0;
  uint64_t lost() const { return lost_before + (link == nullptr ? 0 : link->lost()); }
  uint64_t malformed() const { return malformed_before + (link == nullptr ? 0 : link->malformed()); }
};

struct Network {
  std::string name;
  bool wire = false;
  uint64_t flood_rate = 0; // broadcast, multicast and unknown frames a second of a port; 0: no limit
  std::unique_ptr<MacTable> addresses; // not of wires
  std::vector<uint32_t> members;
};

class Fabric {
public:
  uint32_t add_network(const std::string &name, bool wire, uint64_t age_ns, uint64_t flood_rate);
  // A member without a link, or the one that has the name in that network already. A wire has two.
  uint32_t add_member(const std::string &name, uint32_t network, const Vlans &vlans);
  void remove_member(uint32_t index);
  // Its other side is another one from now on, or (null) away.
  void set_link(uint32_t index, std::unique_ptr<Link> link, bool forget);

  // The addresses that were seen there.
  void forget(uint32_t index);

  // From now on frames for the member wait, in order, until let_go(): then they go to its link, as it has room.
  void park(uint32_t index);
  void let_go(uint32_t index);
  // Takes all that came from the member; what its peer has no room for waits there.
  void drain(uint32_t index, uint64_t now_ns);

  // Moves a batch of frames that came from the member; how many.
  uint32_t tend(uint32_t index, uint64_t now_ns);
  // What was sent becomes the receivers'. Calls `woken(index)` for each of them that slept.
  template <typename Woken> void flush(Woken woken) {
    for (const uint32_t index : dirty_) {
      Member &member = *members_[index];
      member.dirty = false;
      if (member.link == nullptr) continue;
      member.link->flush();
      if (__builtin_expect(member.link->woken(), 0)) woken(index);
    }
    dirty_.clear();
  }
  void flush() {
    flush([](uint32_t) {});
  }
  // The other end of a wire, or kNobody.
  static constexpr uint32_t kNobody = UINT32_MAX;
  uint32_t peer(uint32_t index) const;
  // A wire's other end that is still to come: what is for it waits where it is.
  bool expects_peer(uint32_t index) const;

  Member *member(uint32_t index) const { return index < members_.size() ? members_[index].get() : nullptr; }
  uint32_t member_count() const { return static_cast<uint32_t>(members_.size()); }
  uint32_t find_member(const std::string &name) const;
  uint32_t find_network(const std::string &name) const;
  const Network &network(uint32_t index) const { return networks_[index]; }
  uint32_t network_count() const { return static_cast<uint32_t>(networks_.size()); }

private:
  // Where a frame goes if not to one member.
  static constexpr uint32_t kEverybody = kNobody - 1;

  void forward(uint32_t from, Member &member, const FrameView *views, uint32_t count);
  uint32_t where(uint32_t from, Member &member, const Network &network, const Frame &frame);
  void send(uint32_t from, uint32_t to, Frame *frames, uint32_t count);
  static bool admit(const Member &member, Frame &frame);
  void deliver(uint32_t to, Frame *frames, uint32_t count);
  // Frames that waited and went to the member's link.
  uint32_t give_parked(uint32_t index);
  uint32_t hand_over(uint32_t index, const Frame *frames, uint32_t count);
  static void drop(Member &member, Drop reason, uint64_t count = 1) { member.drops[static_cast<size_t>(reason)] += count; }

  std::vector<Network> networks_;
  std::vector<std::unique_ptr<Member>> members_;
  std::unordered_map<std::string, uint32_t> network_names_, member_names_;
  std::vector<uint32_t> dirty_;
  uint64_t now_ns_ = 0;
  bool draining_ = false;
};

} // namespace wl

#endif
