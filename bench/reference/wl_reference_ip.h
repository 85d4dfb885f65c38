/* IPv4 by hand: the header check, and checksums updated by differences. */
#ifndef WL_REFERENCE_IP_H
#define WL_REFERENCE_IP_H

/* The number of the counter for what is wrong with the header, or 0. */
WL_INLINE uint32_t wrong_header(const uint8_t *ip, int64_t length) {
  if (length < 20) return 1;
  if (ip[0] >> 4 != 4) return 2;
  const uint32_t header = (ip[0] & 15) * 4u, total = wl_load16(ip + 2);
  if (header < 20 || header > length || total < header || total > length) return 3;
  if (WL_LIKELY(header == 20)) {
    uint64_t a, b;
    uint32_t c;
    __builtin_memcpy(&a, ip, 8);
    __builtin_memcpy(&b, ip + 8, 8);
    __builtin_memcpy(&c, ip + 16, 4);
    uint64_t sum = (a & 0xffffffff) + (a >> 32) + (b & 0xffffffff) + (b >> 32) + c;
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)(sum + (sum >> 16)) == 0xffff ? 0 : 4;
  }
  return wl_sum(ip, header) == 0xffff ? 0 : 4;
}

/* The length of the header before a datagram, or before a segment of at least so many bytes; 0: it is something else, a later fragment or wrong, and was counted. */
WL_INLINE uint32_t header_before_ports(const uint8_t *ip, int64_t bytes, int64_t segment_bytes) {
  const uint32_t wrong = wrong_header(ip, bytes);
  if (WL_UNLIKELY(wrong)) {
    wl_count(wrong, 1);
    return 0;
  }
  const uint32_t header = (ip[0] & 15) * 4u;
  const int64_t length = wl_load16(ip + 2) - header;
  if (WL_LIKELY((ip[9] == 6 || ip[9] == 17) && (wl_load16(ip + 6) & 0x1fff) == 0 && length >= (ip[9] == 6 ? segment_bytes : 8))) return header;
  wl_count(5, 1);
  return 0;
}

/* What a 32-bit word's change adds to a sum (RFC 1624): ~old + new, a sum of words of 32 bits. */
WL_INLINE uint64_t difference32(uint32_t old, uint32_t new) { return (uint64_t)(uint32_t)~old + new; }

#endif
