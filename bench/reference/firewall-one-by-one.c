/*
 * Generated rules by hand: tuple space search (Srinivasan, Suri, Varghese, SIGCOMM 1999). LIST names the rules as
 * bench/lists.ts writes them. Rules with the same prefix lengths, and single ports or ranges, share a hash table; the
 * lowest rank counts. Two arrays of 64 Ki bytes say which tables a source's and a destination's high bits may be in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wl_reference.h"

#define RULES_MAX 16384
#define BUCKETS 16384
#define NO_RULE UINT32_MAX

struct rule {
  uint32_t source, destination;
  uint16_t low, high;
  uint8_t protocol, allow;
  uint32_t rank, next;
};

/* One table: masks, and heads of chains in order of rank, number of the rule plus one. */
struct tuple {
  uint32_t source_mask, destination_mask;
  bool exact;
  uint32_t first; /* rank of the first rule in it */
  uint16_t heads[BUCKETS];
};

static struct rule rules[RULES_MAX];
static uint32_t rule_count;
static struct tuple tuples[8];
static uint32_t tuple_count;
static uint8_t by_source[65536], by_destination[65536];
static bool otherwise;

WL_INLINE uint32_t hash_of(uint32_t source, uint32_t destination, uint32_t rest) {
  const uint64_t mixed = (((uint64_t)source << 32 | destination) ^ (uint64_t)rest * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
  return (uint32_t)(mixed >> 50);
}

WL_INLINE uint32_t bucket_of(const struct tuple *tuple, uint32_t source, uint32_t destination, uint32_t protocol, uint32_t port) {
  return hash_of(source & tuple->source_mask, destination & tuple->destination_mask, protocol << 16 | (tuple->exact ? port : 0));
}

static struct tuple *tuple_for(uint32_t source_mask, uint32_t destination_mask, bool exact) {
  for (uint32_t index = 0; index < tuple_count; index += 1) {
    struct tuple *tuple = &tuples[index];
    if (tuple->source_mask == source_mask && tuple->destination_mask == destination_mask && tuple->exact == exact) return tuple;
  }
  if (tuple_count == 8) abort();
  tuples[tuple_count] = (struct tuple){.source_mask = source_mask, .destination_mask = destination_mask, .exact = exact, .first = rule_count};
  return &tuples[tuple_count++];
}

static void add(struct rule rule, unsigned source_length, unsigned destination_length) {
  const uint32_t source_mask = ~0u << (32 - source_length), destination_mask = ~0u << (32 - destination_length);
  struct tuple *tuple = tuple_for(source_mask, destination_mask, rule.low == rule.high);
  const uint8_t bit = (uint8_t)(1u << (tuple - tuples));
  by_source[rule.source >> 16] |= bit;
  by_destination[rule.destination >> 8 & 0xffff] |= bit;
  rule.rank = rule_count;
  rules[rule_count] = rule;
  uint16_t *at = &tuple->heads[bucket_of(tuple, rule.source, rule.destination, rule.protocol, rule.low)];
  if (*at == 0) *at = (uint16_t)(rule_count + 1);
  else {
    struct rule *last = &rules[*at - 1];
    while (last->next != 0) last = &rules[last->next - 1];
    last->next = rule_count + 1;
  }
  rule_count += 1;
}

static __attribute__((constructor)) void read_rules(void) {
  FILE *file = fopen(LIST, "r");
  char line[256];
  while (file && fgets(line, sizeof line, file) && rule_count < RULES_MAX) {
    char action[8];
    unsigned s[5], d[5], protocol, low, high;
    if (sscanf(line, "%7s src net %u.%u.%u.%u/%u && dst net %u.%u.%u.%u/%u && ip proto %u", action, &s[0], &s[1], &s[2], &s[3], &s[4], &d[0], &d[1], &d[2], &d[3], &d[4], &protocol) != 12) {
      otherwise = line[0] == 'a';
      break;
    }
    const char *ports = strstr(line, "dst port");
    if (sscanf(ports, "dst port >= %u && dst port <= %u", &low, &high) != 2) sscanf(ports, "dst port %u", &low), high = low;
    add((struct rule){s[0] << 24 | s[1] << 16 | s[2] << 8 | s[3], d[0] << 24 | d[1] << 16 | d[2] << 8 | d[3], (uint16_t)low, (uint16_t)high, (uint8_t)protocol, action[0] == 'a', 0, 0}, s[4], d[4]);
  }
  if (file) fclose(file);
}

static bool allowed(uint32_t source, uint32_t destination, uint32_t protocol, uint32_t port) {
  uint32_t best = NO_RULE;
  for (uint32_t left = by_source[source >> 16] & by_destination[destination >> 8 & 0xffff]; left != 0; left &= left - 1) {
    const struct tuple *tuple = &tuples[__builtin_ctz(left)];
    if (tuple->first > best) break;
    uint32_t number = tuple->heads[bucket_of(tuple, source, destination, protocol, port)];
    while (number != 0) {
      const struct rule *rule = &rules[number - 1];
      if (rule->rank >= best) break;
      if (rule->source == (source & tuple->source_mask) && rule->destination == (destination & tuple->destination_mask) && rule->protocol == protocol && port - rule->low <= (uint32_t)(rule->high - rule->low)) {
        best = rule->rank;
        break;
      }
      number = rule->next;
    }
  }
  return best == NO_RULE ? otherwise : rules[best].allow;
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  (void)interface;
  for (uint32_t index = 0; index < count; index += 1) {
    struct wl_packet *packet = frames[index].packet;
    uint8_t *data = frames[index].data, *end = frames[index].end;
    if (end - data < 34) {
      wl_count(2, 1);
      wl_release(packet);
      continue;
    }
    const uint8_t *ip = data + 14, *transport = ip + (ip[0] & 15) * 4;
    /* All rules ask for ports: what has none is up to the last rule. */
    const bool ports = (wl_load16(ip + 6) & 0x1fff) == 0 && end - transport >= 4 && (ip[9] == 6 || ip[9] == 17);
    if (ports ? allowed(wl_load32(ip + 12), wl_load32(ip + 16), ip[9], wl_load16(transport + 2)) : otherwise) {
      wl_transmit(1, packet, data, end);
    } else {
      wl_count(1, 1);
      wl_release(packet);
    }
  }
  wl_count(0, count);
}

#include "wl_bench.h"
