/**
 * Matches as OpenFlow 1.0 (5.2.3: one structure of 40 bytes) and 1.3 (7.2.3: OXM fields) write them, to and from the words of
 * flow-key.ts.
 */
import { ETHERTYPE, u16, u32, u8, type Packet } from 'wirelet';
import { TAGGED, WORD, WORDS } from './flow-key.js';
import type { FlowTable } from './flow-table.js';
import { ERROR, longPort, shortPort } from './protocol.js';

export const MATCH10_BYTES = 40;
/** Bits of 1.0's wildcards. */
const WILD = Object.freeze({ in_port: 1, vlan: 2, source: 4, destination: 8, type: 16, protocol: 32, source_port: 64, destination_port: 128, from_shift: 8, to_shift: 14, priority: 1 << 20, service: 1 << 21 });
const IN = 0x8000;

/** OXM fields: bytes; the word they are in (-1: not known here); from which bit; the bits there. */
export const OXM_BYTES: readonly number[] = [4, 4, 8, 6, 6, 2, 2, 1, 1, 1, 1, 4, 4, 2, 2, 2, 2, 2, 2, 1, 1, 2, 4, 4, 6, 6, 16, 16, 4, 1, 1];
export const OXM_WORD: readonly number[] = [0, -1, -1, 1, 2, 4, 0, 0, 4, 4, 4, 6, 10, 5, 5, 5, 5, 5, 5, 5, 5, 4, 6, 10, -1, -1, 6, 10, -1, 5, 5];
const OXM_SHIFT: readonly number[] = [16, 0, 0, 0, 0, 16, 0, 13, 2, 0, 8, 0, 0, 16, 0, 16, 0, 16, 0, 16, 0, 8, 0, 0, 0, 0, 0, 0, 0, 16, 0];
const ALL = 0xffff_ffff;
const OXM_MASK: readonly number[] = [
  0xffff, 0, 0, 0, 0, 0xffff, 0x1fff, 7, 0x3f, 3, 0xff, ALL, ALL, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xff, ALL, ALL, 0, 0, ALL, ALL, 0, 0xffff, 0xffff,
];
/** What must be matched besides: an EtherType (1: IPv4 or IPv6), a protocol (0: none). */
const OXM_TYPE: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0x800, 0x800, 1, 1, 1, 1, 1, 1, 0x800, 0x800, 0x806, 0x806, 0x806, 0, 0, 0x86dd, 0x86dd, 0, 0x86dd, 0x86dd];
const OXM_PROTOCOL: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 6, 17, 17, 132, 132, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 58, 58];
export const OXM_FIELDS = 31;
/** Fields that actions may set. */
export const FIELDS_SET: readonly number[] = [3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18];
const MAC_FIELDS = Object.freeze({ destination: 3, source: 4 });

/** Demands `value` under `mask` in a word of the match at hand. */
function demand(flows: FlowTable, word: number, value: u32, mask: u32): void {
  flows.mask[word] = (flows.mask[word] | mask) >>> 0;
  flows.value[word] = (flows.value[word] | (value & mask)) >>> 0;
}

/** Forgets the match at hand: everything matches. */
export function clearMatch(flows: FlowTable): void {
  for (let word = 0; word < WORDS; word += 1) {
    flows.mask[word] = 0;
    flows.value[word] = 0;
  }
}

function networkMask(wildcards: u32, shift: 8 | 14): u32 {
  const bits = (wildcards >>> shift) & 63;
  return bits >= 32 ? 0 : (0xffff_ffff << bits) >>> 0;
}

