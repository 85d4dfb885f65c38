// A source of made-up frames, or of a capture's in turn, and a sink that counts what comes back.
//
// Made-up frames are UDP from 10.0.0.1, port 1024 + flow, to 10.0.1.1, port 9 (discard), to the interface's MAC,
// with a TTL of 64 and right checksums. Flows beyond the ports of an address go on with the next address.
#ifndef WL_GENERATOR_PORT_H
#define WL_GENERATOR_PORT_H

#include <vector>

#include "wl_attachment.h"

namespace wl {

class GeneratorPort final : public Port {
public:
  // Fails with WL4020 or WL4021 when the template capture cannot be read or has no frame.
  static std::unique_ptr<GeneratorPort> create(const PortSpec &spec, const uint8_t *mac, const TscClock &clock, Observer &observer, Failure &failure);

  uint32_t receive(ReceiveQueue *queue, uint32_t budget, uint64_t now, PortFigures &figures) override;
  void transmit(const FrameView *frames, uint32_t count, uint64_t now, PortFigures &figures) override;
  Source source() const override { return spec_.count != 0 ? Source::finite : Source::endless; }
  bool spent() const override { return spec_.count != 0 && made_ >= spec_.count; }
  uint64_t next_frame() const override;
  bool blocked() const override { return blocked_; }

private:
  struct Template {
    uint32_t offset, length;
  };

  GeneratorPort(const PortSpec &spec, const TscClock &clock) : spec_(spec), clock_(clock) {}
  bool read_frames(Observer &observer, Failure &failure);
  void make_frame(const uint8_t *mac);
  void set_flow(uint8_t *frame, uint32_t flow) const;
  uint64_t due_count(uint64_t now) const;
  bool put(ReceiveQueue &queue, PortFigures &figures);

  const PortSpec spec_;
  const TscClock &clock_;
  std::vector<uint8_t> bytes_;      // of all templates
  std::vector<Template> templates_; // one made-up frame, or the capture's
  uint32_t turn_ = 0;               // template or flow of the next frame
  uint32_t address_sum_ = 0, port_sum_ = 0; // checksums without what differs between flows
  uint64_t made_ = 0;               // frames whose turn has come, those without room included
  uint64_t start_tsc_ = 0;
  bool blocked_ = false;
};

} // namespace wl

#endif
