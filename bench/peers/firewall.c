/* Rules of bench/lists.ts (or, without LIST, the 20 of firewall-20.yaml) in rte_acl, a batch at a time. */
#include "wl_peer.h"
#include <rte_acl.h>

enum { PROTOCOL, SOURCE, DESTINATION, SOURCE_PORT, DESTINATION_PORT, FIELDS };

/* A key is the IP header from the protocol on and the ports, joined: options and fragments are nothing to rte_acl. */
struct key {
  uint8_t protocol;
  uint8_t padding[3];
  uint32_t source, destination;
  uint16_t source_port, destination_port;
};

static const struct rte_acl_field_def fields[FIELDS] = {
    {RTE_ACL_FIELD_TYPE_BITMASK, 1, PROTOCOL, 0, offsetof(struct key, protocol)},
    {RTE_ACL_FIELD_TYPE_MASK, 4, SOURCE, 1, offsetof(struct key, source)},
    {RTE_ACL_FIELD_TYPE_MASK, 4, DESTINATION, 2, offsetof(struct key, destination)},
    {RTE_ACL_FIELD_TYPE_RANGE, 2, SOURCE_PORT, 3, offsetof(struct key, source_port)},
    {RTE_ACL_FIELD_TYPE_RANGE, 2, DESTINATION_PORT, 3, offsetof(struct key, destination_port)},
};
RTE_ACL_RULE_DEF(acl_rule, FIELDS);

static struct rte_acl_ctx *acl;
static int rank = 1 << 20;

/* What a match gives: 1 to deny, 2 to allow; nothing that matches is denied. */
static void add(bool allow, uint32_t source, uint32_t source_length, uint32_t destination, uint32_t destination_length, uint32_t protocol, uint32_t low, uint32_t high) {
  struct acl_rule rule = {.data = {.userdata = allow ? 2 : 1, .category_mask = 1, .priority = rank--}};
  rule.field[PROTOCOL].value.u8 = (uint8_t)protocol;
  rule.field[PROTOCOL].mask_range.u8 = 0xff;
  rule.field[SOURCE].value.u32 = source;
  rule.field[SOURCE].mask_range.u32 = source_length;
  rule.field[DESTINATION].value.u32 = destination;
  rule.field[DESTINATION].mask_range.u32 = destination_length;
  rule.field[SOURCE_PORT].mask_range.u16 = 65535;
  rule.field[DESTINATION_PORT].value.u16 = (uint16_t)low;
  rule.field[DESTINATION_PORT].mask_range.u16 = (uint16_t)high;
  if (rte_acl_add_rules(acl, (const struct rte_acl_rule *)&rule, 1) != 0) peer_fail("rte_acl_add_rules");
}

#ifdef LIST
static void add_rules(void) {
  FILE *file = fopen(LIST, "r");
  char line[256];
  while (file && fgets(line, sizeof line, file)) {
    char action[8];
    unsigned s[5], d[5], protocol, low, high;
    if (sscanf(line, "%7s src net %u.%u.%u.%u/%u && dst net %u.%u.%u.%u/%u && ip proto %u", action, &s[0], &s[1], &s[2], &s[3], &s[4], &d[0], &d[1], &d[2], &d[3], &d[4], &protocol) != 12) break;
    const char *ports = strstr(line, "dst port");
    if (sscanf(ports, "dst port >= %u && dst port <= %u", &low, &high) != 2) sscanf(ports, "dst port %u", &low), high = low;
    add(action[0] == 'a', s[0] << 24 | s[1] << 16 | s[2] << 8 | s[3], s[4], d[0] << 24 | d[1] << 16 | d[2] << 8 | d[3], d[4], protocol, low, high);
  }
  if (file) fclose(file);
}
#else
static void add_rules(void) {
  static const uint16_t ports[10] = {80, 443, 53, 22, 25, 123, 8080, 993, 5060, 3389};
  for (uint32_t rule = 0; rule < 19; rule += 1) add(rule % 3 != 0, 0x0a000000u | rule << 16, 16, 0xc0a80000u | (rule * 3) << 8, 24, rule % 2 ? 17 : 6, ports[rule % 10], ports[rule % 10]);
}
#endif

static void wl_graph_initialize(void) {
  peer_begin();
  const struct rte_acl_param parameters = {.name = "rules", .socket_id = SOCKET_ID_ANY, .rule_size = RTE_ACL_RULE_SZ(FIELDS), .max_rule_num = 16384};
  acl = rte_acl_create(&parameters);
  if (acl == NULL) peer_fail("rte_acl_create");
  add_rules();
  struct rte_acl_config config = {.num_categories = 1, .num_fields = FIELDS};
  memcpy(config.defs, fields, sizeof fields);
  if (rte_acl_build(acl, &config) != 0) peer_fail("rte_acl_build");
}

static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count) {
  (void)interface;
  struct key keys[WL_BATCH_PACKETS_MAX];
  const uint8_t *pointers[WL_BATCH_PACKETS_MAX];
  uint32_t results[WL_BATCH_PACKETS_MAX], asked[WL_BATCH_PACKETS_MAX], wanted = 0;
  for (uint32_t index = 0; index < count; index += 1) {
    const uint8_t *ip = frames[index].data + 14, *end = frames[index].end;
    if (end - ip < 20) {
      wl_count(2, 1);
      wl_release(frames[index].packet);
      continue;
    }
    const uint8_t *transport = ip + (ip[0] & 15) * 4;
    /* All rules ask for ports: what has none is denied. */
    if ((wl_load16(ip + 6) & 0x1fff) != 0 || end - transport < 4 || (ip[9] != 6 && ip[9] != 17)) {
      wl_count(1, 1);
      wl_release(frames[index].packet);
      continue;
    }
    keys[wanted].protocol = ip[9];
    __builtin_memcpy(&keys[wanted].source, ip + 12, 8);
    __builtin_memcpy(&keys[wanted].source_port, transport, 4);
    pointers[wanted] = (const uint8_t *)&keys[wanted];
    asked[wanted++] = index;
  }
  if (wanted > 0) rte_acl_classify(acl, pointers, results, wanted, 1);
  for (uint32_t number = 0; number < wanted; number += 1) {
    const struct wl_frame *frame = &frames[asked[number]];
    if (results[number] == 2) {
      wl_transmit(1, frame->packet, frame->data, frame->end);
    } else {
      wl_count(1, 1);
      wl_release(frame->packet);
    }
  }
  wl_count(0, count);
}

#include "wl_bench.h"