/** Takes 1.0's match at `at` as the match at hand. Fields that the others say nothing has are not looked at. Whether nothing is wild. */
export function readMatch10(packet: Packet, at: number, flows: FlowTable): boolean {
  const wild = packet.loadU32(at);
  if ((wild & WILD.in_port) === 0) demand(flows, WORD.port, packet.loadU16(at + 4) * 65_536, 0xffff_0000);
  if ((wild & WILD.source) === 0) {
    demand(flows, WORD.middle, packet.loadU16(at + 6), 0xffff);
    demand(flows, WORD.source, packet.loadU32(at + 8), 0xffff_ffff);
  }
  if ((wild & WILD.destination) === 0) {
    demand(flows, WORD.destination, packet.loadU32(at + 12), 0xffff_ffff);
    demand(flows, WORD.middle, packet.loadU16(at + 16) * 65_536, 0xffff_0000);
  }
  const vlan = packet.loadU16(at + 18);
  if ((wild & WILD.vlan) === 0) demand(flows, WORD.port, vlan === 0xffff ? 0 : TAGGED | (vlan & 0xfff), 0x1fff);
  if ((wild & WILD.priority) === 0 && (wild & WILD.vlan) === 0 && vlan !== 0xffff) demand(flows, WORD.port, (packet.loadU8(at + 20) & 7) << 13, 0xe000);
  if ((wild & WILD.type) !== 0) return false;
  const type = packet.loadU16(at + 22);
  demand(flows, WORD.type, type * 65_536, 0xffff_0000);
  if (type !== ETHERTYPE.ipv4 && type !== ETHERTYPE.arp) return (wild & 0x3f_ffff) === 0;
  if ((wild & WILD.service) === 0 && type === ETHERTYPE.ipv4) demand(flows, WORD.type, packet.loadU8(at + 24), 0xfc);
  demand(flows, WORD.from, packet.loadU32(at + 28), networkMask(wild, WILD.from_shift));
  demand(flows, WORD.to, packet.loadU32(at + 32), networkMask(wild, WILD.to_shift));
  if ((wild & WILD.protocol) !== 0) return false;
  const protocol = packet.loadU8(at + 25);
  demand(flows, WORD.type, protocol * 256, 0xff00);
  if (type === ETHERTYPE.ipv4 && (protocol === 1 || protocol === 6 || protocol === 17)) {
    if ((wild & WILD.source_port) === 0) demand(flows, WORD.transport, packet.loadU16(at + 36) * 65_536, 0xffff_0000);
    if ((wild & WILD.destination_port) === 0) demand(flows, WORD.transport, packet.loadU16(at + 38), 0xffff);
  }
  return (wild & 0x3f_ffff) === 0;
}

/** Whether a match says what must be said before `field` may be matched. */
function hasPrerequisites(field: number, mask: u32, value: u32): boolean {
  const wanted = OXM_TYPE[field]!;
  const type = mask >>> 16 === 0xffff ? value >>> 16 : 0;
  if (wanted === 1 ? type !== ETHERTYPE.ipv4 && type !== ETHERTYPE.ipv6 : wanted !== 0 && type !== wanted) return false;
  const protocol = OXM_PROTOCOL[field]!;
  return protocol === 0 || ((mask >>> 8) & 0xff) === 0xff && ((value >>> 8) & 0xff) === protocol;
}

/** A field's value of 1, 2 or 4 bytes. */
export function loadField(packet: Packet, at: number, bytes: number): u32 {
  if (bytes === 1) return packet.loadU8(at);
  if (bytes === 2) return packet.loadU16(at);
  return packet.loadU32(at);
}

/** Demands a MAC address under a mask. */
function demandMac(packet: Packet, at: number, field: number, hasMask: boolean, flows: FlowTable): void {
  const high = hasMask ? packet.loadU16(at + 6) : 0xffff;
  const low = hasMask ? packet.loadU32(at + 8) : 0xffff_ffff;
  if (field === MAC_FIELDS.source) {
    demand(flows, WORD.middle, packet.loadU16(at), high);
    demand(flows, WORD.source, packet.loadU32(at + 2), low);
  } else {
    demand(flows, WORD.destination, packet.loadU32(at), (high * 65_536 + (low >>> 16)) >>> 0);
    demand(flows, WORD.middle, packet.loadU16(at + 4) * 65_536, ((low & 0xffff) * 65_536) >>> 0);
  }
}

