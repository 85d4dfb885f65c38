// A capture played in real time, as recorded, at a rate, or as fast as the guest takes it; and one written.
#ifndef WL_CAPTURE_PORT_H
#define WL_CAPTURE_PORT_H

#include "wl_attachment.h"

namespace wl {

class CapturePort final : public Port {
public:
  CapturePort(Attachment &attachment, const TscClock &clock, Observer &observer);

  uint32_t receive(ReceiveQueue *queue, uint32_t budget, uint64_t now, PortFigures &figures) override;
  void transmit(SentFrames &frames, uint64_t now, PortFigures &figures) override;
  Source source() const override { return has_input_ ? Source::finite : Source::none; }
  bool spent() const override { return !there_; }
  uint64_t next_frame() const override;
  bool blocked() const override { return blocked_; }
  void end(uint64_t) override { there_ = false; }

private:
  void advance();
  uint64_t due() const;

  const PortSpec spec_;
  const TscClock &clock_;
  Observer &observer_;
  std::unique_ptr<CaptureReader> input_;
  CaptureWriter *output_; // the attachment's, flushed at the end of the run
  bool has_input_;
  bool there_ = false;
  bool blocked_ = false;
  CapturedFrame frame_{};
  uint64_t first_ns_ = 0;   // time stamp of the first frame
  uint64_t start_tsc_ = 0;  // when it was due
  uint64_t place_ = 0;      // of the frame in hand
};

} // namespace wl

#endif
