/* The rules of LIST, as bench/lists.ts writes them. */
#ifndef WL_REFERENCE_RULES_H
#define WL_REFERENCE_RULES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wl_reference_filter.h"

#define RULES_MAX 16384

struct rule {
  uint32_t source, source_mask, destination, destination_mask;
  uint16_t low, width;
  uint8_t protocol, allow;
};

static bool otherwise; /* what the last rule, which is for all packets, allows */

/* Reads the rules but the last; their number. */
static uint32_t read_rules(struct rule rules[RULES_MAX]) {
  FILE *file = fopen(LIST, "r");
  char line[256];
  uint32_t count = 0;
  while (file && fgets(line, sizeof line, file) && count < RULES_MAX) {
    char action[8];
    unsigned s[5], d[5], protocol, low, high;
    if (sscanf(line, "%7s src net %u.%u.%u.%u/%u && dst net %u.%u.%u.%u/%u && ip proto %u", action, &s[0], &s[1], &s[2], &s[3], &s[4], &d[0], &d[1], &d[2], &d[3], &d[4], &protocol) != 12) {
      otherwise = line[0] == 'a';
      break;
    }
    const char *ports = strstr(line, "dst port");
    if (sscanf(ports, "dst port >= %u && dst port <= %u", &low, &high) != 2) sscanf(ports, "dst port %u", &low), high = low;
    if (s[4] < 16 || d[4] < 24) abort();
    rules[count++] = (struct rule){
        .source = s[0] << 24 | s[1] << 16 | s[2] << 8 | s[3], .source_mask = ~0u << (32 - s[4]),
        .destination = d[0] << 24 | d[1] << 16 | d[2] << 8 | d[3], .destination_mask = ~0u << (32 - d[4]),
        .low = (uint16_t)low, .width = (uint16_t)(high - low), .protocol = (uint8_t)protocol, .allow = action[0] == 'a',
    };
  }
  if (file) fclose(file);
  return count;
}

WL_INLINE bool matches(const struct rule *rule, const struct asked *asked) {
  const uint32_t differs = ((asked->source ^ rule->source) & rule->source_mask) | ((asked->destination ^ rule->destination) & rule->destination_mask) | (asked->protocol ^ rule->protocol);
  return (differs == 0) & (asked->port - rule->low <= rule->width);
}

#endif
