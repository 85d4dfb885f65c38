/** Flows as ovs-ofctl(8) and ovs-fields(7) write them: `priority=10,tcp,nw_dst=10.0.0.0/8,tp_dst=80,actions=mod_dl_dst:02:00:00:00:00:07,output:2`. */
import { ETHERTYPE, IP_PROTOCOL, maskOfLength, parseInteger, parseIpv4, parseIpv6, parseMac, parsePrefix, type Parsed } from 'wirelet';
import { ACTIONS_MAX } from './flow-table.js';
import { OP, PORT, WHOLE_PACKET } from './action.js';
import { TAGGED, WORD, WORDS } from './flow-key.js';

/** A flow that is there from the start. */
export interface StaticFlow {
  readonly text: string;
  readonly priority: number;
  readonly idle: number;
  readonly hard: number;
  /** Upper and lower half. */
  readonly cookie: readonly [number, number];
  readonly value: readonly number[];
  readonly mask: readonly number[];
  readonly ops: readonly number[];
  readonly arguments: readonly number[];
}

/** What is wrong with a part of a flow. */
class Wrong extends Error {}

type Draft = { -readonly [K in keyof StaticFlow]: K extends 'cookie' ? StaticFlow[K] : StaticFlow[K] extends readonly number[] ? number[] : StaticFlow[K] };

const SHORTHANDS: Readonly<Record<string, readonly [type: number, protocol?: number]>> = {
  ip: [ETHERTYPE.ipv4], arp: [ETHERTYPE.arp], ipv6: [ETHERTYPE.ipv6], icmp: [ETHERTYPE.ipv4, IP_PROTOCOL.icmp], tcp: [ETHERTYPE.ipv4, IP_PROTOCOL.tcp], udp: [ETHERTYPE.ipv4, IP_PROTOCOL.udp],
  sctp: [ETHERTYPE.ipv4, 132], icmp6: [ETHERTYPE.ipv6, 58], tcp6: [ETHERTYPE.ipv6, IP_PROTOCOL.tcp], udp6: [ETHERTYPE.ipv6, IP_PROTOCOL.udp],
};
const NAMED_PORTS: Readonly<Record<string, number>> = { in_port: PORT.in_port, normal: PORT.normal, flood: PORT.flood, all: PORT.all, controller: PORT.controller };

function number(text: string, max: number): number {
  const value = parseInteger(text);
  if (value === undefined || value < 0 || value > max) throw new Wrong(`expected a number from 0 to ${max}, got "${text}"`);
  return value;
}

/** Demands `value` under `mask` in the bits from `shift` on of a word. */
function demand(draft: Draft, word: number, shift: number, value: number, mask: number): void {
  draft.mask[word] = (draft.mask[word]! | (mask << shift)) >>> 0;
  draft.value[word] = ((draft.value[word]! & ~(mask << shift)) | ((value & mask) << shift)) >>> 0;
}

function mac(text: string): number {
  const value = parseMac(text);
  if (value === undefined) throw new Wrong(`expected a MAC address, got "${text}"`);
  return value;
}

function demandMac(draft: Draft, text: string, isSource: boolean): void {
  const [address, mask = 'ff:ff:ff:ff:ff:ff'] = text.split('/');
  for (const [index, part] of [mac(address!), mac(mask)].entries()) {
    const words = index === 0 ? draft.value : draft.mask;
    const [high, low] = [Math.floor(part / 2 ** 32), part % 2 ** 32];
    if (isSource) [words[WORD.middle], words[WORD.source]] = [(words[WORD.middle]! & 0xffff_0000) >>> 0 | high, low];
    else [words[WORD.destination], words[WORD.middle]] = [Math.floor(part / 2 ** 16), (words[WORD.middle]! & 0xffff) + (part % 2 ** 16) * 65_536];
  }
  for (const word of [WORD.destination, WORD.middle, WORD.source]) {
    draft.mask[word] = draft.mask[word]! >>> 0;
    draft.value[word] = (draft.value[word]! & draft.mask[word]!) >>> 0;
  }
}

