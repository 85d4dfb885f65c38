/* The Internet checksum (RFC 1071). Twin of `checksum.sum` in src/kit/checksum.ts. */
#ifndef WL_CHECKSUM_H
#define WL_CHECKSUM_H

#include "wl_base.h"

/* A 64-bit sum as 16 bits: halves are added with their carry, so that only zero becomes zero. */
WL_INLINE uint16_t wl_sum_fold(uint64_t sum) {
  sum += sum >> 32 | sum << 32;
  uint32_t half = (uint32_t)(sum >> 32);
  half += half >> 16 | half << 16;
  return (uint16_t)(half >> 16);
}

/*
 * A checksum after differences of less than 2^56 in all, as `checksum.apply` of src/kit/checksum.ts. It is computed in the order of
 * memory, in which it is loaded and stored: 256 times a sum is the sum with its bytes swapped (RFC 1071, section 2, B).
 */
WL_INLINE uint16_t wl_sum_apply(uint16_t checksum, uint64_t differences) {
  const uint16_t stored = __builtin_bswap16(checksum);
  return __builtin_bswap16((uint16_t)~wl_sum_fold((differences << 8) + 0xffff - stored));
}

/* A checksum after a word fell by an amount, as `checksum.subtract` of src/kit/checksum.ts; in the order of memory, too. */
WL_INLINE uint16_t wl_sum_subtract(uint16_t checksum, uint16_t amount) {
  const uint32_t total = (uint32_t)__builtin_bswap16(checksum) + __builtin_bswap16(amount);
  return __builtin_bswap16((uint16_t)(total + (total >= 0xffff)));
}

/* The sum of any number of bytes; out of line, for headers without options are what comes. */
WL_OUTLINE uint32_t wl_sum_any(const uint8_t *at, uint64_t bytes) {
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
  return __builtin_bswap16(wl_sum_fold(sum));
}

/* The 16-bit one's complement sum of `bytes` bytes, an odd last one padded with zero. */
WL_INLINE uint32_t wl_sum(const uint8_t *at, uint64_t bytes) {
  if (WL_UNLIKELY(bytes != 20)) return wl_sum_any(at, bytes);
  /* An IPv4 header without options. */
  uint64_t first, second;
  uint32_t last;
  __builtin_memcpy(&first, at, 8);
  __builtin_memcpy(&second, at + 8, 8);
  __builtin_memcpy(&last, at + 16, 4);
  const uint64_t sum = (first & 0xffffffff) + (first >> 32) + (second & 0xffffffff) + (second >> 32) + last;
  return __builtin_bswap16(wl_sum_fold(sum));
}

#endif
