// Readers of captures against files that are cut off, damaged or random; the writer against a full disk.
#include "wl_capture_reader.h"
#include "wl_capture_writer.h"
#include "wl_test.h"

#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <vector>

using namespace wl;
using wl::test::Random;
using wl::test::TemporaryFile;

namespace {

void put16(std::string &to, uint32_t value, bool little) {
  for (int byte = 0; byte < 2; byte += 1) to += static_cast<char>(value >> (little ? 8 * byte : 8 - 8 * byte));
}
void put32(std::string &to, uint32_t value, bool little) {
  for (int byte = 0; byte < 4; byte += 1) to += static_cast<char>(value >> (little ? 8 * byte : 24 - 8 * byte));
}

std::string pcap(bool little, bool nanoseconds, uint32_t frames) {
  std::string file;
  put32(file, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, little);
  put16(file, 2, little);
  put16(file, 4, little);
  for (const uint32_t word : {0u, 0u, 262144u, 1u}) put32(file, word, little);
  for (uint32_t frame = 0; frame < frames; frame += 1) {
    for (const uint32_t word : {1000 + frame, 5u, 20 + frame, 20 + frame}) put32(file, word, little);
    file.append(20 + frame, static_cast<char>('a' + frame));
  }
  return file;
}

void block(std::string &file, uint32_t type, const std::string &body, bool little) {
  const auto length = static_cast<uint32_t>(12 + (body.size() + 3) / 4 * 4);
  put32(file, type, little);
  put32(file, length, little);
  file += body;
  file.append((4 - body.size() % 4) % 4, '\0');
  put32(file, length, little);
}

std::string pcapng(bool little, uint8_t resolution, uint64_t units, uint32_t frames) {
  std::string file, body;
  put32(body, 0x1a2b3c4d, little);
  put16(body, 1, little);
  put16(body, 0, little);
  body.append(8, '\xff');
  block(file, 0x0a0d0d0a, body, little);
  body.clear();
  put16(body, 1, little);
  put16(body, 0, little);
  put32(body, 0, little);
  put16(body, 9, little);
  put16(body, 1, little);
  body += static_cast<char>(resolution);
  body.append(3, '\0');
  put32(body, 0, little);
  block(file, 1, body, little);
  for (uint32_t frame = 0; frame < frames; frame += 1) {
    body.clear();
    put32(body, 0, little);
    put32(body, static_cast<uint32_t>(units >> 32), little);
    put32(body, static_cast<uint32_t>(units), little);
    put32(body, 30 + frame, little);
    put32(body, 30 + frame, little);
    body.append(30 + frame, 'x');
    block(file, 6, body, little);
  }
  return file;
}

struct Reading {
  std::vector<uint64_t> times;
  std::vector<std::string> frames;
  std::string damage;
};

Reading read_all(const std::string &bytes) {
  const TemporaryFile file(bytes);
  Failure failure;
  const auto reader = CaptureReader::open(file.path(), failure);
  Reading result;
  if (reader == nullptr) return result;
  CapturedFrame frame;
  while (reader->next(frame)) {
    result.times.push_back(frame.timestamp_ns);
    result.frames.emplace_back(reinterpret_cast<const char *>(frame.data), frame.length <= WL_FRAME_BYTES_MAX ? frame.length : 0);
  }
  result.damage = reader->damage().message;
  return result;
}

} // namespace

TEST("pcap is read in both byte orders and both resolutions") {
  for (const bool little : {true, false}) {
    for (const bool nanoseconds : {true, false}) {
      const Reading reading = read_all(pcap(little, nanoseconds, 3));
      CHECK(reading.damage.empty() && reading.frames.size() == 3);
      CHECK(reading.times[2] == 1002000000000u + (nanoseconds ? 5 : 5000));
      CHECK(reading.frames[1] == std::string(21, 'b'));
    }
  }
}

TEST("pcapng is read in both byte orders and any resolution") {
  for (const bool little : {true, false}) {
    CHECK(read_all(pcapng(little, 6, 5000001, 2)).times[1] == 5000001000u);
    CHECK(read_all(pcapng(little, 9, 5000001, 1)).times[0] == 5000001u);
    CHECK(read_all(pcapng(little, 12, 5000001, 1)).times[0] == 5000u);
    CHECK(read_all(pcapng(little, 0x80 | 10, 1536, 1)).times[0] == 1500000000u);
    CHECK(read_all(pcapng(little, 127, UINT64_MAX, 1)).times[0] == 0u);
    CHECK(read_all(pcapng(little, 0x80 | 127, UINT64_MAX, 1)).times[0] == 0u);
    CHECK(read_all(pcapng(little, 0, UINT64_MAX, 1)).times[0] == (uint64_t{1} << 52) * 1000);
    CHECK(read_all(pcapng(little, 6, 1, 2)).frames[1] == std::string(31, 'x'));
  }
}

