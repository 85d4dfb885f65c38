/* The seeded hash of the flow tables: NH (RFC 4418) and a multiplication; of short keys one product. Twin of src/kit/hash.ts. */
#ifndef WL_HASH_H
#define WL_HASH_H

#include "wl_base.h"

#define WL_HASH_WORDS_MAX 16

WL_INLINE uint32_t wl_mix(uint32_t value) {
  uint32_t mixed = (value ^ (value >> 16)) * 0x85ebca6bu;
  mixed = (mixed ^ (mixed >> 13)) * 0xc2b2ae35u;
  return mixed ^ (mixed >> 16);
}

/* Keys for one table, drawn from the run's seed and the table's number. */
static inline void wl_hash_keys(uint32_t keys[WL_HASH_WORDS_MAX], uint32_t seed, uint32_t table) {
  uint32_t state = seed ^ ((table + 1) * 0x9e3779b9u);
  for (uint32_t index = 0; index < WL_HASH_WORDS_MAX; index += 1) {
    state += 0x9e3779b9u;
    keys[index] = wl_mix(state);
  }
}

/* One step of NH: two words under two keys. */
WL_INLINE uint64_t wl_hash_pair(uint64_t sum, uint32_t a, uint32_t b, const uint32_t *keys) {
  return sum + (uint64_t)(uint32_t)(a + keys[0]) * (uint32_t)(b + keys[1]);
}

/* Keys of up to 64 bits: the product with an odd number that nobody knows (Dietzfelbinger and others, J. Algorithms 25, 1997).
 * What the bottom of the key tells apart is in its bits from 32 on, what only the top does, in those from 64 on, both down to
 * the lowest, which choose buckets. */
WL_INLINE uint32_t wl_hash_one(uint32_t low, uint32_t high, const uint32_t *keys) {
  const uint64_t factor = ((uint64_t)keys[1] << 32 | keys[0]) | 1;
  const unsigned __int128 product = (unsigned __int128)((uint64_t)high << 32 | low) * factor;
  return (uint32_t)(product >> 32) ^ (uint32_t)(product >> 64);
}

/* Spreads 32 bits: both halves of the product with an odd number, folded. Few steps, for a look-up waits for it. */
WL_INLINE uint32_t wl_hash_finish(uint64_t sum) {
  const uint64_t product = (uint64_t)((uint32_t)(sum >> 32) ^ (uint32_t)sum) * 0x9e3779b1u;
  return (uint32_t)(product >> 32) ^ (uint32_t)product;
}

#endif
