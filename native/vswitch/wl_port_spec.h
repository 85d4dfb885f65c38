// What an interface plugs into during a run, as formatPort() of src/run/port-spec.ts prints it.
#ifndef WL_PORT_SPEC_H
#define WL_PORT_SPEC_H

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "../tender/wl_failure.h"
#include "wl_flows.h"
#include "wl_vhost_place.h"

namespace wl {

struct PortSpec {
  enum class Kind { null, pcap, tap, packet, xdp, vhost_user, generator, ring };
  enum class Speed { max, recorded, rate };

  std::string interface; // its name
  Kind kind = Kind::null;
  // pcap
  std::string in, out; // empty: none
  Speed speed = Speed::max;
  uint64_t rate = 0; // frames a second, of a pcap or a generator with Speed::rate
  uint64_t scale_ppm = 1000000; // how fast Speed::recorded is, in millionths of the capture's own speed
  VhostPlace place; // vhost-user
  // tap, packet, xdp: its name; ring: the socket at which a switch is given the interface's rings
  std::string device;
  // generator
  uint32_t size = 64;   // bytes on the wire, with the frame check sequence of 4; 0: the simple IMIX
  uint64_t count = 0;   // after those that warm up; 0: without end
  uint32_t flows = 1;
  FlowSpace space;      // where they lie
  std::optional<std::array<uint8_t, 6>> mac; // whom they are for; else the interface
  std::string frames;   // a capture whose frames are sent in turn; empty: made-up ones
  uint32_t latency = 0; // frames a second that are numbered and timed, part of the rate
  bool returned = false; // only frames count that come out where the generator is
  bool verify = false;  // all frames are numbered, and checked when they come out
  uint64_t warmup = 0;  // frames that are sent first and not counted
  uint64_t surge = 0, surge_rate = 0; // frames, and of them each second, before those that count; 0: none

  // Whether time may be that of the captures.
  bool virtual_time() const { return kind == Kind::null || (kind == Kind::pcap && speed == Speed::max); }
};

// Reads NAME=SPEC. Fails with WL4004.
bool read_port(const std::string &text, PortSpec &spec, Failure &failure);

} // namespace wl

#endif