/** Takes 1.3's match at `at`, which ends before `end`, as the match at hand; what is wrong with it, or ERROR.none. */
export function readMatch13(packet: Packet, at: number, end: number, flows: FlowTable): number {
  if (end < at + 8) return ERROR.match_bad_length;
  if (packet.loadU16(at) !== 1) return ERROR.match_bad_type;
  const stop = at + packet.loadU16(at + 2);
  if (stop < at + 4 || stop > end) return ERROR.match_bad_length;
  let place = at + 4;
  for (let count = 0; count < 64; count += 1) {
    if (place + 4 > stop) break;
    const head = packet.loadU32(place);
    const bytes = head & 0xff;
    const field = (head >>> 9) & 0x7f;
    const hasMask = (head & 0x100) !== 0;
    const value = place + 4;
    place = value + bytes;
    if (place > stop) return ERROR.match_bad_length;
    if (head >>> 16 !== IN || field >= OXM_FIELDS) return ERROR.match_bad_field;
    const word = OXM_WORD[field]!;
    const wanted = OXM_BYTES[field]!;
    if (word < 0) return ERROR.match_bad_field;
    if (bytes !== (hasMask ? wanted * 2 : wanted)) return ERROR.match_bad_length;
    if (!hasPrerequisites(field, flows.mask[WORD.type], flows.value[WORD.type])) return ERROR.match_bad_prerequisite;
    if (wanted === 6) demandMac(packet, value, field, hasMask, flows);
    else if (wanted === 16) {
      const first = field === 26 ? WORD.from : WORD.to;
      for (let part = 0; part < 4; part += 1) demand(flows, first + part, packet.loadU32(value + part * 4), hasMask ? packet.loadU32(value + 16 + part * 4) : 0xffff_ffff);
    } else {
      const bits = OXM_MASK[field]!;
      let given = loadField(packet, value, wanted);
      if (field === 0) given = shortPort(given);
      if (given > bits) return ERROR.match_bad_value;
      let mask = hasMask ? loadField(packet, value + wanted, wanted) : bits;
      if (field === 0) mask = bits;
      const shift = OXM_SHIFT[field]!;
      demand(flows, word, (given << shift) >>> 0, ((mask & bits) << shift) >>> 0);
    }
  }
  return place === stop ? ERROR.none : ERROR.match_bad_length;
}

/** Whether the flow's match has all of `bits` of a word. */
function demands(flows: FlowTable, flow: number, word: number, bits: u32): boolean {
  return ((flows.tuple_mask[flows.flow_tuple[flow] * WORDS + word] & bits) >>> 0) === bits;
}

/** Bits from the right of a word that a mask of a network leaves open. */
function openBits(mask: u32): number {
  return mask === 0 ? 32 : 31 - Math.clz32((mask & -mask) >>> 0);
}

/** Writes the match of a flow as 1.0's, as far as that can say it. */
export function writeMatch10(packet: Packet, at: number, flows: FlowTable, flow: number): void {
  const base = flow * WORDS;
  const masks = flows.flow_tuple[flow] * WORDS;
  const { flow_value: value, tuple_mask: mask } = flows;
  const isArp = value[base + WORD.type] >>> 16 === ETHERTYPE.arp;
  const isWide = value[base + WORD.type] >>> 16 === ETHERTYPE.ipv6;
  let wild = 0;
  if (!demands(flows, flow, WORD.port, 0xffff_0000)) wild |= WILD.in_port;
  if (!demands(flows, flow, WORD.port, 0x1fff)) wild |= WILD.vlan;
  if (!demands(flows, flow, WORD.port, 0xe000)) wild |= WILD.priority;
  if (!demands(flows, flow, WORD.middle, 0xffff) || !demands(flows, flow, WORD.source, 0xffff_ffff)) wild |= WILD.source;
  if (!demands(flows, flow, WORD.destination, 0xffff_ffff) || !demands(flows, flow, WORD.middle, 0xffff_0000)) wild |= WILD.destination;
  if (!demands(flows, flow, WORD.type, 0xffff_0000)) wild |= WILD.type;
  if (!demands(flows, flow, WORD.type, 0xff00)) wild |= WILD.protocol;
  if (!demands(flows, flow, WORD.type, 0xfc) || isArp) wild |= WILD.service;
  if (!demands(flows, flow, WORD.transport, 0xffff_0000)) wild |= WILD.source_port;
  if (!demands(flows, flow, WORD.transport, 0xffff)) wild |= WILD.destination_port;
  wild |= (isWide ? 32 : openBits(mask[masks + WORD.from])) << WILD.from_shift;
  wild |= (isWide ? 32 : openBits(mask[masks + WORD.to])) << WILD.to_shift;
  packet.storeU32(at, wild >>> 0);
  packet.storeU16(at + 4, value[base] >>> 16);
  packet.storeU16(at + 6, value[base + WORD.middle] & 0xffff);
  packet.storeU32(at + 8, value[base + WORD.source]);
  packet.storeU32(at + 12, value[base + WORD.destination]);
  packet.storeU16(at + 16, value[base + WORD.middle] >>> 16);
  const tag = value[base] & 0xffff;
  packet.storeU16(at + 18, (tag & TAGGED) !== 0 ? tag & 0xfff : (wild & WILD.vlan) !== 0 ? 0 : 0xffff);
  packet.storeU8(at + 20, tag >>> 13);
  packet.storeU16(at + 22, value[base + WORD.type] >>> 16);
  packet.storeU8(at + 24, value[base + WORD.type] & 0xfc);
  packet.storeU8(at + 25, (value[base + WORD.type] >>> 8) & 0xff);
  packet.storeU32(at + 28, isWide ? 0 : value[base + WORD.from]);
  packet.storeU32(at + 32, isWide ? 0 : value[base + WORD.to]);
  packet.storeU32(at + 36, value[base + WORD.transport]);
}

