/**
 * The flows that a rewriter remembers: for each direction an entry that says what the packets become, where they leave, and which entry
 * is that of the other direction. All rewriters keep the same table, so that ICMPRewriter and FTPPortMapper can use any of them.
 *
 * `ports` is source port * 65536 + destination port; rewriters of addresses have 0 there, and 0 for what does not matter.
 */
import { array, below, type Copies, IP_PROTOCOL, register, type Random, type StateValues, table, tableSlots, TIME_RANGE, u32, type u53, type u8 } from 'wirelet';
import { CHOICE } from './pattern.js';
import type { Way } from './read-specification.js';

/** Answers to echo requests, in place of a protocol number: requests have that of ICMP. */
export const ECHO_REPLY = 0x81;

/** Bits of `stage`. TCP: data seen forth and back, closed forth and back. Others: packets counted up to 3, and whether one came back. */
export const STAGE = Object.freeze({ data: 0x01, data_back: 0x02, done: 0x04, done_back: 0x08, counted: 0x03, answered: 0x04, adjusted: 0x80 });

/** How far behind the other direction's entry may be, in microseconds: which flow ends first is as exact as that. */
const TELL_US = 1e6;

/** When a flow ends: a time and a duration after it. */
const ENDS = { low: 0, high: 2 ** 53 - 1 };

/** The longest time from one to the next when flows whose time is over are forgotten. */
const REAPING_MAX_US = 1e15;

/** Ports or addresses of a range that are tried for a new flow before it is given up. */
const TRIES_MAX = 1024;

/** Slots of tables that are looked through for the flow that ends first. */
const SCANNED_MAX = 4096;
/** Of those, where a handler has set a limit: all of a table of 16,384 flows. */
const LIMITED_MAX = 65_536;

export function flowTable(capacity: number, outputs: number) {
  return table({
    key: { protocol: 'u8', source: 'u32', destination: 'u32', ports: 'u32' },
    fields: {
      new_source: 'u32',
      new_destination: 'u32',
      new_ports: 'u32',
      partner: below(tableSlots(capacity * 2)),
      output: below(outputs),
      /** Whether it is the direction of answers. */
      reply: 'u8',
      stage: 'u8',
      /** The input that the flow came by. */
      input: 'u8',
      /** What its answers get as annotation: see noteAnnotation. */
      reply_anno: 'u8',
      /** When the flow ends, as far as this direction knows: see endsAt. */
      expires_us: ENDS,
      /** What the entry of the other direction was told last. */
      told_us: ENDS,
      /** How many entries had been made before it. */
      made: 'u32',
    },
    capacity: capacity * 2,
    evict: 'expires_us',
  });
}

/** What a rewriter remembers, of so many flows at most. */
export function flowState(capacity: number, outputs: number) {
  return {
    flows: flowTable(capacity, outputs),
    /** Flows that it may remember, where a handler says so; 0: as many as find room. */
    limit: register('u32'),
    /** The entry where one that gives way is looked for next. */
    hand: register('u32'),
    /** Entries made so far. */
    made: register('u32'),
    /** How often flows whose time is over are forgotten, when they were last, and when they will be next: see lookOver. */
    reap_every_us: register(TIME_RANGE),
    reaped_us: register(TIME_RANGE),
    next_reap_us: register(TIME_RANGE),
  };
}

/** Changes of sequence numbers, by entry of the table: see sequence.ts. */
export function sequenceState(capacity: number) {
  const slots = tableSlots(capacity * 2);
  return { trigger: array('u32', slots), delta: array('i32', slots), delta_before: array('i32', slots) };
}

export type FlowState = StateValues<ReturnType<typeof flowState>>;
export type Flows = FlowState['flows'];

/** Times in microseconds: how long flows live, and how long they keep their place. */
export interface Times {
  readonly tcp: { readonly nodata: number; readonly data: number; readonly done: number; readonly guarantee: number };
  readonly other: { readonly plain: number; readonly streaming: number; readonly guarantee: number };
  /** TCP is treated as other protocols are. */
  readonly alike: boolean;
}

/** Times for a rewriter that treats all alike. */
export function plainTimes(plain: number, streaming: number, guarantee: number): Times {
  return { tcp: { nodata: plain, data: plain, done: plain, guarantee }, other: { plain, streaming, guarantee }, alike: true };
}

/** How long a flow is to live after its last packet. */
export function lifetime(times: Times, protocol: u8, stage: u8): u53 {
  if (protocol === IP_PROTOCOL.tcp && !times.alike) {
    if ((stage & STAGE.done) !== 0 && (stage & STAGE.done_back) !== 0) return times.tcp.done;
    return (stage & STAGE.data) !== 0 && (stage & STAGE.data_back) !== 0 ? times.tcp.data : times.tcp.nodata;
  }
  return (stage & STAGE.counted) === 3 && (stage & STAGE.answered) !== 0 ? times.other.streaming : times.other.plain;
}

