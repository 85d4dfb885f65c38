/*
 * Generated rules by hand: tuple space search (Srinivasan, Suri, Varghese, SIGCOMM 1999). LIST names the rules as
 * bench/lists.ts writes them. Rules with the same prefix lengths, and single ports or ranges, share a hash table; the
 * lowest rank counts. Two arrays of 64 Ki bytes say which tables a source's and a destination's high bits may be in.
 */
#include "wl_reference_rules.h"

#define BUCKETS 16384
#define NO_RULE UINT32_MAX

/* One table: masks, and heads of chains in order of rank, number of the rule plus one. */
struct tuple {
  uint32_t source_mask, destination_mask;
  bool exact;
  uint32_t first; /* rank of the first rule in it */
  uint16_t heads[BUCKETS];
};

/* In the order of the list. */
static struct rule rules[RULES_MAX];
/* Number of the next rule in a chain plus one. */
static uint16_t next[RULES_MAX];
static struct tuple tuples[8];
static uint32_t tuple_count;
static uint8_t by_source[65536], by_destination[65536];

WL_INLINE uint32_t hash_of(uint32_t source, uint32_t destination, uint32_t rest) {
  const uint64_t mixed = (((uint64_t)source << 32 | destination) ^ (uint64_t)rest * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
  return (uint32_t)(mixed >> 50);
}

WL_INLINE uint32_t bucket_of(const struct tuple *tuple, uint32_t source, uint32_t destination, uint32_t protocol, uint32_t port) {
  return hash_of(source & tuple->source_mask, destination & tuple->destination_mask, protocol << 16 | (tuple->exact ? port : 0));
}

static struct tuple *tuple_for(uint32_t source_mask, uint32_t destination_mask, bool exact, uint32_t first) {
  for (uint32_t index = 0; index < tuple_count; index += 1) {
    struct tuple *tuple = &tuples[index];
    if (tuple->source_mask == source_mask && tuple->destination_mask == destination_mask && tuple->exact == exact) return tuple;
  }
  if (tuple_count == 8) abort();
  tuples[tuple_count] = (struct tuple){.source_mask = source_mask, .destination_mask = destination_mask, .exact = exact, .first = first};
  return &tuples[tuple_count++];
}

static void add(uint32_t number) {
  const struct rule *rule = &rules[number];
  struct tuple *tuple = tuple_for(rule->source_mask, rule->destination_mask, rule->width == 0, number);
  const uint8_t bit = (uint8_t)(1u << (tuple - tuples));
  by_source[rule->source >> 16] |= bit;
  by_destination[rule->destination >> 8 & 0xffff] |= bit;
  uint16_t *at = &tuple->heads[bucket_of(tuple, rule->source, rule->destination, rule->protocol, rule->low)];
  while (*at != 0) at = &next[*at - 1];
  *at = (uint16_t)(number + 1);
}

static __attribute__((constructor)) void add_rules(void) {
  const uint32_t count = read_rules(rules);
  for (uint32_t number = 0; number < count; number += 1) add(number);
}

static bool allowed(const struct asked *asked) {
  uint32_t best = NO_RULE;
  for (uint32_t left = by_source[asked->source >> 16] & by_destination[asked->destination >> 8 & 0xffff]; left != 0; left &= left - 1) {
    const struct tuple *tuple = &tuples[__builtin_ctz(left)];
    if (tuple->first > best) break;
    for (uint32_t number = tuple->heads[bucket_of(tuple, asked->source, asked->destination, asked->protocol, asked->port)]; number != 0 && number - 1 < best; number = next[number - 1]) {
      if (!matches(&rules[number - 1], asked)) continue;
      best = number - 1;
      break;
    }
  }
  return best == NO_RULE ? otherwise : rules[best].allow;
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  (void)interface;
  filter(frames, count, allowed, otherwise);
}

#include "wl_bench.h"
