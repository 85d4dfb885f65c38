/** The elements of a router as compiled C, driven round by round from here: addon/wl_driven.h. */
import { columnPlaces, statePieces } from '../../compile/c-state.js';
import type { InstanceCounters } from '../../compile/counter-table.js';
import { storageType } from '../../compile/c-expression.js';
import { DiagnosticError, Diagnostics } from '../../diagnostics.js';
import type { CheckedGraph, Instance } from '../../graph/graph.js';
import { Registry } from '../../graph/registry.js';
import { buildDriven } from '../../image/driven.js';
import { HandlerError, type Timer } from '../../kit/element.js';
import { rangeOf, type StateEntry } from '../../kit/state.js';
import { plan } from '../../plan/plan.js';
import type { EngineOptions } from '../node/engine.js';
import type { Machine, MachineContext } from './machine.js';
import { cellOf, integersOf, tableOver, type Cell } from './native-state.js';

interface Driven {
  /** Memory of the pieces of element state, then of the counters. */
  readonly places: readonly ArrayBuffer[];
  /** InstanceCounters of all instances, as JSON. */
  readonly counters: string;
  begin(seed: number, microseconds: number, transmit: (index: number, frame: Buffer) => void, log: (text: string) => void): void;
  setTime(microseconds: number): void;
  receive(index: number, frame: Buffer): boolean;
  round(): boolean;
  nextTimer(work: boolean): number | undefined;
  release(place: ArrayBuffer): boolean;
}

/** WL_TIMER_OFF */
const TIMER_OFF = -1;

/** Compiles the graph and begins a run. Throws diagnostics for elements that cannot be compiled. */
export async function nativeMachine(graph: CheckedGraph, options: EngineOptions): Promise<Machine> {
  const compiled = await withoutControl(graph);
  const file = await buildDriven(plan(compiled));
  const module = { exports: {} as Driven };
  process.dlopen(module, file);
  return new NativeMachine(compiled, graph, module.exports, options);
}

/** The graph with an idle element in place of each that works on the control side; numbers stay as they are. */
async function withoutControl(graph: CheckedGraph): Promise<CheckedGraph> {
  const diagnostics = new Diagnostics();
  const idle = await new Registry([], diagnostics).load('Idle');
  const instances = graph.instances.map((instance): Instance => {
    const { control } = instance.class.definition;
    if (control === undefined) return instance;
    if (instance.inputs.length + instance.outputs.length > 0) {
      const hint = 'Run it with --engine node.';
      diagnostics.error('WL3003', instance.span, `"${instance.name}" takes or gives packets on the control side: ${instance.class.name} ${control.reason}`, hint);
    }
    return { ...instance, class: idle!.class, classFile: idle!.source.file, config: {}, configText: '', inputs: [], outputs: [], state: {}, built: undefined };
  });
  if (diagnostics.failed) throw new DiagnosticError(diagnostics.list);
  return { ...graph, instances };
}

class NativeMachine implements Machine {
  private readonly contexts: MachineContext[];
  private readonly counted: { counters: Record<string, number>; drops: Record<string, number> }[];
  private clock: number;

