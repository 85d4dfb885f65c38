/** The elements of a router as compiled C, driven round by round from here: addon/wl_driven.h. */
import { statePieces } from '../../compile/c-state.js';
import { Diagnostics } from '../../diagnostics.js';
import type { CheckedGraph, Instance } from '../../graph/graph.js';
import { Registry } from '../../graph/registry.js';
import { contentHash } from '../../image/cache.js';
import { buildDriven, drivenMaker, type DrivenMaker } from '../../image/driven.js';
import type { BuildContext } from '../../kit/build-context.js';
import type { ControlPart } from '../../kit/control.js';
import type { ErasedDefinition } from '../../kit/element.js';
import type { Packet } from '../../kit/packet.js';
import { packetQueue, type StateSpec } from '../../kit/state.js';
import { plan, type Plan } from '../../plan/plan.js';
import type { EngineOptions } from '../node/engine.js';
import { CarriedCounts } from './carried-counts.js';
import { compiledContexts, type InstanceValues } from './compiled-contexts.js';
import { ControlGateSide } from './control-gate.js';
import { DrivenModule, type Driven } from './driven-module.js';
import type { Machine, MachineContext } from './machine.js';
import type { PieceMemory } from './native-state.js';

/** Compiles the graph and begins a run. Throws diagnostics for elements that cannot be compiled. */
export async function nativeMachine(graph: CheckedGraph, options: EngineOptions): Promise<Machine> {
  const compiled = await withGates(graph);
  const planned = plan(compiled);
  const machine = new NativeMachine(planned, graph, new DrivenModule(await buildDriven(planned)), options);
  // Handlers may hand packets over at any time, also right after they changed an argument.
  if (graph.instances.some(worksBeside)) await machine.prepare();
  return machine;
}

