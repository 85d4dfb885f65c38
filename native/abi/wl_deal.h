/*
 * How frames are dealt out to the processors of an appliance, as far as an image has to know it: who chooses a port for a flow
 * chooses one whose answers come to its own processor. native/vswitch/wl_steering.h deals frames out; src/run/steering.ts is
 * the twin of both.
 */
#ifndef WL_DEAL_H
#define WL_DEAL_H

#include <stdint.h>

static inline uint32_t wl_deal_mix(uint32_t hash, uint32_t value) {
  hash = (hash ^ value) * 0x9e3779b1u;
  return hash ^ hash >> 15;
}

/* Adds two ports; both ways round it is the same. */
static inline uint32_t wl_deal_ports(uint32_t hash, uint32_t a, uint32_t b) { return wl_deal_mix(hash, ((a + b) & 0xffff) | (a ^ b) << 16); }

/* 0 .. cores - 1 */
static inline uint32_t wl_deal_choose(uint32_t hash, uint32_t cores) {
  hash = (hash ^ hash >> 16) * 0x85ebca6bu;
  hash ^= hash >> 13;
  return (uint32_t)((uint64_t)hash * cores >> 32);
}

#endif
