// Frames of a capture file, pcap or pcapng, in file order; the twin of src/capture/read.ts.
#ifndef WL_CAPTURE_READER_H
#define WL_CAPTURE_READER_H

#include <vector>

#include "../abi/wirelet_abi.h"
#include "../tender/wl_failure.h"
#include "wl_capture.h"
#include "wl_file_reader.h"

namespace wl {

class CaptureReader {
public:
  // Fails with WL4020 if the file cannot be opened. What is wrong inside shows as damage.
  static std::unique_ptr<CaptureReader> open(const std::string &path, Failure &failure);

  // False at the end, and where the file stops making sense: see damage().
  bool next(CapturedFrame &frame);
  const std::string &path() const { return path_; }
  bool damaged() const { return !damage_.message.empty(); }
  const CaptureDamage &damage() const { return damage_; }

private:
  enum class Format { unknown, pcap, pcapng };
  struct Interface {
    uint32_t link;
    uint32_t snap_length;
    uint8_t resolution; // if_tsresol
    int64_t offset_s;   // if_tsoffset
  };

  CaptureReader(std::string path, Descriptor file) : path_(std::move(path)), reader_(std::move(file)), data_(new uint8_t[WL_FRAME_BYTES_MAX]) {}
  bool begin();
  bool wrong(std::string message, std::string hint = {});
  uint32_t u32(const uint8_t *at) const;
  uint16_t u16(const uint8_t *at) const;
  uint64_t take_frame(uint32_t length);

  // classic pcap
  bool begin_pcap(uint32_t magic);
  bool next_pcap(CapturedFrame &frame);
  bool cut_off_record(uint64_t at, uint64_t got, uint64_t wanted);

  // pcapng
  bool next_pcapng(CapturedFrame &frame);
  bool section(uint64_t at);
  bool block(uint32_t type, uint64_t at, CapturedFrame &frame, bool *found);
  bool describe_interface(uint32_t bytes, uint64_t at);
  bool timed_packet(uint32_t type, uint32_t bytes, uint64_t at, CapturedFrame &frame);
  bool simple_packet(uint32_t bytes, uint64_t at, CapturedFrame &frame);
  bool leave_block(uint64_t end, uint64_t at);
  bool check_link(const Interface &from);
  bool damaged_block(uint64_t at);
  bool cut_off_block(uint64_t at);

  std::string path_;
  FileReader reader_;
  std::unique_ptr<uint8_t[]> data_; // of the frame in hand
  Format format_ = Format::unknown;
  bool ended_ = false;
  bool little_ = true;
  uint32_t scale_ = 1; // nanoseconds of a pcap fraction
  uint64_t count_ = 0; // frames so far
  bool at_section_ = false;
  std::vector<Interface> interfaces_;
  CaptureDamage damage_;
};

} // namespace wl

#endif
