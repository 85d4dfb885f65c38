/** The elements of a router as compiled C, driven round by round from here: addon/wl_driven.h. */
import { statePieces } from '../../compile/c-state.js';
import type { InstanceCounters } from '../../compile/counter-table.js';
import { DiagnosticError, Diagnostics } from '../../diagnostics.js';
import type { CheckedGraph, Instance } from '../../graph/graph.js';
import { Registry } from '../../graph/registry.js';
import { buildDriven } from '../../image/driven.js';
import { HandlerError } from '../../kit/element.js';
import { plan } from '../../plan/plan.js';
import type { EngineOptions } from '../node/engine.js';
import { compiledContexts, compiledCounters, compiledPackets, type InstanceValues } from './compiled-contexts.js';
import type { Machine, MachineContext } from './machine.js';
import type { PieceMemory } from './native-state.js';

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
  private readonly counted: InstanceValues[];
  readonly packetsOf: Machine['packetsOf'];
  private clock: number;

  constructor(
    compiled: CheckedGraph,
    original: CheckedGraph,
    private readonly driven: Driven,
    options: EngineOptions,
  ) {
    this.clock = options.microseconds;
    const places = new Map<PieceMemory, ArrayBuffer>();
    const memories = driven.places.map((buffer) => {
      const memory = { bytes: buffer.byteLength, buffer: () => buffer };
      places.set(memory, buffer);
      return memory;
    });
    let next = 0;
    this.contexts = compiledContexts(compiled, original, {
      seed: options.seed,
      pieces: (instance) => memories.slice(next, (next += statePieces(instance).length)),
      now: () => this.clock,
      release: (queue) => driven.release(places.get(queue)!),
    });
    const tables = JSON.parse(driven.counters) as InstanceCounters[];
    this.counted = compiledCounters(tables, memories[memories.length - 1]!);
    this.packetsOf = (instance) => compiledPackets(compiled, tables, memories[memories.length - 1]!, instance);
    driven.begin(
      options.seed,
      options.microseconds,
      (index, frame) => options.transmit(index, frame),
      (text) => text.split('\n').slice(0, -1).forEach((line) => options.log(line)),
    );
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

  countsOf(instance: number): InstanceValues {
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
