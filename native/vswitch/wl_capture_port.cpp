#include "wl_capture_port.h"

#include "wl_null_port.h"

namespace wl {

CapturePort::CapturePort(Attachment &attachment, const TscClock &clock, Observer &observer)
    : spec_(attachment.spec), clock_(clock), observer_(observer), input_(std::move(attachment.input)), output_(attachment.output.get()), has_input_(input_ != nullptr) {
  if (!has_input_) return;
  advance();
  first_ns_ = frame_.timestamp_ns;
  place_ = 0;
}

void CapturePort::advance() {
  place_ += 1;
  there_ = input_->next(frame_);
  if (!there_ && input_->damaged()) observer_.warning(input_->path(), input_->damage().message, input_->damage().hint);
}

// TSC value at which the frame in hand is to be sent. Frames whose time goes back are due at once.
uint64_t CapturePort::due() const {
  if (spec_.speed == PortSpec::Speed::max || start_tsc_ == 0) return 0;
  if (spec_.speed == PortSpec::Speed::recorded) {
    if (frame_.timestamp_ns <= first_ns_) return 0;
    const unsigned __int128 scaled = static_cast<unsigned __int128>(frame_.timestamp_ns - first_ns_) * 1000000u / spec_.scale_ppm;
    return start_tsc_ + clock_.ns_to_ticks(static_cast<uint64_t>(scaled));
  }
  return start_tsc_ + static_cast<uint64_t>(static_cast<unsigned __int128>(place_) * clock_.hz / spec_.rate);
}

uint64_t CapturePort::next_frame() const { return there_ ? due() : kNever; }

uint32_t CapturePort::receive(ReceiveQueue *queue, uint32_t budget, uint64_t now, PortFigures &figures) {
  if (!there_) return 0;
  if (start_tsc_ == 0) start_tsc_ = now;
  uint32_t count = 0;
  blocked_ = false;
  while (there_ && count < budget && due() <= now) {
    if (frame_.length == 0 || frame_.length > WL_FRAME_BYTES_MAX || queue == nullptr) {
      figures.drops += 1;
    } else if (queue->put(frame_.data, frame_.length)) {
      figures.rx_packets += 1;
      figures.rx_bytes += frame_.length;
    } else if (spec_.speed == PortSpec::Speed::max) {
      blocked_ = true;
      break;
    } else {
      figures.drops += 1; // its moment has passed
    }
    count += 1;
    advance();
  }
  return count;
}

void CapturePort::transmit(SentFrames &frames, uint64_t, PortFigures &figures) {
  if (output_ == nullptr) return count_sent(frames, figures);
  const uint64_t time = clock_.now_ns();
  frames.each([&](const FrameView &frame) {
    figures.tx_packets += 1;
    figures.tx_bytes += frame.length;
    output_->write(time, frame.data, frame.length);
  });
}

} // namespace wl
