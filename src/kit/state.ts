/**
 * What an element remembers between packets. An element declares its state; the engine makes it, all of
 * it before the first packet, with a size known when the graph is planned.
 */
import { INTEGER_RANGES, type IntegerRange } from './integers.js';
import type { Packet } from './packet.js';
import { Table, type TableSpec } from './table.js';
import { PacketLists, PacketQueue } from './packet-store.js';
import type { StoredType } from './stored-type.js';

/** Integers from 0 to `count - 1`: an index into something that has `count` entries. */
export function below(count: number): IntegerRange {
  return { low: 0, high: Math.max(0, count - 1) };
}

export function rangeOf(type: StoredType): IntegerRange {
  return typeof type === 'string' ? INTEGER_RANGES[type] : type;
}

export interface RegisterSpec {
  readonly kind: 'register';
  readonly type: StoredType;
  readonly initial: number;
}
export interface FlagSpec {
  readonly kind: 'flag';
  readonly initial: boolean;
}
export interface ArraySpec {
  readonly kind: 'array';
  readonly type: StoredType;
  readonly length: number;
  readonly initial: number;
}
export interface QueueSpec {
  readonly kind: 'queue';
  readonly capacity: number;
}
export interface ListsSpec {
  readonly kind: 'lists';
  readonly lists: number;
  readonly capacity: number;
}

/** One integer; the element reads and assigns it as a property of `state`. */
export function register(type: StoredType, initial = 0): RegisterSpec {
  return { kind: 'register', type, initial };
}

/** One boolean. */
export function flag(initial = false): FlagSpec {
  return { kind: 'flag', initial };
}

/** `length` integers. */
export function array(type: StoredType, length: number, initial = 0): ArraySpec {
  return { kind: 'array', type, length, initial };
}

/** A first-in, first-out queue of up to `capacity` packets. */
export function packetQueue(capacity: number): QueueSpec {
  return { kind: 'queue', capacity };
}

/** `lists` first-in, first-out lists that share room for `capacity` packets. */
export function packetLists(lists: number, capacity: number): ListsSpec {
  return { kind: 'lists', lists, capacity };
}

export type StateEntry = RegisterSpec | FlagSpec | ArraySpec | QueueSpec | ListsSpec | TableSpec<any, any>;

export type StateSpec = Readonly<Record<string, StateEntry>>;

type TableColumns<K, F> = { readonly [N in keyof K]: { readonly [slot: number]: number } } & {
  readonly [N in keyof F]: { [slot: number]: number };
};

export type StateValues<S> = {
  -readonly [K in keyof S]: S[K] extends RegisterSpec
    ? number
    : S[K] extends FlagSpec
      ? boolean
      : S[K] extends ArraySpec
        ? { readonly length: number; [index: number]: number }
        : S[K] extends QueueSpec
          ? PacketQueue
          : S[K] extends ListsSpec
            ? PacketLists
            : S[K] extends TableSpec<infer Key, infer Fields>
              ? Table & TableColumns<Key, Fields>
              : never;
};

/** Makes the state that `spec` describes; `tableNumber` numbers the tables of a run for their hash keys. */
export function makeState(spec: StateSpec, seed: number, tableNumber: () => number): Record<string, unknown> {
  const state: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(spec)) state[name] = makeEntry(entry, seed, tableNumber);
  return state;
}

function makeEntry(entry: StateEntry, seed: number, tableNumber: () => number): unknown {
  switch (entry.kind) {
    case 'register':
    case 'flag':
      return entry.initial;
    case 'array':
      return new Float64Array(entry.length).fill(entry.initial);
    case 'queue':
      return new PacketQueue(entry.capacity);
    case 'lists':
      return new PacketLists(entry.lists, entry.capacity);
    case 'table':
      return new Table(entry, seed, tableNumber());
  }
}

/** Packets that a state entry can hold at once, for planning the packet pool. */
export function packetsHeld(entry: StateEntry): number {
  return entry.kind === 'queue' || entry.kind === 'lists' ? entry.capacity : 0;
}

/** For typing `null` results in elements. */
export type MaybePacket = Packet | null;
