/** Flows as handlers of rewriters show them: Click's lines, in the order of Click's tables. */
import { byteSwapped, formatIpv4 } from 'wirelet';
import { ECHO_REPLY, endsAt, guaranteeOf, lifetime, type Flows, type FlowState, type Times } from './flow-table.js';

/** A flow as Click has it; ports of what has none are 0. */
interface FlowId {
  readonly source: number;
  readonly sport: number;
  readonly destination: number;
  readonly dport: number;
}

/** How the entries of a rewriter are shown. */
export type Shown = 'ports' | 'pings' | 'pairs' | 'sources';

function swapBytes(word: number): number {
  return ((word & 0xff) << 8) | (word >>> 8);
}

/** An identifier's place in Click's tables: replies have that of requests and one more, in the order of bytes of a PC. */
function behind(identifier: number): number {
  return swapBytes((swapBytes(identifier) + 1) & 0xffff);
}

/** The flow that finds the entry in Click's table. */
function idOf(flows: Flows, slot: number): FlowId {
  const [source, destination, ports] = [flows.source[slot]!, flows.destination[slot]!, flows.ports[slot]!];
  const [sport, dport] = [ports >>> 16, ports & 0xffff];
  if (flows.protocol[slot] === 1) return { source, sport, destination, dport: behind(sport) };
  if (flows.protocol[slot] === ECHO_REPLY) return { source, sport: behind(dport), destination, dport };
  return { source, sport, destination, dport };
}

/** Click's hash of a flow, as PCs with words of 64 bits compute it: whole numbers of that size, addresses in network order. */
function hashOf({ source, sport, destination, dport }: FlowId): bigint {
  const inMemory = (address: number) => BigInt(byteSwapped(address));
  const turned = (word: bigint, by: bigint) => (word << by) | (by === 0n ? word : word >> (32n - by));
  const ports = BigInt(Math.trunc((dport << 16) | sport));
  return BigInt.asUintN(64, turned(inMemory(source), BigInt(sport % 16)) ^ turned(inMemory(destination), BigInt(31 - (dport % 16))) ^ ports);
}

const BUCKETS_FIRST = 63;

/** The slots in the order in which Click's table has them: by buckets, the newest of one first. */
function inOrder(flows: Flows, slots: readonly number[]): number[] {
  let buckets = BUCKETS_FIRST;
  while (slots.length > 2 * buckets) buckets = 2 * buckets + 1;
  const places = slots.map((slot) => ({ slot, bucket: Number(hashOf(idOf(flows, slot)) % BigInt(buckets)), made: flows.made[slot]! }));
  return places.sort((a, b) => a.bucket - b.bucket || b.made - a.made).map(({ slot }) => slot);
}

/** Whether a flow is still there: it is until flows are looked over after its end. */
export function isThere(state: FlowState, slot: number, now: number): boolean {
  const every = state.reap_every_us;
  const due = every > 0 && now >= state.next_reap_us ? now - ((now - state.next_reap_us) % every) : state.reaped_us;
  return state.flows.occupied(slot) && endsAt(state.flows, slot) > due;
}

/** `[*F R] iINPUT expSECONDS`, the output of this direction starred. Of a flow whose time is over, seconds are what Click's arithmetic of 32 bits gives. */
function endsText(flows: Flows, slot: number, times: Times, now: number): string {
  const partner = flows.partner[slot]!;
  const [here, there] = [flows.output[slot]!, flows.output[partner]!];
  const [protocol, stage] = [flows.protocol[slot]!, flows.stage[slot]!];
  const life = lifetime(times, protocol, stage);
  const ends = endsAt(flows, slot) - Math.max(life, guaranteeOf(times, protocol)) + life;
  const seconds = Math.trunc((Math.floor((ends - now) / 1000 + 500) >>> 0) / 1000);
  const outputs = flows.reply[slot] === 0 ? `*${here} ${there}` : `${there} *${here}`;
  return ` [${outputs}] i${flows.input[slot]} exp${seconds}`;
}

function flowText({ source, sport, destination, dport }: FlowId): string {
  return `(${formatIpv4(source)}, ${sport}, ${formatIpv4(destination)}, ${dport})`;
}

/** What the sequence numbers of a TCP flow's direction are moved by. */
function movedText(state: FlowState, slot: number): string {
  const delta = (state as FlowState & { readonly delta?: { readonly [slot: number]: number } }).delta?.[slot] ?? 0;
  return delta === 0 ? '' : ` seq ${delta > 0 ? '+' : ''}${delta}`;
}

function entryText(state: FlowState, slot: number, shown: Shown): string {
  const { flows } = state;
  const id = idOf(flows, slot);
  const back = idOf(flows, flows.partner[slot]!);
  const [newSource, newDestination] = [back.destination, back.source];
  switch (shown) {
    case 'ports':
      return `${flowText(id)} => ${flowText({ source: newSource, sport: back.dport, destination: newDestination, dport: back.sport })}${flows.protocol[slot] === 6 ? movedText(state, slot) : ''}`;
    case 'pings':
      return `(${formatIpv4(id.source)}, ${formatIpv4(id.destination)}, ${id.sport}) => (${formatIpv4(newSource)}, ${formatIpv4(newDestination)}, ${back.dport})`;
    case 'pairs':
      return `(${formatIpv4(id.source)}, ${formatIpv4(id.destination)}) => (${formatIpv4(newSource)}, ${formatIpv4(newDestination)})`;
    case 'sources':
      return `${formatIpv4(id.source)} => ${formatIpv4(newSource)}`;
  }
}

/** A line for each entry of the table that `wanted` chooses. */
export function tableText(state: FlowState, times: Times, now: number, shown: Shown, wanted: (protocol: number) => boolean): string {
  const { flows } = state;
  const slots = Array.from({ length: flows.slots }, (_, slot) => slot).filter((slot) => isThere(state, slot, now) && wanted(flows.protocol[slot]!));
  return inOrder(flows, slots).map((slot) => `${entryText(state, slot, shown)}${endsText(flows, slot, times, now)}\n`).join('');
}
