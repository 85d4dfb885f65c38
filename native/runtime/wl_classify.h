/*
 * The walk through the tables of a decision program (src/compile/index-tables.ts). A node is four words:
 * base, factor, where its entries begin, and number of entries << 8 | variable. One step takes the same
 * instructions whatever the packet holds, so nothing is mispredicted.
 */
#ifndef WL_CLASSIFY_H
#define WL_CLASSIFY_H

#include "wl_base.h"

/* The value of the node's variable. */
WL_INLINE uint32_t wl_index_variable(const uint32_t *node, const uint32_t *variables) { return variables[node[3] & 0xff]; }

/* The entry for a value: the last one for all values outside the others. */
WL_INLINE uint32_t wl_index_entry(const uint32_t *node, uint32_t value) {
  const uint64_t entry = (uint64_t)(value - node[0]) * node[1] >> 31;
  const uint32_t last = node[3] >> 8;
  return node[2] + (entry < last ? (uint32_t)entry : last);
}

/*
 * Lists of four rules. For each of `width` values: the four low ends of the rules' ranges, then the four
 * widths of the ranges, with the highest bit flipped: SSE2 compares signed numbers only.
 */
typedef uint32_t wl_lanes __attribute__((vector_size(16)));
typedef int32_t wl_signed_lanes __attribute__((vector_size(16)));

/* Bit n is set where lane n holds. */
WL_INLINE uint32_t wl_lanes_mask(wl_signed_lanes holds) {
#if defined(__SSE2__)
  typedef float wl_float_lanes __attribute__((vector_size(16)));
  return (uint32_t)__builtin_ia32_movmskps((wl_float_lanes)holds);
#else
  return (holds[0] & 1) | (holds[1] & 2) | (holds[2] & 4) | (holds[3] & 8);
#endif
}

/* The number of the first rule all of whose ranges hold their value; 4 if there is none. */
WL_INLINE uint32_t wl_list_first(const uint32_t *list, const uint32_t *values, uint32_t width) {
  wl_signed_lanes holds = {-1, -1, -1, -1};
  for (uint32_t index = 0; index < width; index += 1) {
    wl_lanes low, range;
    __builtin_memcpy(&low, list + 8 * index, 16);
    __builtin_memcpy(&range, list + 8 * index + 4, 16);
    const uint32_t value = values[index];
    const wl_lanes distance = ((wl_lanes){value, value, value, value} - low) ^ 0x80000000u;
    holds &= (wl_signed_lanes)distance <= (wl_signed_lanes)range;
  }
  return wl_lowest_bit(wl_lanes_mask(holds) | 16);
}

/*
 * Rules under a hash. Each has, for `registers` times four values, the four low ends of its ranges and then their four widths,
 * with the highest bit flipped. The number of the first of `count` rules from `from` on, all of whose ranges hold their value;
 * `none` if there is none.
 */
WL_INLINE uint32_t wl_slot_rule(const uint32_t *rules, uint32_t from, uint32_t count, const wl_lanes *values, uint32_t registers, uint32_t none) {
  const uint32_t *const first = rules + (size_t)(8 * registers) * from;
  uint32_t found = none;
  for (uint32_t rule = count; rule-- > 0;) {
    wl_signed_lanes holds = {-1, -1, -1, -1};
    for (uint32_t index = 0; index < registers; index += 1) {
      wl_lanes low, range;
      __builtin_memcpy(&low, first + 8 * (registers * rule + index), 16);
      __builtin_memcpy(&range, first + 8 * (registers * rule + index) + 4, 16);
      holds &= (wl_signed_lanes)((values[index] - low) ^ 0x80000000u) <= (wl_signed_lanes)range;
    }
    /* Which rule it is cannot be foreseen, and of a choice C makes a branch where it likes. */
    __asm__("testl %1, %1\n\tcmovel %2, %0" : "+r"(found) : "r"(wl_lanes_mask(holds) ^ 15), "r"(from + rule) : "cc");
  }
  return found;
}

#endif
