#include "wl_capture_writer.h"

#include <cstring>
#include <fcntl.h>

#include "wl_capture.h"

namespace wl {

namespace {

constexpr uint32_t kMagicNanoseconds = 0xa1b23c4d;

struct FileHeader {
  uint32_t magic;
  uint16_t major, minor;
  uint32_t zone, accuracy;
  uint32_t snap_length, link_type;
};

struct RecordHeader {
  uint32_t seconds, nanoseconds;
  uint32_t captured_bytes, frame_bytes;
};

} // namespace

std::unique_ptr<CaptureWriter> CaptureWriter::create(const std::string &path, Failure &failure) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file.open()) {
    failure.set("WL4022", "capture " + path + " cannot be written: " + reason(errno), errno == ENOENT ? "Make its folder first." : "Choose a file in a folder where you may write.");
    return nullptr;
  }
  std::unique_ptr<CaptureWriter> writer(new CaptureWriter(path, std::move(file)));
  const FileHeader header{kMagicNanoseconds, 2, 4, 0, 0, kRecordBytesMax, kLinkTypeEthernet};
  writer->put(&header, sizeof header);
  return writer;
}

void CaptureWriter::write(uint64_t timestamp, const uint8_t *data, uint32_t length) {
  if (error_ != 0) return;
  if (used_ + sizeof(RecordHeader) + length > kBufferBytes) drain();
  const RecordHeader header{static_cast<uint32_t>(timestamp / 1000000000u), static_cast<uint32_t>(timestamp % 1000000000u), length, length};
  put(&header, sizeof header);
  put(data, length);
}

bool CaptureWriter::flush(Failure &failure) {
  drain();
  if (error_ == 0) return true;
  const char *hint = error_ == ENOSPC || error_ == EDQUOT ? "Free some space, or write the capture elsewhere; what is there is complete up to that point." : "";
  return failure.set("WL4023", "capture " + path_ + " cannot be written: " + reason(error_), hint);
}

void CaptureWriter::put(const void *bytes, uint32_t count) {
  static_assert(kBufferBytes >= sizeof(FileHeader) + sizeof(RecordHeader) + WL_FRAME_BYTES_MAX);
  memcpy(buffer_.get() + used_, bytes, count);
  used_ += count;
}

void CaptureWriter::drain() {
  uint32_t done = 0;
  while (done < used_ && error_ == 0) {
    const ssize_t count = ::write(file_.get(), buffer_.get() + done, used_ - done);
    if (count < 0 && errno != EINTR) error_ = errno;
    if (count > 0) done += static_cast<uint32_t>(count);
  }
  if (error_ != 0) [[maybe_unused]] const int result = ftruncate(file_.get(), static_cast<off_t>(written_ + whole_bytes(done)));
  written_ += used_;
  used_ = 0;
}

// Of the first `limit` bytes of the buffer, those of whole records; the buffer begins with one, or with the file's header.
uint32_t CaptureWriter::whole_bytes(uint32_t limit) const {
  uint32_t whole = 0;
  uint32_t next = written_ == 0 ? sizeof(FileHeader) : 0;
  while (next <= limit) {
    whole = next;
    if (whole == used_) break;
    RecordHeader header;
    memcpy(&header, buffer_.get() + whole, sizeof header);
    next = whole + static_cast<uint32_t>(sizeof header) + header.captured_bytes;
  }
  return whole;
}

} // namespace wl
