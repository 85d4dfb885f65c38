// The frames that a generator sends, made before the run: made-up ones or a capture's.
//
// Made-up frames are UDP to the interface's MAC, with a TTL of 64 and right checksums; wl_flows.h has their
// addresses. Where a frame may get a trailer, its place is zero, which is what trailers sum up to.
#ifndef WL_FRAME_STORE_H
#define WL_FRAME_STORE_H

#include <string>
#include <vector>

#include "../tender/wl_failure.h"
#include "../tender/wl_observer.h"
#include "wl_port_spec.h"
#include "wl_trailer.h"

namespace wl {

class FrameStore {
public:
  // Bytes that may be read behind each frame, so that copies can be wide.
  static constexpr uint32_t kSpareBytes = 64;

  // One frame, or the common part of many that differ in their flow.
  struct Frame {
    uint32_t at = 0; // in the store
    uint32_t length = 0;
    uint32_t trailer = 0;  // where in the frame; 0: it has no room for one
    uint32_t flowless = 0; // its sums without a flow
    Trailer::Base base{};
  };

  // Fails with WL4020, WL4021 or WL4025 when the capture cannot be read, has no frame, or frames without room for
  // the trailers that are asked for. `stream` is who they say they are of.
  bool fill(const PortSpec &spec, const uint8_t *mac, uint32_t stream, Observer &observer, Failure &failure);

  // The frame whose turn it is.
  const Frame &current() const { return frames_[place_]; }
  const uint8_t *bytes(const Frame &frame) const { return bytes_.data() + frame.at; }
  // Whether its flow has to be filled in where it is sent.
  bool flows_open() const { return open_; }
  void fill_flow(uint8_t *frame, const Frame &of) const { write_flow(frame, of, fields_[flow_]); }
  void advance() {
    if (pattern_length_ != 1) return advance_pattern();
    const uint32_t next = turn_ + 1 == flows_ ? 0 : turn_ + 1;
    turn_ = next;
    (open_ ? flow_ : place_) = next;
  }

private:
  // Of a flow, as they lie in the frame.
  struct FlowFields {
    uint32_t source, destination;
    uint16_t source_port, destination_port;
  };
  struct Sums {
    uint32_t ip = 0, udp = 0; // of a size's headers and payload, without the flow
  };
  struct Lane { // frames of one size
    uint32_t first = 0, turn = 0;
  };

  bool read_capture(const PortSpec &spec, uint32_t stream, Observer &observer, Failure &failure);
  bool check_room(const PortSpec &spec, Failure &failure) const;
  void make_up(const PortSpec &spec, const uint8_t *mac, uint32_t stream);
  Frame make_frame(uint32_t size, const uint8_t *mac, uint32_t stream);
  uint8_t *append(uint32_t length, Frame *frame);
  void write_flow(uint8_t *frame, const Frame &of, const FlowFields &flow) const;
  void advance_pattern();
  void choose();

  std::vector<uint8_t> bytes_;
  std::vector<Frame> frames_;
  std::vector<Sums> sums_;
  std::vector<FlowFields> fields_; // where there are too many flows to have a frame of each
  std::vector<Lane> lanes_;
  const uint8_t *pattern_ = nullptr; // lanes in the order of their turns
  uint32_t pattern_length_ = 1, pattern_place_ = 0;
  uint32_t flows_ = 1;
  bool open_ = false;
  uint32_t turn_ = 0;             // of a pattern of one lane
  uint32_t place_ = 0, flow_ = 0; // whose turn it is
};

} // namespace wl

#endif