/** Works on the control side, and has packets to hand over. */
function worksBeside({ class: { definition }, inputs, outputs }: Instance): boolean {
  return definition.control !== undefined && inputs.length + outputs.length > 0;
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
    if (!worksBeside(instance)) return { ...bare, class: idle!.class, classFile: idle!.source.file };
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
  private readonly counts: CarriedCounts;
  private clock: number;
  /** A round is under way. */
  private working = false;
  /** By number: the elements of the control side that have ports. */
  private readonly gates = new Map<number, ControlGateSide>();
  /** Frames for the next round. */
  private frames: { index: number; frame: Buffer }[] = [];
  /** Arguments of instances are not those of the code. */
  private stale = false;
  private make: DrivenMaker | undefined;
  /** Instances as they are now; `planned` has what the code was made of. */
  private instances: Instance[];
  /** Random numbers of instances whose code of now draws none. */
  private readonly randoms = new Map<number, number>();

  constructor(
    private planned: Plan,
    private readonly original: CheckedGraph,
    private module: DrivenModule,
    private readonly options: EngineOptions,
  ) {
    this.clock = options.microseconds;
    const compiled = planned.graph;
    this.instances = [...compiled.instances];
    const memories = module.driven.places.map((place, index): PieceMemory => ({ bytes: place.byteLength, buffer: () => this.module.driven.places[index]! }));
    let next = 0;
    this.contexts = compiledContexts(compiled, original, {
      seed: options.seed,
      pieces: (instance) => memories.slice(next, (next += statePieces(instance).length)),
      now: () => this.clock,
      release: (queue) => this.module.drop(memories.indexOf(queue), false),
      resize: (instance, queue, capacity) => this.resize(instance, queue, capacity),
    });
    this.counts = new CarriedCounts(compiled, module);
    module.driven.begin(...this.surroundings());
  }

  /** What a unit begins with. */
  private surroundings(): Parameters<Driven['begin']> {
    const { seed, transmit, log } = this.options;
    return [seed, this.clock, (index, frame) => transmit(index, frame), (text) => text.split('\n').slice(0, -1).forEach((line) => log(line))];
  }

  get microseconds(): number {
    return this.clock;
  }

  setTime(microseconds: number): void {
    this.clock = Math.max(this.clock, microseconds);
    this.module.driven.setTime(this.clock);
  }

  roundAt(microseconds: number): boolean {
    // A script has changed arguments just now: this round is done once the compiler is loaded.
    if (this.preparing !== undefined) return true;
    this.renew();
    this.setTime(microseconds);
    for (const { index, frame } of this.frames.splice(0)) this.module.driven.receive(index, frame);
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
    worked = this.module.driven.round() || worked;
    worked = this.exchange() || worked;
    // What goes through several elements of the control side comes to its end in this round.
    for (let more = 1; more < this.gates.size && this.pending; more += 1) {
      this.module.driven.round();
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
    return this.module.driven.nextTimer(work);
  }

  context(instance: number): MachineContext {
    return this.contexts[instance]!;
  }

  countsOf(instance: number): InstanceValues {
    return this.counts.values[instance]!;
  }

  packetsOf(instance: number): number {
    return this.counts.packetsOf(instance);
  }

  // ---- other arguments -------------------------------------------------------------------------------------

  /** Elements see them at once; the code is made anew before it is needed next. */
  reconfigure(instance: number, config: Instance['config'], { built, state }: { readonly built: unknown; readonly state: Instance['state'] }): void {
    const context = this.contexts[instance]!;
    Object.assign(context, { config, built });
    const old = this.instances[instance]!;
    // What works on the control side sees no more than that.
    if (old.class !== this.original.instances[instance]!.class) return;
    const spec = { ...old.state };
    for (const [name, entry] of Object.entries(state)) {
      const before = spec[name];
      if ((entry.kind !== 'register' && entry.kind !== 'flag') || before?.kind !== entry.kind || entry.initial === before.initial) continue;
      spec[name] = entry;
      context.state[name] = entry.initial;
    }
    this.instances[instance] = { ...old, config, built, state: spec };
    this.stale = true;
  }

  private resize({ index }: Instance, queue: string, capacity: number): void {
    const old = this.instances[index]!;
    const place = this.placeOf(index, queue);
    while (this.contexts[index]!.state[queue].length > capacity) this.module.drop(place, true);
    this.instances[index] = { ...old, state: { ...old.state, [queue]: packetQueue(capacity) } };
    this.stale = true;
  }

  /** The number of the piece of an instance's state. */
  private placeOf(index: number, entry: string): number {
    const before = this.instances.slice(0, index).reduce((sum, instance) => sum + statePieces(instance).length, 0);
    return before + statePieces(this.instances[index]!).findIndex(({ kind, name }) => kind === 'entry' && name === entry);
  }

  /** To be awaited before the next round, where arguments were changed. */
  get preparing(): Promise<void> | undefined {
    return this.stale && this.make === undefined ? this.prepare() : undefined;
  }

  async prepare(): Promise<void> {
    this.make ??= await drivenMaker();
  }

  /** Code for the arguments of now, which goes on where that of before was. */
  private renew(): void {
    if (!this.stale) return;
    const { planned: before, module, instances } = this;
    const planned = plan({ ...before.graph, instances: [...instances] }, { ringSize: before.ringSize });
    const next = new DrivenModule(this.make!({ ...planned, jumboSlots: Math.max(planned.jumboSlots, before.jumboSlots) }));
    this.stale = false;
    this.planned = planned;
    next.driven.resume(...this.surroundings());
    module.handOver(next, instances);
    for (const [instance, value] of module.randoms()) this.randoms.set(instance, value);
    next.setRandoms(this.randoms);
    this.counts.turnTo(next);
    this.module = next;
  }

  // ---- elements of the control side --------------------------------------------------------------------------

  attach(instance: number, part: ControlPart): void {
    const original = this.original.instances[instance]!;
    if (worksBeside(original)) this.gates.set(instance, new ControlGateSide(this.contexts[instance]!, original, part));
  }

  emit(instance: number, output: number, packet: Packet): void {
    this.gates.get(instance)!.put(output, packet, this.clock);
    if (this.working) return;
    // What a handler sends goes its way at once, as in Node.
    this.renew();
    this.module.driven.round();
    this.exchange();
  }

  pull(instance: number, input: number): Packet | null {
    if (this.original.instances[instance]!.inputs[input]?.processing !== 'pull') return null;
    this.renew();
    return this.gates.get(instance)!.pull(input, this.clock, () => void this.module.driven.round());
  }

  receive(interfaceIndex: number, frame: Uint8Array): void {
    this.frames.push({ index: interfaceIndex, frame: Buffer.from(frame) });
  }
}
