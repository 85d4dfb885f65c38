// Which port an address was last seen at, in which VLAN: an open table of fixed size (IEEE 802.1Q, 8.8). An entry that
// is not renewed for its age counts as none; a full neighbourhood loses its oldest entry.
#ifndef WL_MAC_TABLE_H
#define WL_MAC_TABLE_H

#include <cstdint>
#include <vector>

namespace wl {

class MacTable {
public:
  static constexpr uint32_t kEntries = 1 << 14, kProbes = 8;
  // An address that changes its port more often than this within kMovesNs stays where it is for that long.
  static constexpr uint32_t kMovesMax = 5;
  static constexpr uint64_t kMovesNs = 10000000000u;
  static constexpr uint32_t kNowhere = UINT32_MAX;

  explicit MacTable(uint64_t age_ns) : entries_(kEntries), age_ns_(age_ns) {}

  // Its place is looked at soon.
  void expect(uint64_t address, uint16_t vlan) const { __builtin_prefetch(&entries_[place(key_of(address, vlan))]); }

  // The port, or kNowhere.
  uint32_t find(uint64_t address, uint16_t vlan, uint64_t now_ns) const {
    const uint64_t key = key_of(address, vlan);
    for (uint32_t probe = 0, at = place(key); probe < kProbes; probe += 1, at = (at + 1) % kEntries) {
      const Entry &entry = entries_[at];
      if (entry.key == key) return now_ns - entry.seen_ns <= age_ns_ ? entry.port : kNowhere;
    }
    return kNowhere;
  }

  // False: the address moves too often, and the frame comes from where it is not taken to be.
  bool learn(uint64_t address, uint16_t vlan, uint32_t port, uint64_t now_ns) {
    const uint64_t key = key_of(address, vlan);
    Entry *oldest = nullptr;
    for (uint32_t probe = 0, at = place(key); probe < kProbes; probe += 1, at = (at + 1) % kEntries) {
      Entry &entry = entries_[at];
      if (entry.key == key) return renew(entry, port, now_ns);
      if (oldest == nullptr || entry.seen_ns < oldest->seen_ns) oldest = &entry;
    }
    *oldest = {key, now_ns, now_ns, port, 0};
    return true;
  }

  // What was learned of a port that is gone.
  void forget(uint32_t port) {
    for (Entry &entry : entries_) {
      if (entry.key != 0 && entry.port == port) entry = {};
    }
  }

  uint32_t count(uint64_t now_ns) const {
    uint32_t count = 0;
    for (const Entry &entry : entries_) count += entry.key != 0 && now_ns - entry.seen_ns <= age_ns_;
    return count;
  }

private:
  struct Entry {
    uint64_t key = 0; // 0: none
    uint64_t seen_ns = 0, moves_since_ns = 0;
    uint32_t port = 0, moves = 0;
  };

  // VLANs are at most 4094, and the top bit keeps a key from being 0.
  static uint64_t key_of(uint64_t address, uint16_t vlan) { return address | uint64_t{vlan} << 48 | uint64_t{1} << 63; }
  static uint32_t place(uint64_t key) { return static_cast<uint32_t>((key * 0x9e3779b97f4a7c15u) >> 50) % kEntries; }

  bool renew(Entry &entry, uint32_t port, uint64_t now_ns) {
    if (__builtin_expect(entry.port != port, 0)) {
      if (now_ns - entry.moves_since_ns > kMovesNs) {
        entry.moves = 0;
        entry.moves_since_ns = now_ns;
      }
      // An entry that has aged may turn up anywhere.
      if (now_ns - entry.seen_ns <= age_ns_ && entry.moves >= kMovesMax) return false;
      entry.moves += 1;
      entry.port = port;
    }
    entry.seen_ns = now_ns;
    return true;
  }

  std::vector<Entry> entries_;
  uint64_t age_ns_;
};

} // namespace wl

#endif
