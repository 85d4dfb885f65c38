/** Whose flow a packet belongs to, and the fragments that wait for the first one of their packet: what AggregateIPFlows does for each packet. */
import { ANNOTATIONS, drop, IP_PROTOCOL, ipv4, packetLists, table, tableSlots, u32, type Counter, type i32, type Log, type Outputs, type Packet, type StateValues, type u8, type Verdict } from 'wirelet';
import { stamp } from '../annotate/time-value.js';
import { endFlow, traceFirst, tracePacket, type FlowState } from './flow-trace.js';

/** A packet belongs to no flow, or waits. */
export const OTHER = -1;
export const HOLD = -2;

/** Which directions of a TCP connection are closed, as bits. */
const OPEN = 0;
const DONE = 3;
const FIN = 1;
const SYN = 2;
const RST = 4;
/** Pairs of hosts between which fragments wait, and packets that do. */
const PAIRS = 256;
const WAITING = 1024;
/** Bytes of a TCP header up to its flags. */
const TO_FLAGS = 14;
const aggregateAt = ANNOTATIONS.aggregate.offset;

export function fragmentState() {
  return {
    /** Pairs of hosts between which packets wait. */
    pairs: table({ key: { protocol: 'u8', low: 'u32', high: 'u32' }, fields: { waits: 'u8' }, capacity: PAIRS }),
    waiting: packetLists(tableSlots(PAIRS), WAITING),
    /** The slots of flows that fragments belong to, by their numbers. */
    fragmented: table({ key: { number: 'u32' }, fields: { slot: 'u32', seen: 'u32' }, capacity: WAITING, evict: 'seen' }),
  };
}

export interface IpFlows {
  readonly built: { readonly traced: boolean; readonly tcp_s: number; readonly tcp_done_s: number; readonly udp_s: number; readonly fragment_s: number; readonly reap_s: number; readonly icmp: boolean; readonly chatter: string };
  readonly state: FlowState & StateValues<ReturnType<typeof fragmentState>> & { reap_s: number; unstamped: boolean };
  readonly counters: Readonly<Record<'flows', Counter>>;
  readonly clock: { readonly microseconds: number };
  readonly log: Log;
  readonly outputs: Outputs<{ out: string; other: string }>;
  emit(output: Verdict, packet: Packet): void;
}

/** Where the IPv4 header is that says whose a packet is: its own, or the one that an error quotes; -1: there is none. */
function headerOf(packet: Packet, icmp: boolean): i32 {
  const base = packet.hasNetworkHeader ? packet.networkHeaderOffset : -1;
  if (base < 0 || packet.networkLength < ipv4.size) return -1;
  const header = ipv4.at(packet);
  if (header.protocol !== IP_PROTOCOL.icmp) return base;
  const at = packet.transportHeaderOffset;
  if (!icmp || header.fragment_offset !== 0 || at < 0 || packet.transportLength < 8 + ipv4.size) return -1;
  const type = packet.loadU8(at);
  if (type !== 3 && type !== 4 && type !== 5 && type !== 11 && type !== 12) return -1;
  const size = (packet.loadU8(at + 8) & 15) * 4;
  return size >= ipv4.size && packet.transportLength >= 8 + size ? at + 8 : -1;
}

/** Whether the header at `at` is that of a fragment. */
function isFragment(packet: Packet, at: number): boolean {
  return (packet.loadU16(at + 6) & 0x3fff) !== 0;
}

/** The pair of hosts that a packet is between, which is remembered from now on; -1: there is no room. */
export function hostsOf(packet: Packet, state: IpFlows['state']): i32 {
  const at = Math.max(0, headerOf(packet, true));
  const source = packet.loadU32(at + 12);
  const destination = packet.loadU32(at + 16);
  return state.pairs.insert(packet.loadU8(at + 9), Math.min(source, destination), Math.max(source, destination));
}

/** Seconds that a flow may be quiet. */
function patience(built: IpFlows['built'], protocol: u8, closed: u8): number {
  return protocol === IP_PROTOCOL.udp ? built.udp_s : closed === DONE ? built.tcp_done_s : built.tcp_s;
}