  constructor(
    compiled: CheckedGraph,
    original: CheckedGraph,
    private readonly driven: Driven,
    options: EngineOptions,
  ) {
    this.clock = options.microseconds;
    let tables = 0;
    let place = 0;
    this.contexts = compiled.instances.map((instance, index) => {
      const pieces = statePieces(instance).map((piece) => ({ ...piece, memory: driven.places[place++]! }));
      const memory = (kind: string, name: string) => pieces.find((piece) => piece.kind === kind && piece.name === name)!.memory;
      const state: Record<string, unknown> = {};
      for (const [name, entry] of Object.entries(instance.state)) {
        if (entry.kind === 'table') {
          const parts = { table: memory('table', name), tags: memory('tags', name), rows: memory('rows', name) };
          const table = tableOver(entry, options.seed, tables++, parts, columnPlaces(entry));
          Object.defineProperty(state, name, { value: table, enumerable: true });
        } else if (instance.class.definition.device === undefined) {
          Object.defineProperty(state, name, this.property(entry, memory('entry', name)));
        }
      }
      const timers = Object.fromEntries(pieces.filter(({ kind }) => kind === 'timer').map((piece) => [piece.name, this.timer(cellOf('int64_t', piece.memory))]));
      const { config, built } = original.instances[index]!;
      return { config, built, state, timers };
    });
    const counters = JSON.parse(driven.counters) as InstanceCounters[];
    const values = new BigUint64Array(driven.places[driven.places.length - 1]!);
    this.counted = counters.map((each) => ({ counters: countersOver(each.counters, values), drops: countersOver(each.drops, values) }));
    driven.begin(
      options.seed,
      options.microseconds,
      (index, frame) => options.transmit(index, frame),
      (text) => text.split('\n').slice(0, -1).forEach((line) => options.log(line)),
    );
  }

  /** A state entry in memory, as a property of `state`. */
  private property(entry: Exclude<StateEntry, { kind: 'table' }>, memory: ArrayBuffer): PropertyDescriptor {
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
        return { enumerable: true, value: integersOf(storageType(rangeOf(entry.type)), memory, entry.length) };
      case 'queue':
        return { enumerable: true, value: this.queue(entry.capacity, memory) };
      case 'lists':
        return { enumerable: true, value: listsOver(entry.capacity, memory) };
    }
  }

  /** struct wl_queue: a pointer, then capacity, head and length. Packets that are taken from here end. */
  private queue(capacity: number, memory: ArrayBuffer) {
    const words = new Uint32Array(memory);
    const { driven } = this;
    return {
      capacity,
      get length() {
        return words[4]!;
      },
      get full() {
        return words[4]! >= capacity;
      },
      dequeue: () => (driven.release(memory) ? {} : null),
    };
  }

  private timer(cell: Cell): Timer {
    const now = () => this.clock;
    return {
      after: (microseconds) => cell.set(now() + microseconds),
      at: (microseconds) => cell.set(microseconds),
      cancel: () => cell.set(TIMER_OFF),
      get pending() {
        return cell.get() !== TIMER_OFF;
      },
    };
  }

  get microseconds(): number {
    return this.clock;
  }

  setTime(microseconds: number): void {
    this.clock = Math.max(this.clock, microseconds);
    this.driven.setTime(this.clock);
  }

  roundAt(microseconds: number): boolean {
    this.setTime(microseconds);
    return this.driven.round();
  }

  nextTimer(work: boolean): number | undefined {
    return this.driven.nextTimer(work);
  }

  context(instance: number): MachineContext {
    return this.contexts[instance]!;
  }

  countsOf(instance: number): { counters: Record<string, number>; drops: Record<string, number> } {
    return this.counted[instance]!;
  }

  reconfigure(): void {
    throw new HandlerError('arguments are constants in compiled code: run it with --engine node');
  }

  attach(): void {
    // Parts without ports have nothing to do with packets; those with ports were refused.
  }

  emit(): void {
    throw new Error('an element of the control side has no ports in compiled code');
  }

  pull(): null {
    return null;
  }

  receive(interfaceIndex: number, frame: Uint8Array): void {
    this.driven.receive(interfaceIndex, Buffer.from(frame));
  }
}

function countersOver(numbers: Readonly<Record<string, number>>, values: BigUint64Array): Record<string, number> {
  const counters: Record<string, number> = {};
  for (const [name, index] of Object.entries(numbers)) {
    Object.defineProperty(counters, name, {
      enumerable: true,
      get: () => Number(values[index]),
      set: (value: number) => void (values[index] = BigInt(value)),
    });
  }
  return counters;
}

/** struct wl_lists: a pointer, then capacity and length. */
function listsOver(capacity: number, memory: ArrayBuffer) {
  const words = new Uint32Array(memory);
  return {
    capacity,
    get length() {
      return words[3]!;
    },
    get full() {
      return words[3]! >= capacity;
    },
  };
}
