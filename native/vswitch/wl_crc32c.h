// CRC-32C (Castagnoli; RFC 3720, appendix B.4).
#ifndef WL_CRC32C_H
#define WL_CRC32C_H

#include <cstdint>

namespace wl {

uint32_t crc32c(const uint8_t *data, uint32_t length);

} // namespace wl

#endif