function storeField(packet: Packet, at: number, bytes: number, value: u32): void {
  if (bytes === 1) packet.storeU8(at, u8(value));
  else if (bytes === 2) packet.storeU16(at, u16(value));
  else packet.storeU32(at, value);
}

/** Writes the match of a flow as 1.3's; the bytes it takes, with those that fill it up. */
export function writeMatch13(packet: Packet, at: number, flows: FlowTable, flow: number): number {
  const base = flow * WORDS;
  const masks = flows.flow_tuple[flow] * WORDS;
  const { flow_value: values, tuple_mask: mask } = flows;
  let place = 4;
  for (let field = 0; field < OXM_FIELDS; field += 1) {
    const word = OXM_WORD[field]!;
    const bytes = OXM_BYTES[field]!;
    if (word < 0 || place > 400) continue;
    if (!hasPrerequisites(field, mask[masks + WORD.type], values[base + WORD.type])) continue;
    const value = at + place + 4;
    let any = false;
    let whole = true;
    if (bytes === 6) {
      const isSource = field === MAC_FIELDS.source;
      for (let side = 0; side < 2; side += 1) {
        const middle = u32(side === 0 ? values[base + WORD.middle] : mask[masks + WORD.middle]);
        const outer = u32(isSource ? (side === 0 ? values[base + WORD.source] : mask[masks + WORD.source]) : side === 0 ? values[base + WORD.destination] : mask[masks + WORD.destination]);
        const high = isSource ? middle & 0xffff : outer >>> 16;
        const low = isSource ? outer : u32((outer & 0xffff) * 65_536 + (middle >>> 16));
        packet.storeU16(value + side * 6, high);
        packet.storeU32(value + side * 6 + 2, low);
        if (side === 1) {
          any = high !== 0 || low !== 0;
          whole = high === 0xffff && low === 0xffff_ffff;
        }
      }
    } else if (bytes === 16) {
      const first = field === 26 ? WORD.from : WORD.to;
      for (let part = 0; part < 4; part += 1) {
        const bits = mask[masks + first + part];
        packet.storeU32(value + part * 4, values[base + first + part]);
        packet.storeU32(value + 16 + part * 4, bits);
        if (bits !== 0) any = true;
        if (bits !== 0xffff_ffff) whole = false;
      }
    } else {
      const shift = OXM_SHIFT[field]!;
      const all = OXM_MASK[field]!;
      const bits = ((mask[masks + word] >>> shift) & all) >>> 0;
      const held = ((values[base + word] >>> shift) & all) >>> 0;
      any = bits !== 0;
      whole = bits === all;
      storeField(packet, value, bytes, field === 0 ? longPort(held) : held);
      storeField(packet, value + bytes, bytes, bits);
    }
    if (!any) continue;
    const length = whole ? bytes : bytes * 2;
    packet.storeU32(at + place, u32(IN * 65_536 + field * 512 + (whole ? 0 : 256) + length));
    place += 4 + length;
  }
  packet.storeU16(at, 1);
  packet.storeU16(at + 2, u16(place));
  const filled = (place + 7) & ~7;
  // What was tried there and not kept is not sent.
  for (let index = 0; index < 8; index += 1) if (place + index < filled) packet.storeU8(at + place + index, 0);
  return filled;
}