function demandAddress(draft: Draft, text: string, word: number): void {
  if (text.includes(':')) {
    const [address, length = '128'] = text.split('/');
    const words = parseIpv6(address!);
    if (words === undefined) throw new Wrong(`expected an IPv6 address, got "${text}"`);
    const bits = number(length, 128);
    words.forEach((value, index) => demand(draft, word + index, 0, value, maskOfLength(Math.max(0, Math.min(32, bits - index * 32)))));
    return;
  }
  const net = text.includes('/') ? parsePrefix(text) : parseIpv4(text);
  if (net === undefined) throw new Wrong(`expected an address or a network, got "${text}"`);
  if (typeof net === 'number') demand(draft, word, 0, net, 0xffff_ffff);
  else demand(draft, word, 0, net.address, maskOfLength(net.length));
}

const FIELDS: Readonly<Record<string, (draft: Draft, text: string) => void>> = {
  priority: (draft, text) => { draft.priority = number(text, 0xffff); },
  idle_timeout: (draft, text) => { draft.idle = number(text, 0xffff); },
  hard_timeout: (draft, text) => { draft.hard = number(text, 0xffff); },
  cookie(draft, text) {
    const value = number(text, Number.MAX_SAFE_INTEGER);
    draft.cookie = [Math.floor(value / 2 ** 32), value % 2 ** 32];
  },
  in_port: (draft, text) => demand(draft, WORD.port, 16, number(text, PORT.max), 0xffff),
  dl_src: (draft, text) => demandMac(draft, text, true),
  dl_dst: (draft, text) => demandMac(draft, text, false),
  dl_type: (draft, text) => demand(draft, WORD.type, 16, number(text, 0xffff), 0xffff),
  dl_vlan(draft, text) {
    const identifier = number(text, 0xffff);
    demand(draft, WORD.port, 0, identifier === 0xffff ? 0 : TAGGED | (identifier & 0xfff), 0x1fff);
  },
  dl_vlan_pcp: (draft, text) => demand(draft, WORD.port, 12, number(text, 7) * 2 + 1, 0xf),
  nw_proto: (draft, text) => demand(draft, WORD.type, 8, number(text, 255), 255),
  arp_op: (draft, text) => demand(draft, WORD.type, 8, number(text, 255), 255),
  nw_tos: (draft, text) => demand(draft, WORD.type, 0, number(text, 255), 0xfc),
  nw_src: (draft, text) => demandAddress(draft, text, WORD.from),
  nw_dst: (draft, text) => demandAddress(draft, text, WORD.to),
  tp_src: (draft, text) => demand(draft, WORD.transport, 16, number(text, 0xffff), 0xffff),
  tp_dst: (draft, text) => demand(draft, WORD.transport, 0, number(text, 0xffff), 0xffff),
};
/** Other names of fields. */
const ALIASES: Readonly<Record<string, string>> = {
  eth_src: 'dl_src', eth_dst: 'dl_dst', eth_type: 'dl_type', ip_src: 'nw_src', ip_dst: 'nw_dst', ipv6_src: 'nw_src', ipv6_dst: 'nw_dst', arp_spa: 'nw_src', arp_tpa: 'nw_dst', ip_proto: 'nw_proto',
  tcp_src: 'tp_src', tcp_dst: 'tp_dst', udp_src: 'tp_src', udp_dst: 'tp_dst', icmp_type: 'tp_src', icmp_code: 'tp_dst',
};

function add(draft: Draft, op: number, argument: number): void {
  if (draft.ops.length >= ACTIONS_MAX) throw new Wrong(`more than ${ACTIONS_MAX} actions`);
  draft.ops.push(op);
  draft.arguments.push(argument);
}

