/*
 * The walk through the tables of a decision program (src/compile/index-tables.ts). A node is four words:
 * base, limit, where its entries begin, and in the last word: entry beyond the limit << 16 | shift << 8 |
 * variable. One step takes the same instructions whatever the packet holds, so nothing is mispredicted.
 */
#ifndef WL_CLASSIFY_H
#define WL_CLASSIFY_H

#include "wl_base.h"

WL_INLINE uint32_t wl_index_entry(const uint32_t *node, const uint32_t *variables) {
  const uint32_t rest = node[3];
  const uint32_t distance = variables[rest & 0xff] - node[0];
  return node[2] + (distance <= node[1] ? distance >> (rest >> 8 & 31) : rest >> 16);
}

#endif
