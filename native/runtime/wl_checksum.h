/* The Internet checksum (RFC 1071). Twin of `checksum.sum` in src/kit/checksum.ts. */
#ifndef WL_CHECKSUM_H
#define WL_CHECKSUM_H

#include "wl_base.h"

/* The 16-bit one's complement sum of `bytes` bytes, an odd last one padded with zero. */
WL_INLINE uint32_t wl_sum(const uint8_t *at, uint64_t bytes) {
  /* The sum is the same in either byte order but for a swap at the end (RFC 1071, section 2, B). */
  uint64_t sum = 0;
  while (bytes >= 4) {
    uint32_t word;
    __builtin_memcpy(&word, at, 4);
    sum += word;
    at += 4;
    bytes -= 4;
  }
  if (bytes >= 2) {
    uint16_t word;
    __builtin_memcpy(&word, at, 2);
    sum += word;
    at += 2;
    bytes -= 2;
  }
  if (bytes == 1) sum += *at;
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return __builtin_bswap16((uint16_t)sum);
}

#endif