export function guaranteeOf(times: Times, protocol: u8): u53 {
  return protocol === IP_PROTOCOL.tcp ? times.tcp.guarantee : times.other.guarantee;
}

/** How long it lives after its last packet: what is guaranteed holds, however soon flows end otherwise. */
function kept(times: Times, protocol: u8, stage: u8): u53 {
  return Math.max(lifetime(times, protocol, stage), guaranteeOf(times, protocol));
}

/** Notes the annotation byte of the packet that began a flow, for its answers: Click's REPLY_ANNO. */
export function noteAnnotation(flows: Flows, slot: number, value: u8): void {
  flows.reply_anno[slot] = value;
  flows.reply_anno[flows.partner[slot]!] = value;
}

/** Forgets a flow, both directions. */
export function forget(flows: Flows, slot: number): void {
  flows.remove(flows.partner[slot]!);
  flows.remove(slot);
}

/** When the flow ends. The entry of one direction is told by the other at least every second: touching both costs a cache miss. */
export function endsAt(flows: Flows, slot: number): u53 {
  return Math.max(flows.expires_us[slot]!, flows.expires_us[flows.partner[slot]!]!);
}

/** Begins to forget flows whose time is over, so often; 0: never. */
export function beginReaping(state: FlowState, every: u53, now: u53): void {
  state.reap_every_us = every;
  state.reaped_us = 0;
  state.next_reap_us = every === 0 ? TIME_RANGE.high : Math.min(now + every, TIME_RANGE.high);
}

/** Notes that flows were looked over when that was due: Click forgets those that are over then, and not before. */
function lookOver(state: FlowState, now: u53): void {
  const next = state.next_reap_us;
  if (now < next) return;
  const every = Math.min(state.reap_every_us, REAPING_MAX_US);
  if (every === 0) return;
  const due = Math.min(Math.max(0, now - (Math.max(0, now - next) % every)), TIME_RANGE.high);
  state.reaped_us = due;
  state.next_reap_us = Math.min(due + every, TIME_RANGE.high);
}

/** The entry of this key, or -1; one that was over when flows were last looked over is forgotten. */
export function findFlow(state: FlowState, protocol: u8, source: u32, destination: u32, ports: u32, now: u53): number {
  lookOver(state, now);
  const flows = state.flows;
  const slot = flows.find(protocol, source, destination, ports);
  if (slot < 0 || flows.expires_us[slot]! > state.reaped_us) return slot;
  if (endsAt(flows, slot) > state.reaped_us) return slot;
  forget(flows, slot);
  return -1;
}

/** Whether the flow at `slot` had a packet so lately that it keeps its place. */
export function isGuaranteed(flows: Flows, slot: number, times: Times, now: u53): boolean {
  const protocol = flows.protocol[slot]!;
  const guarantee = guaranteeOf(times, protocol);
  return guarantee > 0 && now - guarantee < endsAt(flows, slot) - kept(times, protocol, flows.stage[slot]!);
}

/** Makes room for the key; whether there is some. */
function makeRoom(flows: Flows, protocol: u8, source: u32, destination: u32, ports: u32, spared: number, times: Times, now: u53): boolean {
  const victim = flows.victim(protocol, source, destination, ports);
  if (victim < 0) return true;
  if (victim === spared || flows.partner[victim] === spared || isGuaranteed(flows, victim, times, now)) return false;
  forget(flows, victim);
  return true;
}

/**
 * Keeps to the number of flows that was asked for: of a table with as many, the flow that would end first, and has no guarantee, gives way; whether there is
 * room then. In large tables the one in the new flow's own buckets does (see makeRoom), or, where a handler has set a limit, the first to end of some.
 */
function keepsCapacity(state: FlowState, times: Times, now: u53): boolean {
  const flows = state.flows;
  if (state.limit === 0 || state.limit * 2 > flows.capacity) {
    if (flows.slots > SCANNED_MAX || flows.length < flows.capacity) return true;
  } else if (flows.length < state.limit * 2) {
    return true;
  }
  let first = -1;
  let ends = 0;
  let slot = state.hand % flows.slots;
  for (let count = 0; count < Math.min(LIMITED_MAX, flows.slots); count += 1) {
    if (flows.occupied(slot) && flows.reply[slot] === 0) {
      const end = endsAt(flows, slot);
      if ((first < 0 || end < ends) && !isGuaranteed(flows, slot, times, now)) {
        first = slot;
        ends = end;
      }
    }
    slot = slot + 1 < flows.slots ? slot + 1 : 0;
  }
  state.hand = slot;
  if (first < 0 || first >= flows.slots) return false;
  forget(flows, first);
  return true;
}

/** `ports` of the other direction. */
export function swapped(ports: u32): u32 {
  return ((ports & 0xffff) * 65_536 + (ports >>> 16)) >>> 0;
}

/**
 * Remembers a flow, forth under the first key and back under the second, which another flow loses that had it. The entry forth, or -1: the table
 * is full of flows that keep their place.
 */
