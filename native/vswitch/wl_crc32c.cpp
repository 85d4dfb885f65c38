#include "wl_crc32c.h"

#include <cstring>

namespace wl {

namespace {

constexpr uint32_t kPolynomial = 0x82f63b78; // reflected

uint32_t by_bits(uint32_t crc, const uint8_t *data, uint32_t length) {
  for (; length > 0; length -= 1) {
    crc ^= *data++;
    for (uint32_t bit = 0; bit < 8; bit += 1) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
  }
  return crc;
}

__attribute__((target("sse4.2"))) uint32_t by_instruction(uint32_t crc, const uint8_t *data, uint32_t length) {
  uint64_t wide = crc;
  for (; length >= 8; data += 8, length -= 8) {
    uint64_t word;
    memcpy(&word, data, 8);
    wide = __builtin_ia32_crc32di(wide, word);
  }
  crc = static_cast<uint32_t>(wide);
  for (; length > 0; length -= 1) crc = __builtin_ia32_crc32qi(crc, *data++);
  return crc;
}

const bool kHasInstruction = __builtin_cpu_supports("sse4.2") != 0;

} // namespace

uint32_t crc32c(const uint8_t *data, uint32_t length) {
  return ~(kHasInstruction ? by_instruction(0xffffffff, data, length) : by_bits(0xffffffff, data, length));
}

} // namespace wl
