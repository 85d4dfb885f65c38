// Writes captures: classic pcap, little-endian, nanoseconds, Ethernet; the twin of src/capture/write.ts.
#ifndef WL_CAPTURE_WRITER_H
#define WL_CAPTURE_WRITER_H

#include <memory>
#include <string>

#include "../tender/wl_descriptor.h"
#include "../tender/wl_failure.h"

namespace wl {

class CaptureWriter {
public:
  static constexpr uint32_t kBufferBytes = 64 << 10;

  // Creates or empties `path`. Fails with WL4022.
  static std::unique_ptr<CaptureWriter> create(const std::string &path, Failure &failure);

  // Appends a frame; `timestamp` is in nanoseconds since 1970. After an error of the file nothing is written.
  void write(uint64_t timestamp, const uint8_t *data, uint32_t length);
  // Hands everything to the operating system. Fails with WL4023; the file then ends with a whole frame.
  bool flush(Failure &failure);
  bool failed() const { return error_ != 0; }

private:
  CaptureWriter(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)), buffer_(new uint8_t[kBufferBytes]) {}
  void put(const void *bytes, uint32_t count);
  void drain();

  std::string path_;
  Descriptor file_;
  std::unique_ptr<uint8_t[]> buffer_;
  uint32_t used_ = 0;
  uint32_t whole_ = 0;         // bytes of the buffer up to the end of its last whole frame
  uint64_t written_ = 0;       // bytes in the file
  uint64_t whole_in_file_ = 0; // bytes in the file up to the end of its last whole frame
  int error_ = 0;
};

} // namespace wl

#endif
