/** Gives the elements of a run in Node what those of an appliance knew, so that its packets can be followed there. */
import { statePieces } from '../../compile/c-state.js';
import type { CheckedGraph, Instance } from '../../graph/graph.js';
import { compiledContexts } from '../click/compiled-contexts.js';
import type { PieceMemory } from '../click/native-state.js';
import type { Engine } from '../node/engine.js';
import { compareState, type ApplianceState } from './element-state.js';

/** The parts of a Table that are its entries. */
interface TableParts {
  readonly slots: number;
  readonly keys: Uint32Array;
  readonly tags: Uint8Array;
  used: number;
  evicted: number;
  readonly [column: string]: unknown;
}

/** WL_TIMER_OFF */
const TIMER_OFF = -1n;

/** Queues are empty; what does not fit begins anew. */
export function giveEngineState(state: ApplianceState, graph: CheckedGraph, engine: Engine, seed: number): void {
  const taken = new Set(compareState(state, graph).taken);
  const pieces = new Map(state.elements.map((element) => [element.name, element.pieces.map(memoryOf)]));
  const known = graph.instances.filter(({ name }) => taken.has(name));
  const contexts = compiledContexts({ ...graph, instances: known }, { ...graph, instances: known }, {
    seed,
    pieces: ({ name }) => pieces.get(name)!,
    now: () => engine.microseconds,
    release: () => false,
    resize: () => {},
  });
  known.forEach((instance, index) => {
    give(contexts[index]!.state as Record<string, unknown>, instance, engine);
    setTimers(pieces.get(instance.name)!, instance, engine);
  });
}

function memoryOf(bytes: Uint8Array): PieceMemory {
  const buffer = bytes.slice().buffer;
  return { bytes: buffer.byteLength, buffer: () => buffer };
}

function give(from: Record<string, unknown>, { index, state, class: type }: Instance, engine: Engine): void {
  if (type.definition.device !== undefined) return;
  const to = engine.context(index).state as Record<string, unknown>;
  for (const [name, entry] of Object.entries(state)) {
    switch (entry.kind) {
      case 'register':
      case 'flag':
        to[name] = from[name];
        break;
      case 'array':
        for (let place = 0; place < entry.length; place += 1) (to[name] as number[])[place] = (from[name] as number[])[place]!;
        break;
      case 'table':
        giveTable(from[name] as TableParts, to[name] as TableParts, [...Object.keys(entry.key), ...Object.keys(entry.fields)]);
        break;
      case 'queue':
      case 'lists':
        break;
    }
  }
}

function giveTable(from: TableParts, to: TableParts, columns: readonly string[]): void {
  to.keys.set(from.keys.subarray(0, to.keys.length));
  to.tags.set(from.tags);
  to.used = from.used;
  to.evicted = from.evicted;
  for (let slot = 0; slot < to.slots; slot += 1) {
    if (to.tags[slot] === 0) continue;
    for (const column of columns) (to[column] as Float64Array)[slot] = (from[column] as ArrayLike<number>)[slot]!;
  }
}

function setTimers(pieces: readonly PieceMemory[], instance: Instance, engine: Engine): void {
  const timers = engine.context(instance.index).timers as Readonly<Record<string, { at(microseconds: number): void; cancel(): void }>>;
  statePieces(instance).forEach(({ kind, name }, index) => {
    if (kind !== 'timer') return;
    const due = new BigInt64Array(pieces[index]!.buffer())[0]!;
    if (due === TIMER_OFF) timers[name]!.cancel();
    else timers[name]!.at(Number(due));
  });
}
