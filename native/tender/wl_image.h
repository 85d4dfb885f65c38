// An image file: read, and everything it says about itself checked before anybody relies on it.
#ifndef WL_IMAGE_FILE_H
#define WL_IMAGE_FILE_H

#include <cstdint>
#include <string>
#include <vector>

#include "../abi/wirelet_abi.h"
#include "wl_descriptor.h"
#include "wl_failure.h"

namespace wl {

// A range of the image's memory, and what the file has for its beginning; the rest is zero.
struct Segment {
  uint64_t address;
  uint64_t memory_bytes;
  uint64_t file_offset;
  uint64_t file_bytes;
  bool writable;
  bool executable;
};

class Image {
public:
  // Opens and checks `path`. Fails with WL4010 (cannot be read), WL4011 (not an image of ours),
  // WL4012 (ours, but damaged) or WL4013 (made for another version of the contract).
  bool open(const std::string &path, Failure &failure);
  // Checks what an open file holds; `path` is for messages.
  bool read(Descriptor file, const std::string &path, Failure &failure);
  // Takes the description of an image that is in this process already, whose addresses are pointers.
  bool describe(const wl_image_info &info, const std::string &path, Failure &failure);

  const wl_image_info &info() const { return info_; }
  // Sorted by address, without overlap, all within the image's memory.
  const std::vector<Segment> &segments() const { return segments_; }
  uint64_t end() const { return info_.base + info_.memory_bytes; }

  // Copies the file's bytes of all segments to `memory`, which begins at the image's base.
  bool load(uint8_t *memory, Failure &failure) const;

private:
  bool read_headers(Failure &failure);
  bool read_info(Failure &failure);
  bool check_layout(Failure &failure) const;
  bool check_segments(Failure &failure) const;
  bool check_tables(Failure &failure) const;
  bool check_interfaces(Failure &failure) const;
  bool check_ring(const wl_ring_info &ring, const char *name, Failure &failure) const;
  bool within(uint64_t address, uint64_t bytes, uint64_t from, uint64_t to, uint64_t alignment) const;
  bool damaged(const std::string &what, Failure &failure) const;
  bool not_ours(const std::string &why, Failure &failure) const;
  bool take(void *to, uint64_t offset, uint64_t bytes) const;

  Descriptor file_;
  std::string path_;
  uint64_t file_bytes_ = 0;
  std::vector<Segment> segments_;
  uint64_t info_offset_ = 0;
  wl_image_info info_{};
};

} // namespace wl

#endif
