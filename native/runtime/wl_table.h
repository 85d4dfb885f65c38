/*
 * Flow tables: at most two buckets of eight slots per look-up. Twin of src/kit/table.ts, slot for slot.
 *
 * The generated code gives each table a row type (key and fields of one entry side by side), and these
 * parts: `tags`, one byte per slot; `rows`; `table`, a struct wl_table. What depends on the key's type is
 * written as macros; the rest as functions over the tags.
 */
#ifndef WL_TABLE_H
#define WL_TABLE_H

#include <emmintrin.h>

#include "wl_hash.h"

#define WL_BUCKET_SLOTS 8
#define WL_BUCKET_ROOM_TO_SPARE(slots) ((slots) > 65536 ? 6 : 7)

struct wl_table {
  uint32_t keys[WL_HASH_WORDS_MAX];
  uint32_t used;
  uint64_t evictions;
};

struct wl_buckets { /* first slots of the two buckets for a hash */
  uint32_t first;
  uint32_t second;
};

WL_INLINE struct wl_buckets wl_table_buckets(uint32_t hash, uint32_t slots) {
  const uint32_t mask = slots / WL_BUCKET_SLOTS - 1;
  return (struct wl_buckets){(hash & mask) * WL_BUCKET_SLOTS, (((hash * 0x9e3779b1u) >> 8) & mask) * WL_BUCKET_SLOTS};
}

WL_INLINE uint8_t wl_table_tag(uint32_t hash) { return (uint8_t)(0x80 | hash >> 25); }

/* Bit n is set when slot `bucket + n` has this tag; all bits above those of the bucket are set. */
WL_INLINE uint32_t wl_table_tagged(const uint8_t *tags, uint32_t bucket, uint8_t tag) {
  const __m128i group = _mm_loadl_epi64((const __m128i *)(tags + bucket));
  /* The tag eight times: sixteen would take a step more. */
  const __m128i one = _mm_cvtsi32_si128((int32_t)tag);
  const __m128i eight = _mm_shufflelo_epi16(_mm_unpacklo_epi8(one, one), 0);
  return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(group, eight));
}

/* The same, and no other bits. */
WL_INLINE uint32_t wl_table_candidates(const uint8_t *tags, uint32_t bucket, uint8_t tag) { return wl_table_tagged(tags, bucket, tag) & 0xff; }

/* The number in its bucket of the first slot that has this tag; WL_BUCKET_SLOTS if none has it. */
WL_INLINE uint32_t wl_table_first(const uint8_t *tags, uint32_t bucket, uint8_t tag) { return wl_lowest_bit(wl_table_tagged(tags, bucket, tag)); }

/* Sets `result` to the slot for which `matches` holds (an expression over the variable `slot`), or -1. */
#define WL_TABLE_FIND(result, tags, slot_count, hash, slot, matches)                         \
  do {                                                                                       \
    const struct wl_buckets wl_buckets_ = wl_table_buckets((hash), (slot_count));             \
    const uint8_t wl_tag_ = wl_table_tag(hash);                                              \
    (result) = -1;                                                                           \
    for (uint32_t wl_side_ = 0; wl_side_ < 2 && (result) < 0; wl_side_ += 1) {               \
      const uint32_t wl_bucket_ = wl_side_ == 0 ? wl_buckets_.first : wl_buckets_.second;     \
      uint32_t wl_found_ = wl_table_candidates((tags), wl_bucket_, wl_tag_);                  \
      for (; wl_found_ != 0; wl_found_ &= wl_found_ - 1) {                                   \
        const uint32_t slot = wl_bucket_ + wl_lowest_bit(wl_found_);               \
        if (WL_LIKELY(matches)) {                                                            \
          (result) = (int32_t)slot;                                                          \
          break;                                                                             \
        }                                                                                    \
      }                                                                                      \
    }                                                                                        \
  } while (0)

/* Where the entry with this hash most likely is: the first slot with its tag; some slot of its buckets if none has it. */
WL_INLINE uint32_t wl_table_guess(const uint8_t *tags, uint32_t slots, uint32_t hash) {
  const struct wl_buckets buckets = wl_table_buckets(hash, slots);
  const uint8_t tag = wl_table_tag(hash);
  const uint32_t first = wl_table_first(tags, buckets.first, tag);
  if (WL_LIKELY(first < WL_BUCKET_SLOTS)) return buckets.first + first;
  return buckets.second + wl_lowest_bit(wl_table_candidates(tags, buckets.second, tag) | 1u << (WL_BUCKET_SLOTS - 1));
}

/* The slot where a new entry with this hash goes, or -1 when both its buckets are full. */
WL_INLINE int32_t wl_table_free_slot(const uint8_t *tags, uint32_t slots, uint32_t hash) {
  const struct wl_buckets buckets = wl_table_buckets(hash, slots);
  const uint32_t first = wl_table_candidates(tags, buckets.first, 0);
  const int in_first = WL_BUCKET_SLOTS - __builtin_popcount(first);
  if (in_first < WL_BUCKET_ROOM_TO_SPARE(slots)) return (int32_t)(buckets.first + (uint32_t)__builtin_ctz(first));
  const uint32_t second = wl_table_candidates(tags, buckets.second, 0);
  const int in_second = WL_BUCKET_SLOTS - __builtin_popcount(second);
  if (in_first <= in_second) {
    return first == 0 ? -1 : (int32_t)(buckets.first + (uint32_t)__builtin_ctz(first));
  }
  return (int32_t)(buckets.second + (uint32_t)__builtin_ctz(second));
}

/* Sets `result` to the entry of the two buckets with the lowest `age` (an expression over `slot`), the
 * first of equals, or -1 when both are empty. */
#define WL_TABLE_OLDEST(result, tags, slot_count, hash, slot, age)                                     \
  do {                                                                                                 \
    const struct wl_buckets wl_buckets_ = wl_table_buckets((hash), (slot_count));                       \
    int64_t wl_lowest_ = 0;                                                                            \
    (result) = -1;                                                                                     \
    for (uint32_t wl_index_ = 0; wl_index_ < 2 * WL_BUCKET_SLOTS; wl_index_ += 1) {                    \
      const uint32_t slot = wl_index_ < WL_BUCKET_SLOTS ? wl_buckets_.first + wl_index_                 \
                                                        : wl_buckets_.second + wl_index_ - WL_BUCKET_SLOTS; \
      if ((tags)[slot] != 0 && ((result) < 0 || (int64_t)(age) < wl_lowest_)) {                         \
        (result) = (int32_t)slot;                                                                      \
        wl_lowest_ = (int64_t)(age);                                                                   \
      }                                                                                                \
    }                                                                                                  \
  } while (0)

WL_INLINE void wl_table_remove(struct wl_table *table, uint8_t *tags, uint32_t slot) {
  if (tags[slot] == 0) return;
  tags[slot] = 0;
  table->used -= 1;
}

#endif
