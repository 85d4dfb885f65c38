/*
 * Tables by hand in buckets of eight slots, in a cache line of tags for eight buckets: a byte of the hash for each slot, all of
 * a bucket compared at once, so that nothing is left to guess for a predictor (the idea of Swiss tables). An entry is in one of
 * two buckets, in the second only once the first is nearly full. What tags lead to is asked for before it is compared.
 */
#ifndef WL_REFERENCE_TAGS_H
#define WL_REFERENCE_TAGS_H

#include <emmintrin.h>

#include "wl_reference_hash.h"

#define SLOTS 8
/* In a first bucket with as many entries, a new one goes to the emptier of both. */
#define NEARLY_FULL(slots) ((slots) > 65536 ? 6 : 7)

/* The first slots of both buckets of a hash; `slots` is a power of two. */
WL_INLINE uint32_t bucket_of(uint32_t hash, uint32_t side, uint32_t slots) {
  return (side == 0 ? hash * SLOTS : (hash * 0x9e3779b1u) >> 8) & (slots - SLOTS);
}

/* Never 0, which is the tag of a free slot. */
WL_INLINE uint8_t tag_of(uint32_t hash) { return (uint8_t)(hash >> 24 | 0x80); }

/* A bit for each of the eight slots from `bucket` on that has this tag; all bits above are set. */
WL_INLINE uint32_t tagged(const uint8_t *tags, uint32_t bucket, uint8_t tag) {
  const __m128i one = _mm_cvtsi32_si128(tag), eight = _mm_shufflelo_epi16(_mm_unpacklo_epi8(one, one), 0);
  return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadl_epi64((const __m128i *)(tags + bucket)), eight));
}

/* Where the entry of a hash is, if its table has it and no other one has the same tag. */
WL_INLINE uint32_t likely_slot(const uint8_t *tags, uint32_t hash, uint32_t slots) {
  const uint32_t first = bucket_of(hash, 0, slots), in_first = (uint32_t)__builtin_ctz(tagged(tags, first, tag_of(hash)));
  if (WL_LIKELY(in_first < SLOTS)) return first + in_first;
  const uint32_t second = bucket_of(hash, 1, slots);
  return second + ((uint32_t)__builtin_ctz(tagged(tags, second, tag_of(hash))) & (SLOTS - 1));
}

/* Sets `place` to the slot `at` of both buckets for which `same` is true, or to -1. */
#define FIND_TAGGED(place, tags, hash, slots, at, same)                                                        \
  do {                                                                                                         \
    (place) = -1;                                                                                              \
    for (uint32_t side = 0; side < 2 && (place) < 0; side += 1) {                                              \
      for (uint32_t left = tagged((tags), bucket_of((hash), side, (slots)), tag_of(hash)) & 255; left != 0; left &= left - 1) { \
        const uint32_t at = bucket_of((hash), side, (slots)) + (uint32_t)__builtin_ctz(left);                  \
        if (same) (place) = at;                                                                                \
      }                                                                                                        \
    }                                                                                                          \
  } while (0)

/* A free slot for a new entry, or -1 where both buckets are full. */
static int64_t free_slot(const uint8_t *tags, uint32_t hash, uint32_t slots) {
  const uint32_t first = bucket_of(hash, 0, slots), second = bucket_of(hash, 1, slots);
  const uint32_t in_first = tagged(tags, first, 0) & 255, in_second = tagged(tags, second, 0) & 255;
  const uint32_t room = (uint32_t)__builtin_popcount(in_first), other_room = (uint32_t)__builtin_popcount(in_second);
  if (room > SLOTS - NEARLY_FULL(slots) || (room >= other_room && room > 0)) return first + (uint32_t)__builtin_ctz(in_first);
  return other_room > 0 ? second + (uint32_t)__builtin_ctz(in_second) : -1;
}

#endif
