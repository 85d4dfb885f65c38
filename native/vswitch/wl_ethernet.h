// The header of an Ethernet frame (IEEE 802.3, 802.1Q), and numbers as frames have them: the higher byte first.
#ifndef WL_ETHERNET_H
#define WL_ETHERNET_H

#include <cstdint>

namespace wl {

constexpr uint32_t kEthernetBytes = 14, kTagBytes = 4;

inline uint32_t load16(const uint8_t *at) { return static_cast<uint32_t>(at[0] << 8 | at[1]); }

inline void store16(uint8_t *at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

} // namespace wl

#endif
