/** Packets of an ARPQuerier that wait for answers: how many may, and how they are given up. */
import { array, drop, packetLists, register, tableSlots, type ElementsAround, type HandlerContext, type Packet, type StateValues, type u32, type u53, type Verdict } from 'wirelet';
import { entryCapacity, forgetOld, oldestHost, timeoutOf, type HostState } from './host-table.js';

/** Packets that are kept where CAPACITY is no limit. */
export const PACKETS_MAX = 4096;

interface Limits {
  readonly capacity: number;
  readonly entry_capacity: number;
  readonly entry_packet_capacity: number;
  readonly capacity_slim_factor: number;
  readonly timeout: number;
}

/** The arguments of the table that is used, this element's or the shared one's: both have the same. */
export function limitsOf(config: Limits & { readonly table: string }, elements: ElementsAround): Limits & { readonly exact: boolean } {
  const shared = config.table === '' ? undefined : (elements.named(config.table)?.config as Limits | undefined);
  const { capacity, entry_capacity, entry_packet_capacity, capacity_slim_factor, timeout } = shared ?? config;
  return { capacity: capacity === 0 ? PACKETS_MAX : capacity, exact: entry_capacity > 0, entry_capacity: entryCapacity(entry_capacity), entry_packet_capacity, capacity_slim_factor, timeout: timeoutOf(timeout) };
}

/** A list of packets for each slot of a table of so many addresses. */
export function waitingState(entries: number, capacity: number) {
  return {
    pending: packetLists(tableSlots(entries), capacity),
    /** The address that the packets of a slot wait for: where a table is shared, others may have given the slot away. */
    wanted: array('u32', tableSlots(entries)),
    /** Packets that a handler has given up, and that are dropped when the element works next. */
    stale: register('u32'),
  };
}

export interface Waiting {
  readonly built: { readonly perEntry: number; readonly slim: number; readonly slots: number; readonly exact: boolean; readonly timeout: number };
  readonly state: StateValues<ReturnType<typeof waitingState>>;
  readonly clock: { readonly microseconds: u53 };
  emit(output: Verdict, packet: Packet): void;
}

/** Drops the packets that wait in a slot. */
export function giveUp({ built, state, emit }: Waiting, slot: number): void {
  for (let count = 0; count < built.perEntry; count += 1) {
    const lost = state.pending.take(slot);
    if (lost === null) break;
    emit(drop('unresolved'), lost);
  }
}

/** Drops what a handler has given up. */
export function dropStale(querier: Waiting): void {
  const { built, state } = querier;
  if (state.stale === 0) return;
  state.stale = 0;
  for (let slot = 0; slot < built.slots; slot += 1) if (state.pending.count(slot) > 0) giveUp(querier, slot);
}

/** Drops the packets that wait in a slot, until no more wait in all than CAPACITY_SLIM_FACTOR leaves. */
function slimDown({ built, state, emit }: Waiting, slot: number): void {
  for (let count = 0; count < built.perEntry; count += 1) {
    if (state.pending.length <= built.slim) break;
    const lost = state.pending.take(slot);
    if (lost === null) break;
    emit(drop('pending_full'), lost);
  }
}

/** Makes room for packets: those that wait for the addresses that were heard of longest ago give way, at last those for addresses that are forgotten. */
export function makeRoom(querier: Waiting, known: HostState): void {
  const { built, state } = querier;
  const { hosts, order, order_turns } = known;
  for (let at = known.order_first; at < order.length; at += 1) {
    if (at >= known.order_end || state.pending.length <= built.slim) break;
    const slot = order[at]!;
    if (slot < built.slots && hosts.occupied(slot) && hosts.turn[slot] === order_turns[at]!) slimDown(querier, slot);
  }
  if (state.pending.length <= built.slim) return;
  for (let slot = 0; slot < built.slots; slot += 1) slimDown(querier, slot);
}

/** The slot of an address, given to it if it had none: of a table that may have no more, the one heard of longest ago gives way. -1: there is no room. */
export function slotOf(querier: Waiting, known: HostState, address: u32): number {
  const { hosts } = known;
  const found = hosts.find(address);
  if (found >= 0) return found;
  const gone = querier.built.exact && hosts.length >= hosts.capacity ? oldestHost(known) : hosts.victim(address);
  if (gone >= 0 && gone < hosts.slots) {
    giveUp(querier, gone);
    hosts.remove(gone);
  }
  return hosts.insert(address);
}

type Sharing = HandlerContext<any, any, any>;

/** Takes the packets that waited in the element before for addresses which the shared table still has. */
export function takeWaiting({ state: own, peers }: Sharing, before: Sharing): void {
  const state = own as Waiting['state'];
  const old = before.state as Waiting['state'];
  const { hosts } = peers[0]!.state as HostState;
  for (let from = 0; from < old.wanted.length; from += 1) {
    let packet = old.pending.take(from);
    const slot = packet === null ? -1 : hosts.find(old.wanted[from]!);
    if (slot < 0 || slot >= state.wanted.length) continue;
    state.wanted[slot] = old.wanted[from]!;
    for (; packet !== null && !state.pending.full; packet = old.pending.take(from)) state.pending.append(slot, packet);
  }
}

/** Forgets addresses that nothing was heard of for too long, and the packets that wait for them or for addresses that are forgotten. */
export function searchOld(querier: Waiting, known: HostState): void {
  const { built, state, clock } = querier;
  const { hosts } = known;
  const now = clock.microseconds;
  for (let slot = 0; slot < built.slots; slot += 1) {
    if (state.pending.count(slot) > 0 && (!hosts.occupied(slot) || hosts.address[slot] !== state.wanted[slot] || (built.timeout > 0 && now - hosts.seen_us[slot]! > built.timeout))) giveUp(querier, slot);
  }
  forgetOld(hosts, built.timeout, now);
}
