#include "wl_file_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace wl {

const uint8_t *FileReader::take(uint32_t count, uint32_t *got) {
  if (end_ - start_ < count) fill(count);
  const uint8_t *at = buffer_.get() + start_;
  *got = std::min(count, end_ - start_);
  start_ += *got;
  position_ += *got;
  return at;
}

uint64_t FileReader::copy(uint8_t *to, uint64_t count) {
  uint64_t done = 0;
  while (done < count) {
    uint32_t got;
    const auto wanted = static_cast<uint32_t>(std::min<uint64_t>(count - done, kBufferBytes / 2));
    const uint8_t *from = take(wanted, &got);
    if (to != nullptr) memcpy(to + done, from, got);
    done += got;
    if (got < wanted) break;
  }
  return done;
}

void FileReader::fill(uint32_t wanted) {
  memmove(buffer_.get(), buffer_.get() + start_, end_ - start_);
  end_ -= start_;
  start_ = 0;
  while (end_ < wanted && !ended_) {
    const ssize_t got = read(file_.get(), buffer_.get() + end_, kBufferBytes - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error_ = errno;
    ended_ = got <= 0;
    if (got > 0) end_ += static_cast<uint32_t>(got);
  }
}

} // namespace wl
