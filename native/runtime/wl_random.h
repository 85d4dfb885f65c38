/* Seeded random numbers (SplitMix32 with the mix of wl_hash.h). Twin of src/kit/random.ts. */
#ifndef WL_RANDOM_H
#define WL_RANDOM_H

#include "wl_hash.h"

WL_INLINE uint32_t wl_random_seed(uint32_t seed, uint32_t instance) {
  return wl_mix(seed ^ (instance + 1) * 0x85ebca6bu);
}

WL_INLINE uint32_t wl_random_u32(uint32_t *state) {
  *state += 0x9e3779b9u;
  return wl_mix(*state);
}

WL_INLINE uint32_t wl_random_below(uint32_t *state, uint32_t bound) {
  return (uint32_t)((uint64_t)wl_random_u32(state) * bound >> 32);
}

#endif