export function remember(
  state: FlowState,
  protocol: u8, source: u32, destination: u32, ports: u32,
  back_protocol: u8, back_source: u32, back_destination: u32, back_ports: u32,
  way: Way, input: number, times: Times, now: u53,
): number {
  const flows = state.flows;
  const before = flows.find(back_protocol, back_source, back_destination, back_ports);
  if (before >= 0) forget(flows, before);
  if (!keepsCapacity(state, times, now)) return -1;
  if (!makeRoom(flows, protocol, source, destination, ports, -1, times, now)) return -1;
  const slot = flows.insert(protocol, source, destination, ports);
  if (slot < 0) return -1;
  const expires = now + kept(times, protocol, 0);
  // Until it has a partner it is its own, which makeRoom spares.
  flows.partner[slot] = slot;
  flows.expires_us[slot] = expires;
  flows.told_us[slot] = expires;
  if (!makeRoom(flows, back_protocol, back_source, back_destination, back_ports, slot, times, now)) {
    flows.remove(slot);
    return -1;
  }
  const back = flows.insert(back_protocol, back_source, back_destination, back_ports);
  if (back < 0 || back === slot) {
    flows.remove(slot);
    return -1;
  }
  flows.new_source[slot] = back_destination;
  flows.new_destination[slot] = back_source;
  flows.new_ports[slot] = swapped(back_ports);
  flows.output[slot] = way.forward;
  flows.reply[slot] = 0;
  flows.stage[slot] = 0;
  flows.input[slot] = input & 0xff;
  flows.partner[slot] = back;
  flows.new_source[back] = destination;
  flows.new_destination[back] = source;
  flows.new_ports[back] = swapped(ports);
  flows.output[back] = way.reverse;
  flows.reply[back] = 1;
  flows.stage[back] = 0;
  flows.input[back] = input & 0xff;
  flows.expires_us[back] = expires;
  flows.told_us[back] = expires;
  flows.partner[back] = slot;
  flows.made[slot] = state.made;
  flows.made[back] = u32(state.made + 1);
  state.made = u32(state.made + 2);
  return slot;
}

/**
 * Which of the pattern's ports or addresses a new flow gets, counted from the first, so that no other has the answers; -1: none is
 * free. `next` is where the pattern that goes in sequence goes on. Of several copies each takes ports whose answers come to itself.
 */
export function chooseVariation(
  state: FlowState, way: Way, next: { [index: number]: number }, which: number, random: Random, copies: Copies,
  back_protocol: u8, source: u32, destination: u32, sport: number, dport: number, now: u53,
): number {
  const newSource = way.saddr >= 0 ? way.saddr : source;
  const newDestination = way.daddr >= 0 ? way.daddr : destination;
  const newSport = way.sport >= 0 ? way.sport : sport;
  const newDport = way.dport >= 0 ? way.dport : dport;
  const count = way.count;
  // A flow takes what is its own even from another.
  if (count === 1) return 0;
  let variation = 0;
  if (way.choice === CHOICE.own_first && sport >= newSport && sport < newSport + count) {
    if (findFlow(state, back_protocol, newDestination, newSource, (newDport * 65_536 + sport) >>> 0, now) < 0) return sport - newSport;
  }
  if (way.choice === CHOICE.sequential) variation = next[which]! < count ? next[which]! : 0;
  else if (count > 1) variation = random.below(count);
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    if (attempt >= count) return -1;
    const address = way.varies_address ? u32(newSource + variation) : newSource;
    const port = way.varies_address ? newSport : newSport + variation;
    if (copies.ours(port & 0xffff, newDport & 0xffff) && findFlow(state, back_protocol, newDestination, address, (newDport * 65_536 + port) >>> 0, now) < 0) {
      if (way.choice === CHOICE.sequential) next[which] = u32(variation + 1);
      return variation;
    }
    variation = variation < count - 1 ? variation + 1 : 0;
  }
  return -1;
}

/** Notes a packet of a flow, and that it lives on; `stage` is the flow's by now, `before` what it was. */
export function refresh(flows: Flows, slot: number, protocol: u8, before: u8, stage: u8, times: Times, now: u53): void {
  const until = now + kept(times, protocol, stage);
  flows.expires_us[slot] = until;
  if (stage === before && until - flows.told_us[slot]! < TELL_US) return;
  const partner = flows.partner[slot]!;
  flows.stage[slot] = stage;
  flows.stage[partner] = stage;
  flows.expires_us[partner] = until;
  flows.told_us[slot] = until;
  flows.told_us[partner] = until;
}

/** The stage of a flow that is not TCP, after one more packet; `reply`: it was an answer. */
export function counted(stage: u8, reply: number): u8 {
  const packets = Math.min((stage & STAGE.counted) + 1, 3);
  return packets | (stage & STAGE.answered) | (reply === 1 ? STAGE.answered : 0);
}
