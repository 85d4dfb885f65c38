// A source of made-up frames, or of a capture's in turn, and a sink that counts what comes back.
#ifndef WL_GENERATOR_PORT_H
#define WL_GENERATOR_PORT_H

#include "wl_attachment.h"
#include "wl_frame_store.h"
#include "wl_pacer.h"
#include "wl_stream.h"

namespace wl {

class GeneratorPort final : public Port {
public:
  // `index` is that of the interface. Fails as FrameStore::fill().
  static std::unique_ptr<GeneratorPort> create(const PortSpec &spec, uint32_t index, const uint8_t *mac, const TscClock &clock, Observer &observer, Failure &failure);

  uint32_t receive(ReceiveQueue *queue, uint32_t budget, uint64_t now, PortFigures &figures) override;
  void transmit(SentFrames &frames, uint64_t now, PortFigures &figures) override;
  Source source() const override { return spec_.count != 0 ? Source::finite : Source::endless; }
  bool spent() const override { return resting_ || ended_ || (made_ == last_ && phase_ != Phase::surge); }
  uint64_t next_frame() const override;
  bool blocked() const override { return blocked_; }

  std::shared_ptr<Stream> stream() const override { return measured_; }
  const Pacer *pacer() const override { return paced() ? &pacer_ : nullptr; }
  bool resting() const override { return resting_; }
  void resume() override;
  void end(uint64_t now) override;

private:
  // What is sent, in this order; frames count in the last phase only.
  enum class Phase { warm_up, surge, stream };

  GeneratorPort(const PortSpec &spec, uint32_t index, const TscClock &clock);
  void begin(Phase phase);
  bool counts() const { return phase_ == Phase::stream; }
  bool paced() const { return spec_.speed == PortSpec::Speed::rate; }
  uint32_t send(ReceiveQueue *queue, uint32_t budget, uint64_t now, PortFigures &figures);
  uint32_t send_plain(ReceiveQueue &queue, uint32_t budget, PortFigures &figures);
  uint32_t send_numbered(ReceiveQueue &queue, uint32_t budget, uint64_t now, PortFigures &figures);
  bool send_tight(ReceiveQueue &queue, PortFigures &figures);
  bool timed_is_due(uint64_t now);
  uint8_t *place(ReceiveQueue &queue, const FrameStore::Frame &frame);
  bool finish(ReceiveQueue &queue, const FrameStore::Frame &frame, const uint8_t *at);

  const PortSpec spec_;
  const TscClock &clock_;
  FrameStore store_;
  const std::shared_ptr<Stream> measured_; // outlives the port in the run's outcome
  Stream &stream_ = *measured_;
  Pacer pacer_;
  Phase phase_ = Phase::stream;
  bool resting_ = false;       // those have been sent, and the appliance is to pass them on
  bool ended_ = false;
  bool blocked_ = false;
  uint64_t last_ = 0;          // frames of this phase; UINT64_MAX: without end
  uint64_t made_ = 0;          // frames whose turn has come, those without room included
  uint64_t timed_credit_ = 0;  // at a rate: of Bresenham's line from frames to timed frames
  uint64_t timed_tsc_ = 0;     // at full speed: when the last one was
  uint8_t parts_[WL_FRAME_BYTES_MAX]; // a frame that takes several buffers
  bool timed_waiting_ = false; // one is due with the next frame that has room for its trailer
};

} // namespace wl

#endif
