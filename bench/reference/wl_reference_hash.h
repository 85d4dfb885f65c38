/*
 * Hashes for tables whose keys come from the network: under keys that nobody knows, as the job has it, or packets could
 * be aimed at one bucket. NH (RFC 4418) for flows; for addresses the middle of a product with an odd number
 * (Dietzfelbinger and others, J. Algorithms 25, 1997), whose upper half tells apart what differs at the top only.
 */
#ifndef WL_REFERENCE_HASH_H
#define WL_REFERENCE_HASH_H

#define WL_REFERENCE_KEYED 1
#include "wl_reference.h"

static uint32_t hash_keys[WL_HASH_WORDS_MAX];

WL_INLINE uint32_t keyed_hash(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  const uint64_t sum = (uint64_t)(a + hash_keys[0]) * (b + hash_keys[1]) + (uint64_t)(c + hash_keys[2]) * (d + hash_keys[3]);
  const uint64_t product = (uint64_t)((uint32_t)(sum >> 32) ^ (uint32_t)sum) * 0x9e3779b1u;
  return (uint32_t)(product >> 32) ^ (uint32_t)product;
}

WL_INLINE uint32_t keyed_hash_48(uint64_t address) {
  const unsigned __int128 product = (unsigned __int128)address * (((uint64_t)hash_keys[1] << 32 | hash_keys[0]) | 1);
  return (uint32_t)(product >> 32) ^ (uint32_t)(product >> 64);
}

static void wl_graph_initialize(void) { wl_hash_keys(hash_keys, wl_seed, 0); }

#endif