/** The slot of the flow that a packet belongs to, which is noted on it; OTHER; or HOLD: it waits. */
export function findFlow(packet: Packet, flowing: IpFlows, fragments: boolean): i32 {
  const { built, state, counters, clock, log } = flowing;
  const { flows } = state;
  if (packet.timestampSeconds === 0 && packet.timestampNanoseconds === 0) {
    stamp(packet, clock.microseconds);
    if (built.chatter.length > 0 && !state.unstamped) {
      log.text(built.chatter);
      log.text(': warning: packet received without timestamp');
      log.end();
    }
    state.unstamped = true;
  }
  const at = headerOf(packet, built.icmp);
  if (at < 0) return OTHER;
  const quoted = ipv4.at(packet).protocol === IP_PROTOCOL.icmp;
  const protocol = packet.loadU8(at + 9);
  const source = packet.loadU32(at + 12);
  const destination = packet.loadU32(at + 16);
  if ((protocol !== IP_PROTOCOL.tcp && protocol !== IP_PROTOCOL.udp) || (source === 0 && destination === 0)) return OTHER;
  const low = Math.min(source, destination);
  const high = Math.max(source, destination);
  const behind = state.pairs.length > 0 && state.pairs.find(protocol, low, high) >= 0;
  let turned = source > destination;
  if ((packet.loadU16(at + 6) & 0x1fff) !== 0) {
    packet.setAnnotationU32(aggregateAt, 0);
    packet.paint = (quoted ? 2 : 0) + (turned ? 1 : 0);
    return fragments || behind ? HOLD : OTHER;
  }
  const ends = at + (packet.loadU8(at) & 15) * 4;
  if (packet.length < ends + 4) return OTHER;
  const sport = packet.loadU16(ends);
  const dport = packet.loadU16(ends + 2);
  if (source === destination && sport > dport) turned = true;
  const ports = turned ? dport * 65_536 + sport : sport * 65_536 + dport;
  const seconds = packet.timestampSeconds;
  let slot = flows.find(protocol, low, high, ports);
  if (slot >= 0) {
    const begins = !quoted && protocol === IP_PROTOCOL.tcp && flows.closed[slot] === DONE && packet.length >= ends + TO_FLAGS && (packet.loadU8(ends + 13) & SYN) !== 0;
    if (begins || seconds - flows.seen[slot]! > patience(built, protocol, flows.closed[slot]!)) {
      endFlow(state, slot, built.traced);
      flows.remove(slot);
      slot = -1;
    }
  }
  if (slot < 0) {
    const victim = flows.victim(protocol, low, high, ports);
    if (victim >= 0) endFlow(state, victim, built.traced);
    slot = flows.insert(protocol, low, high, ports);
    if (slot < 0) return OTHER;
    flows.number[slot] = state.next;
    flows.flipped[slot] = turned ? 1 : 0;
    flows.closed[slot] = OPEN;
    flows.seen[slot] = seconds;
    state.next = u32(state.next + 1);
    if (built.traced) traceFirst(state, slot, packet);
    counters.flows.add(1);
  }
  packet.setAnnotationU32(aggregateAt, flows.number[slot]!);
  packet.paint = (quoted ? 2 : 0) + ((turned ? 1 : 0) === flows.flipped[slot] ? 0 : 1);
  if ((!fragments || !isFragment(packet, at)) && !behind) return slot;
  const known = state.fragmented.insert(flows.number[slot]!);
  if (known >= 0) {
    state.fragmented.slot[known] = slot;
    state.fragmented.seen[known] = seconds;
  }
  return HOLD;
}

/** A packet of the flow in `slot` leaves. */
export function countPacket(packet: Packet, flowing: IpFlows, slot: number): void {
  const { built, state } = flowing;
  const { flows } = state;
  if (slot < 0 || slot >= flows.slots) return;
  flows.seen[slot] = packet.timestampSeconds;
  const direction = packet.paint;
  if (built.traced) tracePacket(state, slot, packet, direction);
  const header = ipv4.at(packet);
  if (header.protocol !== IP_PROTOCOL.tcp || header.fragment_offset !== 0 || direction > 1) return;
  const at = Math.max(0, packet.networkHeaderOffset) + header.header_length * 4;
  if (packet.length < at + TO_FLAGS) return;
  const flags = packet.loadU8(at + 13);
  if ((flags & RST) !== 0) flows.closed[slot] = DONE;
  else if ((flags & FIN) !== 0) flows.closed[slot] = direction === 0 ? flows.closed[slot]! | 1 : flows.closed[slot]! | 2;
  else if ((flags & SYN) !== 0) flows.closed[slot] = OPEN;
}

