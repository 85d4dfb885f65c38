/*
 * Generated rules by hand. LIST names them as bench/lists.ts writes them: each is for 16 bits or more of a source and 24 or more
 * of a destination, so those that can match a packet lie behind one another under a hash of just these bits. The four values of
 * one are compared at once, and two rules without a branch, more only where there are more. firewall-tuples.c is tuple space
 * search, table by table.
 */
#include "wl_reference_rules.h"

#define SLOTS 32768

typedef uint32_t lanes __attribute__((vector_size(16)));
typedef int32_t signed_lanes __attribute__((vector_size(16)));

/* The low ends of a rule's source, destination, protocol and port, and how far they reach, the highest bit flipped: registers of SSE2 compare as signed. */
struct ranges {
  lanes low, reach;
};

/* Two more than there are: rules are looked at by twos. */
static struct ranges rules[RULES_MAX + 2];
static uint8_t allows[RULES_MAX + 2];
/* The first rule of each slot; rules of a slot are in the order of the list. */
static uint16_t first[SLOTS + 1];

WL_INLINE uint32_t slot_of(uint32_t source, uint32_t destination) {
  return ((source >> 16) * 0x9e3779b1u + (destination >> 8) * 0x85ebca6bu) >> 17;
}

WL_INLINE uint32_t slot_for(const struct rule *rule) { return slot_of(rule->source, rule->destination); }

/* Puts the rules behind each other by their slots; those of a slot keep their order. */
static __attribute__((constructor)) void sort_by_slot(void) {
  static struct rule read[RULES_MAX];
  static uint16_t next[SLOTS];
  const uint32_t count = read_rules(read);
  for (uint32_t index = 0; index < count; index += 1) first[slot_for(&read[index]) + 1] += 1;
  for (uint32_t slot = 0; slot < SLOTS; slot += 1) first[slot + 1] += first[slot];
  memcpy(next, first, sizeof next);
  for (uint32_t index = 0; index < count; index += 1) {
    const struct rule *rule = &read[index];
    const uint16_t place = next[slot_for(rule)]++;
    rules[place].low = (lanes){rule->source, rule->destination, rule->protocol, rule->low};
    rules[place].reach = (lanes){~rule->source_mask, ~rule->destination_mask, 0, rule->width} ^ 0x80000000u;
    allows[place] = rule->allow;
  }
}

WL_INLINE bool holds(const struct ranges *rule, lanes values) {
  const signed_lanes inside = (signed_lanes)((values - rule->low) ^ 0x80000000u) <= (signed_lanes)rule->reach;
  return __builtin_ia32_movmskps((float __attribute__((vector_size(16))))inside) == 15;
}

WL_INLINE bool allowed(const struct asked *asked) {
  const lanes values = {asked->source, asked->destination, asked->protocol, asked->port};
  const uint32_t slot = slot_of(asked->source, asked->destination), at = first[slot], end = first[slot + 1];
  /* What lies behind the slot's rules is for others, and does not match. */
  const bool one = holds(&rules[at], values), other = holds(&rules[at + 1], values);
  const bool answer = one ? allows[at] : other ? allows[at + 1] : otherwise;
  if (WL_UNLIKELY(end - at > 2) && !one && !other) {
    for (uint32_t index = at + 2; index < end; index += 1) {
      if (holds(&rules[index], values)) return allows[index];
    }
  }
  return answer;
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  (void)interface;
  filter(frames, count, allowed, otherwise);
}

#include "wl_bench.h"
