/** The elements of a router as compiled C, driven round by round from here: addon/wl_driven.h. */
import { statePieces } from '../../compile/c-state.js';
import type { InstanceCounters } from '../../compile/counter-table.js';
import { Diagnostics } from '../../diagnostics.js';
import type { CheckedGraph, Instance } from '../../graph/graph.js';
import { Registry } from '../../graph/registry.js';
import { contentHash } from '../../image/cache.js';
import { buildDriven } from '../../image/driven.js';
import type { BuildContext } from '../../kit/build-context.js';
import type { ControlPart } from '../../kit/control.js';
import { HandlerError, type ErasedDefinition } from '../../kit/element.js';
import type { Packet } from '../../kit/packet.js';
import type { StateSpec } from '../../kit/state.js';
import { plan } from '../../plan/plan.js';
import type { EngineOptions } from '../node/engine.js';
import { compiledContexts, compiledCounters, compiledPackets, type InstanceValues } from './compiled-contexts.js';
import { ControlGateSide } from './control-gate.js';
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
  const compiled = await withGates(graph);
  const file = await buildDriven(plan(compiled));
  const module = { exports: {} as Driven };
  process.dlopen(module, file);
  return new NativeMachine(compiled, graph, module.exports, options);
}

/** The graph with a gate in place of each element that works on the control side; numbers stay as they are. */
async function withGates(graph: CheckedGraph): Promise<CheckedGraph> {
  if (graph.instances.every(({ class: { definition } }) => definition.control === undefined)) return graph;
  const registry = new Registry([], new Diagnostics());
  const [gate, idle] = [await registry.load('ControlGate'), await registry.load('Idle')];
  const { definition } = gate!.class;
  const instances = graph.instances.map((instance): Instance => {
    if (instance.class.definition.control === undefined) return instance;
    const { inputs, outputs } = instance;
    const bare = { ...instance, config: {}, configText: '', built: undefined, state: {} };
    // One without ports has nothing to hand over.
    if (inputs.length + outputs.length === 0) return { ...bare, class: idle!.class, classFile: idle!.source.file };
    return { ...bare, class: gate!.class, classFile: gate!.source.file, state: stateOf(definition.state, inputs.length, outputs.length) };
  });
  return { ...graph, instances, sha256: contentHash(graph.sha256, gate!.sha256) };
}

/** What a gate with so many ports remembers. */
function stateOf(state: ErasedDefinition['state'], inputs: number, outputs: number): StateSpec {
  return typeof state === 'function' ? state({ inputs: { length: inputs }, outputs: { length: outputs } } as BuildContext<unknown>) : (state ?? {});
}

class NativeMachine implements Machine {
  private readonly contexts: MachineContext[];
  private readonly counted: InstanceValues[];
  readonly packetsOf: Machine['packetsOf'];
  private clock: number;
  /** A round is under way. */
  private working = false;
  /** By number: the elements of the control side that have ports. */
  private readonly gates = new Map<number, ControlGateSide>();

  constructor(
    compiled: CheckedGraph,
    private readonly original: CheckedGraph,
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
    this.working = true;
    try {
      return this.round();
    } finally {
      this.working = false;
    }
  }

  private round(): boolean {
    let worked = false;
    for (const gate of this.gates.values()) worked = gate.part.run?.() === true || worked;
    worked = this.driven.round() || worked;
    worked = this.exchange() || worked;
    // What goes through several elements of the control side comes to its end in this round.
    for (let more = 1; more < this.gates.size && this.pending; more += 1) {
      this.driven.round();
      this.exchange();
      worked = true;
    }
    return worked;
  }

  private exchange(): boolean {
    let any = false;
    for (const gate of this.gates.values()) any = gate.exchange(this.clock) || any;
    return any;
  }

  private get pending(): boolean {
    return [...this.gates.values()].some(({ pending }) => pending);
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

  attach(instance: number, part: ControlPart): void {
    const original = this.original.instances[instance]!;
    if (original.inputs.length + original.outputs.length > 0) this.gates.set(instance, new ControlGateSide(this.contexts[instance]!, original, part));
  }

  emit(instance: number, output: number, packet: Packet): void {
    this.gates.get(instance)!.put(output, packet, this.clock);
    if (this.working) return;
    // What a handler sends goes its way at once, as in Node.
    this.driven.round();
    this.exchange();
  }

  pull(instance: number, input: number): Packet | null {
    if (this.original.instances[instance]!.inputs[input]?.processing !== 'pull') return null;
    return this.gates.get(instance)!.pull(input, this.clock, () => void this.driven.round());
  }

  receive(interfaceIndex: number, frame: Uint8Array): void {
    this.driven.receive(interfaceIndex, Buffer.from(frame));
  }
}
