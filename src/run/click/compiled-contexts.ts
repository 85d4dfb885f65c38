/** The elements of compiled code as their handlers see them: state and counters in memory, wherever that is. */
import { statePieces } from '../../compile/c-state.js';
import { readFigures, type CountedGraph, type InstanceCounters, type InstanceFigures } from '../../compile/counter-table.js';
import type { CheckedGraph, Instance } from '../../graph/graph.js';
import type { Timer } from '../../kit/element.js';
import type { Packet } from '../../kit/packet.js';
import { rangeOf, type StateEntry } from '../../kit/state.js';
import { storageType } from '../../plan/storage.js';
import { tableRow } from '../../plan/table-row.js';
import type { MachineContext } from './machine.js';
import { cellOf, integersOf, tableOver, wordsOf, type Cell, type PieceMemory } from './native-state.js';

/** WL_TIMER_OFF */
const TIMER_OFF = -1;

export interface CompiledMemory {
  readonly seed: number;
  /** The pieces of an instance's state, in the order of `statePieces`. */
  pieces(instance: Instance): readonly PieceMemory[];
  /** Time of the run, in microseconds since 1970. */
  now(): number;
  /** Ends the first packet of a queue; whether there was one. */
  release(queue: PieceMemory): boolean;
  /** Packets of stores, where they can be had; `list` of lists. */
  readonly packets?: { take(store: PieceMemory, list?: number): Packet | null; put(store: PieceMemory, packet: Packet, list?: number): void };
  /** Gives a queue room for so many packets; those that have none then are gone, the last ones first. Throws HandlerError where that cannot be. */
  resize(instance: Instance, queue: string, capacity: number): void;
}

/** One for each instance; `original` has their arguments. */
export function compiledContexts(compiled: CheckedGraph, original: CheckedGraph, memory: CompiledMemory): MachineContext[] {
  let tables = 0;
  return compiled.instances.map((instance, index) => {
    const places = memory.pieces(instance);
    const pieces = statePieces(instance).map((piece, number) => ({ ...piece, memory: places[number]! }));
    const memoryOf = (kind: string, name: string) => pieces.find((piece) => piece.kind === kind && piece.name === name)!.memory;
    const state: Record<string, unknown> = {};
    for (const [name, entry] of Object.entries(instance.state)) {
      if (entry.kind === 'table') {
        const parts = { table: memoryOf('table', name), tags: memoryOf('tags', name), rows: memoryOf('rows', name) };
        const value = tableOver(entry, memory.seed, tables++, parts, tableRow(entry).columns);
        Object.defineProperty(state, name, { value, enumerable: true });
      } else if (instance.class.definition.device === undefined) {
        Object.defineProperty(state, name, property(instance, name, memoryOf('entry', name), memory));
      } else {
        // Compiled code keeps nothing of a device's: it is for handlers, and stays with them.
        state[name] = 'initial' in entry ? entry.initial : 0;
      }
    }
    const timers = Object.fromEntries(pieces.filter(({ kind }) => kind === 'timer').map((piece) => [piece.name, timerOver(cellOf('int64_t', piece.memory), () => memory.now())]));
    const { config, built } = original.instances[index]!;
    return { config, built, state, timers };
  });
}

/** A state entry in memory, as a property of `state`. */
function property(instance: Instance, name: string, memory: PieceMemory, host: CompiledMemory): PropertyDescriptor {
  const entry = instance.state[name] as Exclude<StateEntry, { kind: 'table' }>;
  switch (entry.kind) {
    case 'register': {
      const cell = cellOf(storageType(rangeOf(entry.type)), memory);
      return { enumerable: true, get: cell.get, set: cell.set };
    }
    case 'flag': {
      const cell = cellOf('uint8_t', memory);
      return { enumerable: true, get: () => cell.get() !== 0, set: (value: boolean) => cell.set(value ? 1 : 0) };
    }
    case 'array':
      return { enumerable: true, get: integersOf(storageType(rangeOf(entry.type)), memory, entry.length) };
    case 'queue':
      return { enumerable: true, value: queueOver(entry.capacity, memory, host, (capacity) => host.resize(instance, name, capacity)) };
    case 'lists':
      return { enumerable: true, value: listsOver(entry.capacity, memory, host) };
  }
}

/** How full a store is; `word` is the 32-bit word of its structure that says so. */
function storeOver(capacity: number, memory: PieceMemory, word: number) {
  const words = wordsOf(memory);
  return {
    capacity,
    get length() {
      return words()[word]!;
    },
    get full() {
      return words()[word]! >= this.capacity;
    },
  };
}

/** struct wl_queue: a pointer, then capacity, head and length (struct wl_lists: no head). Packets that are taken from here end where they cannot be had. */
function queueOver(capacity: number, memory: PieceMemory, host: CompiledMemory, resize: (capacity: number) => void) {
  const queue = storeOver(capacity, memory, 4);
  return Object.defineProperties(queue, {
    dequeue: { value: () => (host.packets !== undefined ? host.packets.take(memory) : host.release(memory) ? {} : null) },
    enqueue: { value: (packet: Packet) => host.packets?.put(memory, packet) },
    resize: {
      value(room: number) {
        resize(room);
        queue.capacity = room;
      },
    },
  });
}

function listsOver(capacity: number, memory: PieceMemory, host: CompiledMemory) {
  return Object.defineProperties(storeOver(capacity, memory, 3), {
    take: { value: (list: number) => host.packets?.take(memory, list) ?? null },
    append: { value: (list: number, packet: Packet) => host.packets?.put(memory, packet, list) },
  });
}

function timerOver(cell: Cell, now: () => number): Timer {
  return {
    after: (microseconds) => cell.set(now() + microseconds),
    at: (microseconds) => cell.set(microseconds),
    cancel: () => cell.set(TIMER_OFF),
    get pending() {
      return cell.get() !== TIMER_OFF;
    },
  };
}

/** The counters of an instance, and the packets that it dropped by reason. */
export interface InstanceValues {
  readonly counters: Record<string, number>;
  readonly drops: Record<string, number>;
}

/** The counters of each instance, in an array of 64-bit counters. */
export function compiledCounters(tables: readonly InstanceCounters[], memory: PieceMemory): InstanceValues[] {
  const values = () => new BigUint64Array(memory.buffer());
  const over = (numbers: Readonly<Record<string, number>>) => {
    const counters: Record<string, number> = {};
    for (const [name, index] of Object.entries(numbers)) {
      Object.defineProperty(counters, name, { enumerable: true, get: () => Number(values()[index]), set: (value: number) => void (values()[index] = BigInt(value)) });
    }
    return counters;
  };
  return tables.map(({ counters, drops }) => ({ counters: over(counters), drops: over(drops) }));
}

/** What became of the packets of each instance. */
export function compiledFigures(graph: CountedGraph, tables: readonly InstanceCounters[], memory: PieceMemory, least?: number): InstanceFigures[] {
  return readFigures(graph, tables, Array.from(new BigUint64Array(memory.buffer()), Number), least);
}
