/**
 * The flows of a switch. Flows whose matches have the same masks form a tuple; all flows are in one hash table, by tuple and masked
 * words, and those that differ in priority only are a chain there, highest first (tuple-space search: Srinivasan, Suri and Varghese,
 * "Packet Classification using Tuple Space Search", SIGCOMM 1999). What was found is remembered for all packets with the same words.
 */
import { array, below, register, table, TIME_RANGE, u16, u32, type IntegerRange, type StateValues, type u53 } from 'wirelet';
import { WORDS, type Cells } from './flow-key.js';

/** Different combinations of masks at once. */
export const TUPLES_MAX = 64;
/** Actions of one flow. */
export const ACTIONS_MAX = 16;
/** States of a flow: `removed` ones match nothing any more, but have to be told about. */
export const FLOW = Object.freeze({ free: 0, live: 1, removed: 2 });
/** Behind the flows there are lists of actions for what is no flow. */
export const EXTRA = Object.freeze({ scratch: 0, normal: 1, miss: 2, none: 3 });
export const EXTRAS = 4;
/** Packets or bytes; they stay at the highest. */
export const TOTAL: IntegerRange = { low: 0, high: 0x8_0000_0000_0000 };

const wordColumns = () => Object.fromEntries(Array.from({ length: WORDS }, (_, word) => [`w${word}`, 'u32'])) as Record<string, 'u32'>;

export function flowState(flows: number, cached: number) {
  const slots = flows + EXTRAS;
  const link = below(flows + 1);
  return {
    /** The words of the packet at hand. */
    key: array('u32', WORDS),
    /** The match at hand: of a flow that is to be added, or of a request. */
    value: array('u32', WORDS),
    mask: array('u32', WORDS),
    /** First flows of chains, plus 1. */
    heads: table({ key: { tuple: below(TUPLES_MAX), ...wordColumns() }, fields: { first_after: link }, capacity: flows }),
    cache: table({ key: wordColumns(), fields: { flow: below(slots), generation: 'u32', used_us: TIME_RANGE }, capacity: cached, evict: 'used_us' }),
    /** Changes whenever flows do: what was found before does not count then. */
    generation: register('u32', 1),
    flow_count: register(below(flows + 1)),
    removed_count: register('u32'),
    free: register(link, 0),
    tuple_mask: array('u32', TUPLES_MAX * WORDS),
    tuple_flows: array('u32', TUPLES_MAX),
    /** The highest priority that a flow of the tuple had. */
    tuple_priority: array('u16', TUPLES_MAX),
    /** Of flows. */
    flow_status: array('u8', slots),
    flow_next: array(link, slots),
    flow_tuple: array(below(TUPLES_MAX), slots),
    flow_priority: array('u16', slots),
    flow_value: array('u32', slots * WORDS),
    flow_cookie: array('u32', slots * 2),
    flow_flags: array('u16', slots),
    flow_idle: array('u16', slots),
    flow_hard: array('u16', slots),
    flow_reason: array('u8', slots),
    flow_created_us: array(TIME_RANGE, slots),
    flow_used_us: array(TIME_RANGE, slots),
    flow_packets: array(TOTAL, slots),
    flow_bytes: array(TOTAL, slots),
    action_count: array(below(ACTIONS_MAX + 1), slots),
    action_op: array('u8', slots * ACTIONS_MAX),
    action_argument: array('u48', slots * ACTIONS_MAX),
  };
}

type Raw = StateValues<ReturnType<typeof flowState>>;
/** As the packet path has it: a cell of a proved index is there; columns of words are not named. */
export type FlowTable = { [K in keyof Raw]: Raw[K] extends { readonly length: number; [index: number]: number } ? Cells : Raw[K] extends { find: any } ? any : Raw[K] };

/** Links all flows as free ones. */
export function initializeFlows(flows: FlowTable, capacity: number): void {
  for (let index = 0; index < capacity; index += 1) flows.flow_next[index] = index + 1;
  flows.free = 0;
}

/** What is remembered of packets no longer counts. */
export function forgetCached(flows: FlowTable): void {
  flows.generation = u32(flows.generation + 1);
}

