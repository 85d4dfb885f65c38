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

#endif
