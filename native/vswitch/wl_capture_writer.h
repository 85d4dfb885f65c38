// Writes captures: classic pcap, little-endian, nanoseconds, Ethernet; the twin of src/capture/write.ts.
#ifndef WL_CAPTURE_WRITER_H
#define WL_CAPTURE_WRITER_H

#include <memory>
#include <string>

#include "../abi/wirelet_abi.h"
#include "../tender/wl_descriptor.h"
#include "../tender/wl_failure.h"

namespace wl {

class CaptureWriter {
public:
  static constexpr uint32_t kBufferBytes = 64 << 10;

  // Creates or empties `path`. Fails with WL4022.
  static std::unique_ptr<CaptureWriter> create(const std::string &path, Failure &failure);

  // Appends a frame of WL_FRAME_BYTES_MAX at most; `timestamp` is in nanoseconds since 1970. After an error of the file nothing is written.
  void write(uint64_t timestamp, const uint8_t *data, uint32_t length);
  // Hands everything to the operating system. Fails with WL4023; the file then ends with a whole frame.
  bool flush(Failure &failure);
  bool failed() const { return error_ != 0; }

private:
  CaptureWriter(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)), buffer_(new uint8_t[kBufferBytes]) {}
  void put(const void *bytes, uint32_t count);
  void drain();
  uint32_t whole_bytes(uint32_t limit) const;

  std::string path_;
  Descriptor file_;
  std::unique_ptr<uint8_t[]> buffer_; // whole records, so that a file that takes no more can be cut between two
  uint32_t used_ = 0;
  uint64_t written_ = 0; // bytes handed to the file before the buffer's
  int error_ = 0;
};

} // namespace wl

#endif