/** The tuple of flows with the masks at hand, or -1. */
function findTuple(flows: FlowTable): number {
  for (let tuple = 0; tuple < TUPLES_MAX; tuple += 1) {
    if (flows.tuple_flows[tuple] === 0) continue;
    let same = true;
    for (let word = 0; word < WORDS; word += 1) if (flows.tuple_mask[tuple * WORDS + word] !== flows.mask[word]) same = false;
    if (same) return tuple;
  }
  return -1;
}

/** That tuple, made if there is room; or -1. */
function makeTuple(flows: FlowTable): number {
  const known = findTuple(flows);
  if (known >= 0) return known;
  for (let tuple = 0; tuple < TUPLES_MAX; tuple += 1) {
    if (flows.tuple_flows[tuple] !== 0) continue;
    for (let word = 0; word < WORDS; word += 1) flows.tuple_mask[tuple * WORDS + word] = flows.mask[word];
    flows.tuple_priority[tuple] = 0;
    return tuple;
  }
  return -1;
}

function findHead(flows: FlowTable, tuple: number, words: Cells, base: number): number {
  return flows.heads.find(
    tuple, words[base], words[base + 1], words[base + 2], words[base + 3], words[base + 4], words[base + 5], words[base + 6], words[base + 7],
    words[base + 8], words[base + 9], words[base + 10], words[base + 11], words[base + 12], words[base + 13],
  );
}

/** The first flow of a chain, or `capacity`. */
function firstOf(flows: FlowTable, capacity: number, head: number): number {
  const after = flows.heads.first_after[head];
  return after > 0 ? after - 1 : capacity;
}

/** The flow with exactly the match at hand and this priority, or `capacity`. */
export function findStrict(flows: FlowTable, capacity: number, priority: u16): number {
  const tuple = findTuple(flows);
  if (tuple < 0) return capacity;
  const head = findHead(flows, tuple, flows.value, 0);
  if (head < 0) return capacity;
  let flow = firstOf(flows, capacity, head);
  for (let steps = 0; steps < capacity; steps += 1) {
    if (flow >= capacity) break;
    if (flows.flow_priority[flow] === priority) return flow;
    flow = flows.flow_next[flow];
  }
  return capacity;
}

/** Adds a flow with the match at hand and this priority, which there is not yet; `capacity`: there is no room. */
export function addFlow(flows: FlowTable, capacity: number, priority: u16, now: u53): number {
  const flow = flows.free;
  if (flow >= capacity) return capacity;
  const tuple = makeTuple(flows);
  if (tuple < 0) return capacity;
  const { value } = flows;
  const head = flows.heads.insert(tuple, value[0], value[1], value[2], value[3], value[4], value[5], value[6], value[7], value[8], value[9], value[10], value[11], value[12], value[13]);
  if (head < 0) return capacity;
  flows.free = flows.flow_next[flow];
  // Into the chain, behind those of higher priority.
  let before = capacity;
  let behind = firstOf(flows, capacity, head);
  for (let steps = 0; steps < capacity; steps += 1) {
    if (behind >= capacity || flows.flow_priority[behind] < priority) break;
    before = behind;
    behind = flows.flow_next[behind];
  }
  if (before < capacity) flows.flow_next[before] = flow;
  else flows.heads.first_after[head] = flow + 1;
  flows.flow_next[flow] = behind;
  for (let word = 0; word < WORDS; word += 1) flows.flow_value[flow * WORDS + word] = value[word];
  flows.flow_status[flow] = FLOW.live;
  flows.flow_tuple[flow] = tuple;
  flows.flow_priority[flow] = priority;
  flows.flow_created_us[flow] = now;
  flows.flow_used_us[flow] = now;
  flows.flow_packets[flow] = 0;
  flows.flow_bytes[flow] = 0;
  flows.tuple_flows[tuple] = u32(flows.tuple_flows[tuple] + 1);
  flows.tuple_priority[tuple] = Math.max(flows.tuple_priority[tuple], priority);
  flows.flow_count = Math.min(flows.flow_count + 1, capacity);
  forgetCached(flows);
  return flow;
}

