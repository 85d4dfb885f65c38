/**
 * What the elements of an appliance know, taken out of it and given to another: flow tables, learned addresses, registers,
 * timers, counters. An element takes over what one of the same name and class knew, if all of its state has the same
 * shape; else it begins anew, and the report says why.
 */
import { createHash } from 'node:crypto';
import { statePieces } from '../../compile/c-state.js';
import type { CheckedGraph, Instance } from '../../graph/graph.js';
import type { Manifest } from '../../image/manifest.js';
import type { StatePlace } from '../../image/state-table.js';
import { rangeOf, type StateEntry } from '../../kit/state.js';
import type { CoreMemory } from './live-memory.js';

/** One element's state: a description, and the bytes of its pieces in the order of `statePieces`; packets stay behind. */
interface ElementState {
  readonly name: string;
  readonly class: string;
  /** Of each entry: how it lies in memory, and what it began with. */
  readonly shapes: Readonly<Record<string, { readonly shape: string; readonly initial?: number | boolean }>>;
  /** Elements whose state it uses. */
  readonly peers: readonly string[];
  /** The counters that its class declares, as decimal numbers. */
  readonly counts: Readonly<Record<string, string>>;
  /** Packets in its queues and lists. */
  readonly held: Readonly<Record<string, number>>;
  readonly pieces: readonly Uint8Array[];
}

export interface ApplianceState {
  readonly name: string;
  readonly graph_sha256: string;
  /** Hash of what the counters mean. */
  readonly counting: string;
  readonly elements: readonly ElementState[];
  /** All counters of the elements, 64 bits each. */
  readonly counters: Uint8Array;
  /** The same of further processors, in their order. */
  readonly others?: readonly ApplianceState[];
}

export interface TransferReport {
  /** Elements that go on with what they knew. */
  readonly taken: readonly string[];
  /** Elements that were not there before. */
  readonly fresh: readonly string[];
  /** Elements that are not there any more. */
  readonly gone: readonly string[];
  /** Elements whose state does not fit, and why. */
  readonly misfits: readonly { readonly element: string; readonly reason: string }[];
  /** Packets that wait in queues: they stay in the old appliance. */
  readonly held: readonly { readonly element: string; readonly entry: string; readonly packets: number }[];
}

/** The state of all elements on one processor; it stands still. */
export function readState(graph: CheckedGraph, manifest: Manifest, memory: CoreMemory): ApplianceState {
  const counters = memory.read(...manifest.internals.state.counters);
  const values = new BigUint64Array(counters.slice().buffer);
  return {
    name: manifest.name,
    graph_sha256: manifest.graph_sha256,
    counting: countingOf(manifest),
    elements: graph.instances.map((instance) => stateOf(instance, graph, manifest, memory, values)),
    counters,
  };
}

/** What would become of the state in that appliance, which runs on so many processors. */
export function compareStates(state: ApplianceState, graph: CheckedGraph, manifest: Manifest, cores: number): TransferReport {
  const all = [state, ...(state.others ?? [])];
  if (all.length !== cores) {
    const reason = `it was on ${processorsText(all.length)}, and is on ${processorsText(cores)}: what is known of a flow would be at another one`;
    const { fresh, gone, taken, misfits, held } = compareState(state, graph, manifest);
    const remembers = (name: string) => Object.keys(graph.instances.find((instance) => instance.name === name)!.state).length > 0;
    return { fresh, gone, held, taken: taken.filter((name) => !remembers(name)), misfits: [...misfits, ...taken.filter(remembers).map((element) => ({ element, reason }))] };
  }
  const [first, ...others] = all.map((each) => compareState(each, graph, manifest));
  return { ...first!, held: [first!, ...others].flatMap(({ held }) => held) };
}

function processorsText(count: number): string {
  return count === 1 ? 'one processor' : `${count} processors`;
}

/** What would become of the state of one processor in that appliance; without a manifest, in a run of the graph in Node. */
export function compareState(state: ApplianceState, graph: CheckedGraph, manifest?: Manifest): TransferReport {
  const before = new Map(state.elements.map((element) => [element.name, element]));
  const reasons = new Map<string, string>();
  for (const instance of graph.instances) {
    const old = before.get(instance.name);
    const reason = old && misfit(old, instance, manifest?.internals.state.instances[instance.index]);
    if (reason !== undefined) reasons.set(instance.name, reason);
  }
  // Slots of one table may be noted in another: elements that share state take it over together or not at all.
  for (let more = true; more; ) {
    more = false;
    for (const { name, peers } of state.elements) {
      for (const [one, other] of peers.flatMap((peer) => [[name, peer], [peer, name]] as const)) {
        if (!before.has(one) || reasons.has(one) || !(reasons.has(other) || !graph.instances.some((instance) => instance.name === other))) continue;
        reasons.set(one, `it shares state with "${other}", which does not take its own over`);
        more = true;
      }
    }
  }
  const now = new Set(graph.instances.map(({ name }) => name));
  const known = graph.instances.filter(({ name }) => before.has(name)).map(({ name }) => name);
  return {
    taken: known.filter((name) => !reasons.has(name)),
    fresh: graph.instances.filter(({ name }) => !before.has(name)).map(({ name }) => name),
    gone: state.elements.filter(({ name }) => !now.has(name)).map(({ name }) => name),
    misfits: known.filter((name) => reasons.has(name)).map((element) => ({ element, reason: reasons.get(element)! })),
    held: state.elements.flatMap(({ name, held }) => Object.entries(held).flatMap(([entry, packets]) => (packets > 0 ? [{ element: name, entry, packets }] : []))),
  };
}