/** Sends those packets between two hosts that need not wait at `now`. */
export function flushFragments(flowing: IpFlows, hosts: number, now: number): void {
  const { built, state, outputs, emit } = flowing;
  const { waiting, fragmented, flows } = state;
  for (let round = 0; round < WAITING; round += 1) {
    const first = waiting.take(hosts);
    if (first === null) break;
    const at = Math.max(0, headerOf(first, true));
    const old = first.timestampSeconds < now - built.fragment_s || !isFragment(first, at);
    const identification = first.loadU16(at + 4);
    let number = first.annotationU32(aggregateAt);
    let paint = first.paint;
    const others = waiting.count(hosts);
    // One of those behind it may say whose it is, or learn it from it; it stays the first if it must wait.
    for (let index = 0; index < WAITING; index += 1) {
      if (index >= others) break;
      const other = waiting.take(hosts);
      if (other === null) break;
      if (old && other.loadU16(Math.max(0, headerOf(other, true)) + 4) === identification) {
        const its = other.annotationU32(aggregateAt);
        if (first.annotationU32(aggregateAt) !== 0) {
          other.setAnnotationU32(aggregateAt, number);
          other.paint = paint;
        } else if (number === 0 && its !== 0) {
          number = its;
          paint = other.paint;
        }
      }
      waiting.append(hosts, other);
    }
    if (!old) {
      // It goes to the front again: behind all, and all others behind it.
      if (waiting.full) emit(drop('no_flow'), first);
      else waiting.append(hosts, first);
      for (let index = 0; index < WAITING; index += 1) {
        if (index >= others) break;
        const other = waiting.take(hosts);
        if (other === null) break;
        waiting.append(hosts, other);
      }
      break;
    }
    if (number === 0) {
      emit(drop('no_flow'), first);
    } else {
      first.setAnnotationU32(aggregateAt, number);
      first.paint = paint;
      const known = fragmented.find(number);
      const slot = known < 0 ? -1 : fragmented.slot[known]!;
      if (slot >= 0 && slot < flows.slots && flows.number[slot] === number) countPacket(first, flowing, slot);
      emit(outputs.out, first);
    }
  }
  if (waiting.count(hosts) === 0) state.pairs.remove(hosts);
}

/** Now and then, sends fragments that waited for too long: before `reap`. */
export function reapFragments(flowing: IpFlows, now: number): void {
  const { state } = flowing;
  if (now < state.reap_s || state.reap_s === 0) return;
  for (let hosts = 0; hosts < state.pairs.slots; hosts += 1) if (state.waiting.count(hosts) > 0) flushFragments(flowing, hosts, now);
}

/** Now and then, forgets flows that are over, but for those of hosts between which packets wait. */
export function reap(flowing: IpFlows, now: number): void {
  const { built, state } = flowing;
  const { flows, pairs } = state;
  if (now < state.reap_s) return;
  if (state.reap_s !== 0) {
    for (let pass = 0; pass < 2; pass += 1) {
      const wanted = pass === 0 ? IP_PROTOCOL.tcp : IP_PROTOCOL.udp;
      for (let slot = 0; slot < flows.slots; slot += 1) {
        if (flows.occupied(slot) && flows.protocol[slot] === wanted && now - flows.seen[slot]! > patience(built, wanted, flows.closed[slot]!) && (pairs.length === 0 || pairs.find(wanted, flows.low[slot]!, flows.high[slot]!) < 0)) {
          endFlow(state, slot, built.traced);
          flows.remove(slot);
        }
      }
    }
  }
  state.reap_s = u32(now + built.reap_s);
}