TEST("a capture that is cut off anywhere gives the whole frames before the cut, and says so") {
  for (const std::string &whole : {pcap(true, true, 4), pcapng(true, 9, 7, 4), pcapng(false, 6, 7, 4)}) {
    const Reading all = read_all(whole);
    CHECK(all.frames.size() == 4 && all.damage.empty());
    size_t most = 0;
    for (size_t length = 0; length < whole.size(); length += 1) {
      const Reading reading = read_all(whole.substr(0, length));
      CHECK(reading.frames.size() >= most && reading.frames.size() <= 4);
      most = reading.frames.size();
      for (size_t index = 0; index < most; index += 1) CHECK(reading.frames[index] == all.frames[index]);
    }
    CHECK(most == 3);
  }
}

TEST("bytes that are no capture are called so") {
  CHECK(read_all("").damage == "it is empty");
  CHECK(read_all("abcdefgh").damage == "it is neither pcap nor pcapng");
  std::string other = pcap(true, true, 1);
  other[20] = 113;
  CHECK(read_all(other).damage == "its frames are of link type 113, not Ethernet (1)");
}

TEST("damaged captures never give a frame that is too long, nor go on for ever") {
  Random random(test::seed());
  const std::string files[] = {pcap(true, true, 6), pcap(false, false, 6), pcapng(true, 9, 7, 6), pcapng(false, 6, 7, 6)};
  for (int round = 0; round < 3000; round += 1) {
    std::string file = files[random.below(4)];
    for (uint64_t count = 1 + random.below(8); count > 0; count -= 1) file[random.below(file.size())] = static_cast<char>(random.next());
    const Reading reading = read_all(file);
    CHECK(reading.frames.size() <= file.size() / 12);
  }
}

TEST("what is written is read again, and frames longer than the buffer with it") {
  const TemporaryFile file("");
  Failure failure;
  {
    const auto writer = CaptureWriter::create(file.path(), failure);
    CHECK(writer != nullptr);
    for (uint32_t frame = 0; frame < 100; frame += 1) {
      const std::string bytes(60 + frame * 90, static_cast<char>(frame));
      writer->write(1000000000000000001u + frame, reinterpret_cast<const uint8_t *>(bytes.data()), static_cast<uint32_t>(bytes.size()));
    }
    CHECK(writer->flush(failure));
  }
  const auto reader = CaptureReader::open(file.path(), failure);
  CapturedFrame frame;
  uint32_t count = 0;
  for (; reader->next(frame); count += 1) CHECK(frame.length == 60 + count * 90 && frame.timestamp_ns == 1000000000000000001u + count);
  CHECK(count == 100 && !reader->damaged());
}

TEST("a file that takes no more ends with a whole frame") {
  const TemporaryFile file("");
  const uint8_t frame[100] = {};
  rlimit before{};
  CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit limit{50000, before.rlim_max};
  const auto signal_before = signal(SIGXFSZ, SIG_IGN);
  CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  Failure failure;
  bool flushed = true;
  {
    const auto writer = CaptureWriter::create(file.path(), failure);
    for (int index = 0; index < 1000; index += 1) writer->write(1, frame, sizeof frame);
    flushed = writer->flush(failure);
  }
  CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
  signal(SIGXFSZ, signal_before);
  CHECK(!flushed && failure.code == "WL4023");
  Failure none;
  const auto reader = CaptureReader::open(file.path(), none);
  CHECK(reader != nullptr);
  CapturedFrame read;
  uint32_t count = 0;
  while (reader->next(read)) count += 1;
  CHECK(!reader->damaged() && count == (50000 - 24) / 116);
}

TEST("a full disk is a failure with its reason") {
  if (access("/dev/full", W_OK) != 0) return;
  Failure failure;
  const auto writer = CaptureWriter::create("/dev/full", failure);
  CHECK(writer != nullptr);
  const uint8_t frame[60] = {};
  for (int index = 0; index < 5000; index += 1) writer->write(1, frame, sizeof frame);
  CHECK(!writer->flush(failure) && failure.code == "WL4023" && failure.message.find("No space left") != std::string::npos);
}