/** Gives the elements on one processor the state that fits them, between two of its rounds; `taken`: those that go on with it. */
export function giveState(state: ApplianceState, taken: ReadonlySet<string>, graph: CheckedGraph, manifest: Manifest, memory: CoreMemory): void {
  const before = new Map(state.elements.map((element) => [element.name, element]));
  for (const instance of graph.instances) if (taken.has(instance.name)) give(before.get(instance.name)!, instance, manifest, memory);
  giveCounters(state, taken, graph, manifest, memory);
}

// ---- one element -----------------------------------------------------------------------------------------

function stateOf(instance: Instance, graph: CheckedGraph, { internals }: Manifest, memory: CoreMemory, counters: BigUint64Array): ElementState {
  const places = internals.state.instances[instance.index]!;
  const held: Record<string, number> = {};
  const pieces = statePieces(instance).map(({ kind, name }, index): Uint8Array => {
    const bytes = memory.read(...places[index]!);
    const entry = kind === 'entry' ? instance.state[name]! : undefined;
    if (entry?.kind !== 'queue' && entry?.kind !== 'lists') return bytes;
    held[name] = new Uint32Array(bytes.slice().buffer)[entry.kind === 'queue' ? 4 : 3]!;
    return new Uint8Array();
  });
  return {
    name: instance.name,
    class: instance.class.name,
    shapes: shapesOf(instance),
    peers: (instance.peers ?? []).map((peer) => graph.instances[peer]!.name),
    counts: Object.fromEntries(Object.entries(internals.counters[instance.index]!.counters).map(([name, index]) => [name, String(counters[index]!)])),
    held,
    pieces,
  };
}

function shapesOf({ state, class: type }: Instance): ElementState['shapes'] {
  const entries = Object.entries(state).map(([name, entry]) => [name, { shape: shapeOf(entry), ...('initial' in entry ? { initial: entry.initial } : {}) }] as const);
  const timers = Object.keys(type.definition.timers ?? {}).map((name) => [`timer ${name}`, { shape: 'timer' }] as const);
  return Object.fromEntries([...entries, ...timers]);
}

/** How an entry lies in memory. */
function shapeOf(entry: StateEntry): string {
  const integer = (type: Parameters<typeof rangeOf>[0]) => {
    const { low, high } = rangeOf(type);
    return `${low}..${high}`;
  };
  const columns = (all: Readonly<Record<string, Parameters<typeof rangeOf>[0]>>) => Object.entries(all).map(([name, type]) => `${name} ${integer(type)}`).join(', ');
  switch (entry.kind) {
    case 'register':
      return `register of ${integer(entry.type)}`;
    case 'flag':
      return 'flag';
    case 'array':
      return `array of ${entry.length} integers of ${integer(entry.type)}`;
    case 'queue':
    case 'lists':
      // Its packets stay behind: how many it can hold does not matter.
      return entry.kind;
    case 'table':
      return `table for ${entry.capacity} entries with the key (${columns(entry.key)}) and the fields (${columns(entry.fields)})`;
  }
}

function misfit(old: ElementState, instance: Instance, places: readonly StatePlace[] | undefined): string | undefined {
  if (old.class !== instance.class.name) return `it was of class ${old.class}, and is of class ${instance.class.name}`;
  const shapes = shapesOf(instance);
  for (const name of new Set([...Object.keys(old.shapes), ...Object.keys(shapes)])) {
    const [was, is] = [old.shapes[name]?.shape, shapes[name]?.shape];
    if (was === undefined) return `"${name}" was not there`;
    if (is === undefined) return `"${name}" is not there any more`;
    if (was !== is) return `"${name}" was a ${was}, and is a ${is}`;
  }
  // A file may say anything: what is longer than its place would go over what lies behind it.
  const whole = old.pieces.length === statePieces(instance).length && old.pieces.every(({ length }, index) => length === 0 || places === undefined || length === places[index]![1]);
  return whole ? undefined : 'what is kept of it is not as long as its shape says';
}

function give(old: ElementState, instance: Instance, { internals }: Manifest, memory: CoreMemory): void {
  const places = internals.state.instances[instance.index]!;
  const shapes = shapesOf(instance);
  statePieces(instance).forEach(({ kind, name }, index) => {
    const bytes = old.pieces[index]!;
    // What begins otherwise by its arguments begins so.
    if (bytes.length === 0 || (kind === 'entry' && old.shapes[name]!.initial !== shapes[name]!.initial)) return;
    memory.write(places[index]![0], bytes);
  });
}

// ---- counters ----------------------------------------------------------------------------------------------

/** All counters where they mean the same; else those that elements declare, which no other figure is derived from. */
function giveCounters(state: ApplianceState, taken: ReadonlySet<string>, graph: CheckedGraph, manifest: Manifest, memory: CoreMemory): void {
  const [offset, length] = manifest.internals.state.counters;
  if (state.counting === countingOf(manifest) && taken.size === graph.instances.length && state.counters.length === length) return memory.write(offset, state.counters);
  for (const { name, counts } of state.elements.filter((element) => taken.has(element.name))) {
    const { counters } = manifest.internals.counters[graph.instances.find((instance) => instance.name === name)!.index]!;
    for (const [counter, value] of Object.entries(counts)) {
      if (counters[counter] !== undefined) memory.write(offset + counters[counter] * 8, new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
    }
  }
}

function countingOf({ elements, internals }: Manifest): string {
  const names = elements.map(({ name, class: type }) => [name, type]);
  return createHash('sha256').update(JSON.stringify([names, internals.graph, internals.counters])).digest('hex');
}
