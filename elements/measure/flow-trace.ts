/**
 * The flows that AggregateIPFlows remembers, and those that have ended: their numbers, for whoever asks its handler `ended`, and with TRACEINFO what they were, as a file
 * in XML says it.
 */
import { array, flag, formatIpv4, register, table, tableSlots, u32, type AttendContext, type HandlerContext, type Packet, type StateValues } from 'wirelet';
import { ENDED, endedState } from './ended-flows.js';

/** `traced`: what TRACEINFO tells of a flow is remembered, too. */
export function flowState(capacity: number, traced: boolean) {
  const slots = tableSlots(capacity);
  const [each, ring] = traced ? [slots, Math.max(ENDED, slots)] : [1, ENDED];
  const kept = traced ? ring : 1;
  return {
    flows: table({ key: { protocol: 'u8', low: 'u32', high: 'u32', ports: 'u32' }, fields: { number: 'u32', flipped: 'u8', closed: 'u8', seen: 'u53' }, capacity, evict: 'seen' }),
    next: register('u32', 1),
    /** By the slot of a flow: its first and last packet, packets of each direction, where it begins in a file. */
    first_s: array('u32', each),
    first_ns: array('u32', each),
    last_s: array('u32', each),
    last_ns: array('u32', each),
    packets_0: array('u32', each),
    packets_1: array('u32', each),
    filepos: array('u53', each),
    /** The flows that ended last, and the same of each. */
    ...endedState(ring),
    ended_low: array('u32', kept),
    ended_high: array('u32', kept),
    ended_ports: array('u32', kept),
    ended_flipped: array('u8', kept),
    ended_first_s: array('u32', kept),
    ended_first_ns: array('u32', kept),
    ended_last_s: array('u32', kept),
    ended_last_ns: array('u32', kept),
    ended_packets_0: array('u32', kept),
    ended_packets_1: array('u32', kept),
    ended_filepos: array('u53', kept),
    /** Of the file: whether it was begun, ended flows that it tells of, and the number up to which flows know where they begin. */
    begun: flag(),
    told: register('u32'),
    placed: register('u32', 1),
  };
}

export type FlowState = StateValues<ReturnType<typeof flowState>>;

/** A flow begins with a packet. */
export function traceFirst(state: FlowState, slot: number, packet: Packet): void {
  state.first_s[slot] = packet.timestampSeconds;
  state.first_ns[slot] = packet.timestampNanoseconds;
  state.packets_0[slot] = 0;
  state.packets_1[slot] = 0;
  state.filepos[slot] = 0;
}

/** A packet of a flow. */
export function tracePacket(state: FlowState, slot: number, packet: Packet, direction: number): void {
  state.last_s[slot] = packet.timestampSeconds;
  state.last_ns[slot] = packet.timestampNanoseconds;
  if (direction > 1) return;
  if (direction === 0) state.packets_0[slot] = u32(state.packets_0[slot]! + 1);
  else state.packets_1[slot] = u32(state.packets_1[slot]! + 1);
}

/** Remembers that the flow in `slot` has ended; whoever calls it takes it out of the table. */
export function endFlow(state: FlowState, slot: number, traced: boolean): void {
  const { flows } = state;
  const at = state.ended_count % state.ended.length;
  state.ended[at] = flows.number[slot]!;
  if (traced) {
    state.ended_low[at] = flows.low[slot]!;
    state.ended_high[at] = flows.high[slot]!;
    state.ended_ports[at] = flows.ports[slot]!;
    state.ended_flipped[at] = flows.flipped[slot]!;
    state.ended_first_s[at] = state.first_s[slot]!;
    state.ended_first_ns[at] = state.first_ns[slot]!;
    state.ended_last_s[at] = state.last_s[slot]!;
    state.ended_last_ns[at] = state.last_ns[slot]!;
    state.ended_packets_0[at] = state.packets_0[slot]!;
    state.ended_packets_1[at] = state.packets_1[slot]!;
    state.ended_filepos[at] = state.filepos[slot]!;
  }
  state.ended_count = u32(state.ended_count + 1);
}