/** Takes a flow out of its chain: it matches nothing any more. Its slot stays until `releaseFlow`. */
export function removeFlow(flows: FlowTable, capacity: number, flow: number, reason: number): void {
  if (flow >= capacity || flows.flow_status[flow] !== FLOW.live) return;
  const tuple = flows.flow_tuple[flow];
  const head = findHead(flows, tuple, flows.flow_value, flow * WORDS);
  if (head >= 0) {
    let before = capacity;
    let at = firstOf(flows, capacity, head);
    for (let steps = 0; steps < capacity; steps += 1) {
      if (at >= capacity || at === flow) break;
      before = at;
      at = flows.flow_next[at];
    }
    const behind = flows.flow_next[flow];
    if (before < capacity) flows.flow_next[before] = behind;
    else if (behind < capacity) flows.heads.first_after[head] = behind + 1;
    else flows.heads.remove(head);
  }
  flows.tuple_flows[tuple] = Math.max(0, flows.tuple_flows[tuple] - 1);
  flows.flow_count = Math.max(0, flows.flow_count - 1);
  flows.flow_status[flow] = FLOW.removed;
  flows.flow_reason[flow] = reason & 0xff;
  flows.removed_count = Math.min(flows.removed_count + 1, 0xffff_ffff);
  forgetCached(flows);
}

/** Gives a removed flow's slot back. */
export function releaseFlow(flows: FlowTable, flow: number): void {
  flows.flow_status[flow] = FLOW.free;
  flows.flow_next[flow] = flows.free;
  flows.free = flow;
  flows.removed_count = Math.max(0, flows.removed_count - 1);
}

/** Whether the match at hand says no more than that of `flow`: all packets of `flow` match it. */
export function covers(flows: FlowTable, flow: number): boolean {
  const tuple = flows.flow_tuple[flow];
  let yes = true;
  for (let word = 0; word < WORDS; word += 1) {
    const mask = flows.mask[word];
    if ((mask & ~flows.tuple_mask[tuple * WORDS + word]) !== 0 || ((flows.flow_value[flow * WORDS + word] ^ flows.value[word]) & mask) !== 0) yes = false;
  }
  return yes;
}

/** Whether some packet could match both `flow` and the match at hand. */
export function overlaps(flows: FlowTable, flow: number): boolean {
  const tuple = flows.flow_tuple[flow];
  let yes = true;
  for (let word = 0; word < WORDS; word += 1) {
    if (((flows.flow_value[flow * WORDS + word] ^ flows.value[word]) & flows.mask[word] & flows.tuple_mask[tuple * WORDS + word]) !== 0) yes = false;
  }
  return yes;
}

/** The flow with the highest priority that matches `key`, or `capacity`. */
export function lookUp(flows: FlowTable, capacity: number): number {
  const { key, tuple_mask: masks } = flows;
  let best = capacity;
  let priority = -1;
  for (let tuple = 0; tuple < TUPLES_MAX; tuple += 1) {
    if (flows.tuple_flows[tuple] === 0 || flows.tuple_priority[tuple] <= priority) continue;
    const base = tuple * WORDS;
    const head = flows.heads.find(
      tuple, (key[0] & masks[base]) >>> 0, (key[1] & masks[base + 1]) >>> 0, (key[2] & masks[base + 2]) >>> 0, (key[3] & masks[base + 3]) >>> 0, (key[4] & masks[base + 4]) >>> 0,
      (key[5] & masks[base + 5]) >>> 0, (key[6] & masks[base + 6]) >>> 0, (key[7] & masks[base + 7]) >>> 0, (key[8] & masks[base + 8]) >>> 0, (key[9] & masks[base + 9]) >>> 0,
      (key[10] & masks[base + 10]) >>> 0, (key[11] & masks[base + 11]) >>> 0, (key[12] & masks[base + 12]) >>> 0, (key[13] & masks[base + 13]) >>> 0,
    );
    if (head < 0) continue;
    const flow = firstOf(flows, capacity, head);
    if (flow < capacity && flows.flow_priority[flow] > priority) {
      best = flow;
      priority = flows.flow_priority[flow];
    }
  }
  return best;
}