function address(text: string): number {
  const value = parseIpv4(text);
  if (value === undefined) throw new Wrong(`expected an IPv4 address, got "${text}"`);
  return value;
}

const ACTIONS: Readonly<Record<string, (draft: Draft, text: string) => void>> = {
  output: (draft, text) => add(draft, OP.output, NAMED_PORTS[text.toLowerCase()] ?? number(text, PORT.max)),
  controller: (draft, text) => add(draft, OP.output, PORT.controller + (text === '' ? WHOLE_PACKET : number(text, WHOLE_PACKET)) * 65_536),
  mod_dl_src: (draft, text) => add(draft, OP.set_source, mac(text)),
  mod_dl_dst: (draft, text) => add(draft, OP.set_destination, mac(text)),
  mod_nw_src: (draft, text) => add(draft, OP.set_from, address(text)),
  mod_nw_dst: (draft, text) => add(draft, OP.set_to, address(text)),
  mod_nw_tos: (draft, text) => add(draft, OP.set_dscp, number(text, 255) >>> 2),
  mod_nw_ttl: (draft, text) => add(draft, OP.set_ttl, number(text, 255)),
  mod_tp_src: (draft, text) => add(draft, OP.set_source_port, number(text, 0xffff)),
  mod_tp_dst: (draft, text) => add(draft, OP.set_destination_port, number(text, 0xffff)),
  mod_vlan_vid: (draft, text) => add(draft, OP.set_vlan, number(text, 0xfff)),
  mod_vlan_pcp: (draft, text) => add(draft, OP.set_vlan_priority, number(text, 7)),
  strip_vlan: (draft) => add(draft, OP.pop_vlan, 0),
  dec_ttl: (draft) => add(draft, OP.decrement_ttl, 0),
  drop() {},
};

function readAction(draft: Draft, text: string): void {
  const colon = text.indexOf(':');
  const name = (colon < 0 ? text : text.slice(0, colon)).toLowerCase();
  const argument = colon < 0 ? '' : text.slice(colon + 1);
  const action = ACTIONS[name];
  if (action !== undefined) return action(draft, argument);
  if (colon < 0 && (/^\d+$/.test(name) || name in NAMED_PORTS)) return ACTIONS.output!(draft, name);
  throw new Wrong(`unknown action "${text}"; there are ${[...Object.keys(ACTIONS), ...Object.keys(NAMED_PORTS)].join(', ')}`);
}

/** Reads one flow. */
export function readFlow(text: string): Parsed<StaticFlow> {
  const draft: Draft = {
    text, priority: 0x8000, idle: 0, hard: 0, cookie: [0, 0], value: new Array<number>(WORDS).fill(0), mask: new Array<number>(WORDS).fill(0), ops: [], arguments: [],
  };
  const [match, actions] = text.split(/,?\s*actions?=/);
  try {
    if (actions === undefined) throw new Wrong('expected actions, as in in_port=1,actions=output:2');
    for (const part of match!.split(/[\s,]+/).filter((word) => word !== '')) {
      const [name, value] = [part.split('=')[0]!.toLowerCase(), part.slice(part.indexOf('=') + 1)];
      const shorthand = SHORTHANDS[name];
      const field = FIELDS[ALIASES[name] ?? name];
      if (shorthand !== undefined && !part.includes('=')) {
        demand(draft, WORD.type, 16, shorthand[0], 0xffff);
        if (shorthand[1] !== undefined) demand(draft, WORD.type, 8, shorthand[1], 255);
      } else if (field !== undefined && part.includes('=')) field(draft, value);
      else throw new Wrong(`unknown field "${part}"; there are ${[...Object.keys(FIELDS), ...Object.keys(SHORTHANDS)].join(', ')}`);
    }
    for (const part of actions.split(/[\s,]+/).filter((word) => word !== '')) readAction(draft, part);
  } catch (error) {
    if (error instanceof Wrong) return { error: error.message };
    throw error;
  }
  return { value: draft };
}
