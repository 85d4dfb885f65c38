// Reads a file front to back through a small buffer, so that captures of any size take little memory.
#ifndef WL_FILE_READER_H
#define WL_FILE_READER_H

#include <cstdint>
#include <memory>

#include "../tender/wl_descriptor.h"

namespace wl {

class FileReader {
public:
  static constexpr uint32_t kBufferBytes = 32 << 10;

  explicit FileReader(Descriptor file) : file_(std::move(file)), buffer_(new uint8_t[kBufferBytes]) {}

  // The next `count` bytes (at most kBufferBytes) and in `got` how many there are: fewer only at the file's
  // end. Valid until the next call.
  const uint8_t *take(uint32_t count, uint32_t *got);
  // The next `count` bytes copied to `to` (unless it is null); how many there were.
  uint64_t copy(uint8_t *to, uint64_t count);
  // Bytes taken so far.
  uint64_t position() const { return position_; }
  // An errno value if reading failed; then the file seems to end there.
  int error() const { return error_; }

private:
  void fill(uint32_t wanted);

  Descriptor file_;
  std::unique_ptr<uint8_t[]> buffer_;
  uint32_t start_ = 0, end_ = 0;
  bool ended_ = false;
  int error_ = 0;
  uint64_t position_ = 0;
};

} // namespace wl

#endif
