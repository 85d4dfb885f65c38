// Captures as both readers and the writer see them; the twin of src/capture/frame.ts.
#ifndef WL_CAPTURE_H
#define WL_CAPTURE_H

#include <cstdint>
#include <string>

namespace wl {

constexpr uint32_t kLinkTypeEthernet = 1;
// Longest record that is believed; a larger length means a damaged file.
constexpr uint32_t kRecordBytesMax = 262144;

struct CapturedFrame {
  uint64_t timestamp_ns; // since 1970
  const uint8_t *data;   // valid until the next frame is read; of a frame longer than we take, only its beginning
  uint32_t length;
};

// What is wrong with a capture, and where; the frames before it are good.
struct CaptureDamage {
  std::string message;
  std::string hint;
};

} // namespace wl

#endif
