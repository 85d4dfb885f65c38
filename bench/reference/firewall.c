/*
 * Generated rules by hand. LIST names them as bench/lists.ts writes them: each is for 16 bits or more of a source and 24 or more
 * of a destination, so those that can match a packet lie behind one another under a hash of just these bits. Two are compared
 * at once, without a branch, and more only where there are more. firewall-one-by-one.c is tuple space search, table by table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wl_reference_filter.h"

#define RULES_MAX 16384
#define SLOTS 32768

struct rule {
  uint32_t source, source_mask, destination, destination_mask;
  uint16_t low, width;
  uint8_t protocol, allow;
};

/* Two more than there are: rules are looked at by twos. */
static struct rule rules[RULES_MAX + 2];
static uint32_t rule_count;
/* The first rule of each slot; rules of a slot are in the order of the list. */
static uint16_t first[SLOTS + 1];
static bool otherwise;

WL_INLINE uint32_t slot_of(uint32_t source, uint32_t destination) {
  return ((source >> 16) * 0x9e3779b1u + (destination >> 8) * 0x85ebca6bu) >> 17;
}

/* Puts the rules that were read behind each other by their slots; those of a slot keep their order. */
static void sort_by_slot(const struct rule *read) {
  for (uint32_t index = 0; index < rule_count; index += 1) first[slot_of(read[index].source, read[index].destination) + 1] += 1;
  for (uint32_t slot = 0; slot < SLOTS; slot += 1) first[slot + 1] += first[slot];
  static uint16_t next[SLOTS];
  memcpy(next, first, sizeof next);
  for (uint32_t index = 0; index < rule_count; index += 1) rules[next[slot_of(read[index].source, read[index].destination)]++] = read[index];
}

static __attribute__((constructor)) void read_rules(void) {
  static struct rule read[RULES_MAX];
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
    const uint32_t source = s[0] << 24 | s[1] << 16 | s[2] << 8 | s[3], destination = d[0] << 24 | d[1] << 16 | d[2] << 8 | d[3];
    if (s[4] < 16 || d[4] < 24) abort();
    read[rule_count++] = (struct rule){source, ~0u << (32 - s[4]), destination, ~0u << (32 - d[4]), (uint16_t)low, (uint16_t)(high - low), (uint8_t)protocol, action[0] == 'a'};
  }
  if (file) fclose(file);
  sort_by_slot(read);
}

WL_INLINE bool matches(const struct rule *rule, const struct asked *asked) {
  const uint32_t differs = ((asked->source ^ rule->source) & rule->source_mask) | ((asked->destination ^ rule->destination) & rule->destination_mask) | (asked->protocol ^ rule->protocol);
  return (differs == 0) & (asked->port - rule->low <= rule->width);
}

WL_INLINE bool allowed(const struct asked *asked) {
  const uint32_t slot = slot_of(asked->source, asked->destination), at = first[slot], end = first[slot + 1];
  /* What lies behind the slot's rules is for others, and does not match. */
  const bool one = matches(&rules[at], asked), other = matches(&rules[at + 1], asked);
  const bool answer = one ? rules[at].allow : other ? rules[at + 1].allow : otherwise;
  if (WL_UNLIKELY(end - at > 2) && !one && !other) {
    for (uint32_t index = at + 2; index < end; index += 1) {
      if (matches(&rules[index], asked)) return rules[index].allow;
    }
  }
  return answer;
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  (void)interface;
  for (uint32_t index = 0; index < count; index += 1) {
    struct asked asked;
    /* All rules ask for ports of TCP or UDP: what has none is up to the last rule. */
    if (read_asked(&asked, frames[index].data, frames[index].end)) pass_or_drop(WL_LIKELY(asked.ports) ? allowed(&asked) : otherwise, &frames[index]);
    else drop_short(&frames[index]);
  }
  wl_count(0, count);
}

#include "wl_bench.h"