// ---- Node ------------------------------------------------------------------------------------------------

type Flows = HandlerContext<any, any, any>;

/** Ends all flows. */
export function endAll({ state, built }: Flows): void {
  const { flows } = state as FlowState;
  const slots = Array.from({ length: flows.slots }, (_, slot) => slot).filter((slot) => flows.occupied(slot));
  for (const slot of slots.sort((a, b) => flows.protocol[a]! - flows.protocol[b]! || flows.number[a]! - flows.number[b]!)) {
    endFlow(state, slot, built.traced);
    flows.remove(slot);
  }
}

const stamp = (seconds: number, nanoseconds: number) => `${seconds}.${String(nanoseconds).padStart(9, '0')}`;

function between(firstS: number, firstNs: number, lastS: number, lastNs: number): string {
  const nanoseconds = BigInt(lastS - firstS) * 1_000_000_000n + BigInt(lastNs - firstNs);
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  return `${nanoseconds < 0n ? '-' : ''}${stamp(Number(magnitude / 1_000_000_000n), Number(magnitude % 1_000_000_000n))}`;
}

function flowText(state: FlowState, at: number): string {
  const [low, high, ports] = [state.ended_low[at]!, state.ended_high[at]!, state.ended_ports[at]!];
  const ends = [{ address: low, port: ports >>> 16 }, { address: high, port: ports & 0xffff }];
  const [from, to] = state.ended_flipped[at] === 0 ? ends : ends.reverse();
  const begin = stamp(state.ended_first_s[at]!, state.ended_first_ns[at]!);
  const duration = between(state.ended_first_s[at]!, state.ended_first_ns[at]!, state.ended_last_s[at]!, state.ended_last_ns[at]!);
  const place = state.ended_filepos[at] === 0 ? '' : ` filepos='${state.ended_filepos[at]}'`;
  const flow = `<flow aggregate='${state.ended[at]}' src='${formatIpv4(from!.address)}' sport='${from!.port}' dst='${formatIpv4(to!.address)}' dport='${to!.port}' begin='${begin}' duration='${duration}'${place}>`;
  return `${flow}\n  <stream dir='0' packets='${state.ended_packets_0[at]}' /><stream dir='1' packets='${state.ended_packets_1[at]}' />\n</flow>`;
}

type Attended = AttendContext<any, any, any>;

/** Writes to the file of TRACEINFO what has become known since the last time. */
export function writeTrace(element: Attended): void {
  const { config, state: anyState, read, write } = element;
  const { traceinfo, source } = config as { traceinfo: string; source: string };
  if (traceinfo === '') return;
  const state = anyState as FlowState;
  if (!state.begun) {
    state.begun = true;
    const file = source === '' ? undefined : read(`${source}.filename`)?.trim();
    write(traceinfo, `<?xml version='1.0' standalone='yes'?>\n<trace${file === undefined || file === '' ? '' : ` file='${file}'`}>`);
  }
  if (source !== '' && state.placed !== state.next) {
    const place = Number(read(`${source}.packet_filepos`) ?? 0) || 0;
    const { flows } = state;
    for (let slot = 0; slot < flows.slots; slot += 1) if (flows.occupied(slot) && flows.number[slot]! >= state.placed) state.filepos[slot] = place;
    state.placed = state.next;
  }
  for (; state.told !== state.ended_count; state.told = u32(state.told + 1)) write(traceinfo, flowText(state, state.told % state.ended.length));
}

/** Writes the flows that there still are, and the end of the file. */
export function finishTrace(element: Attended): void {
  if (element.config.traceinfo === '') return;
  writeTrace(element);
  endAll(element);
  writeTrace(element);
  if (element.config.traceinfo !== '-') element.write(element.config.traceinfo, '</trace>');
}
