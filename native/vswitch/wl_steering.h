// Which processor of an appliance takes a frame: src/run/steering.ts says the same, and a test holds both together.
#ifndef WL_STEERING_H
#define WL_STEERING_H

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "../abi/wl_deal.h"

namespace wl {

// Where hosts were seen last: by which interface frames came from their address. What a frame says that is not known here, each
// processor hears of; what is known too long, it hears again. A place for each hash, so that of two hosts that want the same
// one both are news again and again: that costs time, and nothing is wrong.
class Stations {
public:
  // Places, a power of two, of 16 bytes each.
  static constexpr uint32_t kPlaces = 65536;
  // After as many microseconds what is known is told again: by that much a processor may take a host for longer unseen.
  static constexpr uint64_t kTellAgainUs = 1000000;
  // A destination, a source and a type (IEEE 802.3, 3.2): less teaches nobody.
  static constexpr uint32_t kBytesMin = 14;

  explicit Stations(uint32_t seed) : seed_(seed), places_(kPlaces) {}

  // Whether a frame that came by an interface at that time, in microseconds, says where a host is that was not known there.
  bool news(const uint8_t *frame, uint32_t length, uint32_t interface, uint64_t now_us) {
    if (length < kBytesMin || (frame[6] & 1) != 0) return false; // a group is nowhere
    const auto word = [frame](uint32_t at) { return static_cast<uint32_t>(frame[at] << 8 | frame[at + 1]); };
    const uint32_t high = word(6), low = word(8) << 16 | word(10);
    Place &place = places_[wl_deal_mix(wl_deal_mix(seed_, low), high) & (kPlaces - 1)];
    const uint64_t host = (static_cast<uint64_t>(high) << 32 | low) << 16 | (interface + 1);
    if (place.host == host && now_us - place.told_us < kTellAgainUs) return false;
    place = {host, now_us};
    return true;
  }

private:
  struct Place {
    uint64_t host, told_us; // address << 16 | interface + 1; 0: none
  };
  const uint32_t seed_;
  std::vector<Place> places_;
};

class Steering {
public:
  // What all processors get.
  static constexpr uint32_t kAll = UINT32_MAX;

  // What a flow is: two addresses with their ports, where there are some; two addresses; or, where there are some, ports
  // alone (identifiers of ICMP echoes), for addresses are changed on the way.
  enum class By { ports, addresses, ports_alone };
  static By by(std::string_view name) { return name == "addresses" ? By::addresses : name == "ports-alone" ? By::ports_alone : By::ports; }
  // `answers`: what answers a question for an address (ARP replies, neighbour advertisements) is for all processors, each
  // of which may have asked. `teaches`: the others hear of frames that say where a host is.
  Steering(uint32_t seed, uint32_t cores, By by, bool answers, bool teaches)
      : seed_(seed), cores_(cores), by_(by), answers_(answers), stations_(teaches ? std::make_shared<Stations>(seed) : nullptr) {}

  // Whether all processors but the one that takes the frame get a note of it: see Stations::news.
  bool teaches(const uint8_t *frame, uint32_t length, uint32_t interface, uint64_t now_us) const {
    return stations_ != nullptr && stations_->news(frame, length, interface, now_us);
  }

  // 0 .. cores - 1, or kAll. Both directions of a flow have the same one.
  uint32_t core(const uint8_t *frame, uint32_t length) const {
    uint32_t at = 12, hash = seed_;
    if (length < at + 2) return choose(wl_deal_mix(seed_, length));
    uint32_t type = read16(frame + at);
    at += 2;
    for (uint32_t tags = 0; (type == 0x8100 || type == 0x88a8) && tags < 2 && length >= at + 4; tags += 1) {
      type = read16(frame + at + 2);
      at += 4;
    }
    if (type == 0x0800 && flow4(frame + at, length - at, true, &hash)) return choose(hash);
    if (type == 0x86dd) {
      if (answers_ && length >= at + 41 && frame[at + 6] == 58 && frame[at + 40] == 136) return kAll; // RFC 4861, 4.4
      if (flow6(frame + at, length - at, true, &hash)) return choose(hash);
    }
    if (answers_ && type == 0x0806 && length >= at + 8 && read16(frame + at + 6) == 2) return kAll; // RFC 826
    hash = pair(hash, read32(frame), read32(frame + 6));
    return choose(pair(hash, read16(frame + 4), read16(frame + 10)));
  }

private:
  static uint32_t read16(const uint8_t *at) { return static_cast<uint32_t>(at[0] << 8 | at[1]); }
  static uint32_t read32(const uint8_t *at) { return read16(at) << 16 | read16(at + 2); }
  // Both ways round it is the same.
  static uint32_t pair(uint32_t hash, uint32_t a, uint32_t b) { return wl_deal_mix(wl_deal_mix(hash, a + b), a ^ b); }
  uint32_t choose(uint32_t hash) const { return wl_deal_choose(hash, cores_); }
  static bool has_ports(uint8_t protocol) { return protocol == 6 || protocol == 17 || protocol == 132; }

  static void add_ports(const uint8_t *at, uint32_t *hash) { *hash = wl_deal_ports(*hash, read16(at), read16(at + 2)); }

  // An error of ICMP is about the flow whose packet it quotes.
  bool flow4(const uint8_t *header, uint32_t length, bool outer, uint32_t *hash) const {
    if (length < 20 || header[0] >> 4 != 4) return false;
    const uint32_t header_bytes = (header[0] & 15) * 4u;
    const bool first = (read16(header + 6) & 0x1fff) == 0;
    const uint8_t protocol = header[9];
    if (outer && first && protocol == 1 && header_bytes >= 20 && length >= header_bytes + 8) {
      const uint8_t type = header[header_bytes];
      const bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12; // RFC 792
      if (error && flow4(header + header_bytes + 8, length - header_bytes - 8, false, hash)) return true;
    }
    const uint8_t *const transport = header + header_bytes;
    const bool ports = by_ != By::addresses && first && has_ports(protocol) && header_bytes >= 20 && length >= header_bytes + 4;
    const bool echo = by_ == By::ports_alone && first && protocol == 1 && header_bytes >= 20 && length >= header_bytes + 8 && (transport[0] == 0 || transport[0] == 8);
    if (echo) *hash = wl_deal_ports(*hash, read16(transport + 4), 0);
    else if (!ports || by_ == By::ports) *hash = pair(*hash, read32(header + 12), read32(header + 16));
    if (ports) add_ports(transport, hash);
    return true;
  }

  bool flow6(const uint8_t *header, uint32_t length, bool outer, uint32_t *hash) const {
    if (length < 40 || header[0] >> 4 != 6) return false;
    const uint8_t protocol = header[6];
    if (outer && protocol == 58 && length >= 48 && header[40] >= 1 && header[40] <= 4 && flow6(header + 48, length - 48, false, hash)) return true; // RFC 4443
    const bool ports = by_ != By::addresses && has_ports(protocol) && length >= 44;
    for (uint32_t word = 0; word < 16 && (!ports || by_ == By::ports); word += 4) *hash = pair(*hash, read32(header + 8 + word), read32(header + 24 + word));
    if (ports) add_ports(header + 40, hash);
    return true;
  }

  uint32_t seed_, cores_;
  By by_;
  bool answers_;
  std::shared_ptr<Stations> stations_; // one for all interfaces
};

} // namespace wl

#endif
