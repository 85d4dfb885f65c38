/** The elements of a router as compiled C, driven round by round from here: addon/wl_driven.h. */
import { statePieces } from '../../compile/c-state.js';
import type { CheckedGraph, Instance } from '../../graph/graph.js';
import { buildDriven, drivenMaker, type DrivenMaker } from '../../image/driven.js';
import type { ControlPart } from '../../kit/control.js';
import type { ErasedDefinition } from '../../kit/element.js';
import type { Packet } from '../../kit/packet.js';
import { packetQueue } from '../../kit/state.js';
import { PacketTrap } from '../../kit/trap.js';
import { drop, type AnyVerdict } from '../../kit/verdict.js';
import { plan, type Plan } from '../../plan/plan.js';
import type { EngineOptions } from '../node/engine-options.js';
import { CarriedCounts } from './carried-counts.js';
import { compiledContexts, type InstanceValues } from './compiled-contexts.js';
import { DrivenModule, ENTERED, PULLED, RUN, TAKEN, type Driven } from './driven-module.js';
import type { Machine, MachineContext } from './machine.js';
import type { PieceMemory } from './native-state.js';
import { imageOfPacket, packetOfImage } from './slot-image.js';

/** Compiles the graph, which takes a while; what it gives begins a run. Throws diagnostics for elements that cannot be compiled. */
export async function nativeMachine(graph: CheckedGraph): Promise<(options: EngineOptions) => Machine> {
  const compiled = withGates(graph);
  const planned = plan(compiled);
  const module = new DrivenModule(await buildDriven(planned), 0);
  // Handlers may hand packets over at any time, also right after they changed an argument.
  const changes = compiled.instances.some((instance) => isGate(instance) && instance.inputs.length + instance.outputs.length > 0);
  const make = changes ? await drivenMaker() : undefined;
  return (options) => new NativeMachine(planned, graph, module, options, make);
}

/** The graph with a gate in place of each element that works on the control side; numbers stay as they are. */
function withGates(graph: CheckedGraph): CheckedGraph {
  const instances = graph.instances.map((instance): Instance => {
    const { class: type } = instance;
    if (type.definition.control === undefined) return instance;
    return { ...instance, class: { ...type, definition: GATE }, config: {}, configText: '', built: undefined, state: {} };
  });
  return { ...graph, instances };
}

const GATE: ErasedDefinition = { device: 'gate' };
const isGate = (instance: Instance): boolean => instance.class.definition === GATE;

class NativeMachine implements Machine {
  private readonly contexts: MachineContext[];
  private readonly counts: CarriedCounts;
  private clock: number;
  /** How many calls into compiled code are under way: they may be within each other. */
  private depth = 0;
  /** By number: the elements of the control side. */
  private readonly gates = new Map<number, ControlPart>();
  /** Frames for the next round. */
  private frames: { index: number; frame: Buffer }[] = [];
  /** How often arguments have changed. */
  private version = 0;
  /** What was made last; `module` is what works, and may be older while it is under way. */
  private latest: DrivenModule;
  /** Instances as they are now; `planned` has what the code was made of. */
  private instances: Instance[];
  /** Random numbers of instances whose code of now draws none. */
  private readonly randoms = new Map<number, number>();

  constructor(
    private planned: Plan,
    private readonly original: CheckedGraph,
    private module: DrivenModule,
    private readonly options: EngineOptions,
    private make: DrivenMaker | undefined,
  ) {
    this.clock = options.microseconds;
    this.latest = module;
    const compiled = planned.graph;
    this.instances = [...compiled.instances];
    const memories = module.driven.places.map((place, index): PieceMemory => ({ bytes: place.byteLength, buffer: () => this.module.driven.places[index]! }));
    let next = 0;
    this.contexts = compiledContexts(compiled, original, {
      seed: options.seed,
      pieces: (instance) => memories.slice(next, (next += statePieces(instance).length)),
      now: () => this.clock,
      release: (queue) => this.module.drop(memories.indexOf(queue), false),
      packets: {
        take: (store, list) => this.module.take(memories.indexOf(store), list),
        put: (store, packet, list) => this.module.put(memories.indexOf(store), packet, list),
      },
      resize: (instance, queue, capacity) => this.resize(instance, queue, capacity),
    });
    this.counts = new CarriedCounts(compiled, module);
    module.driven.begin(...this.surroundings());
  }

  /** What a unit begins with. */
  private surroundings(): Parameters<Driven['begin']> {
    const { seed, transmit, log } = this.options;
    return [
      seed, this.clock,
      (index, frame) => transmit(index, frame),
      (text) => text.split('\n').slice(0, -1).forEach((line) => log(line)),
      (kind, instance, port, packet) => this.atGate(kind, instance, port, packet),
    ];
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
    this.setTime(microseconds);
    return this.round();
  }

  private round(): boolean {
    let worked = false;
    // Arguments may change meanwhile: then other code goes on with the timers and tasks that are left.
    do worked = this.within((driven) => driven.fire()) || worked;
    while (this.stale);
    this.renew();
    for (const { index, frame } of this.frames.splice(0)) this.module.driven.receive(index, frame);
    for (let task = 0; ; worked = true) {
      const end = this.within((driven) => driven.round(task));
      if (typeof end === 'boolean') return worked || end;
      task = end;
    }
  }

  /** Enters compiled code that is up to date. What waits below for its end goes on as it was, knowing what this knew. */
  private within<T>(action: (driven: Driven) => T): T {
    const below = this.module;
    this.renew();
    this.depth += 1;
    try {
      return action(this.module.driven);
    } finally {
      this.depth -= 1;
      if (this.depth > 0 && this.module !== below) {
        this.turnTo(below);
        below.driven.leave();
      }
    }
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
    if (isGate(old)) return;
    const spec = { ...old.state };
    for (const [name, entry] of Object.entries(state)) {
      const before = spec[name];
      if ((entry.kind !== 'register' && entry.kind !== 'flag') || before?.kind !== entry.kind || entry.initial === before.initial) continue;
      spec[name] = entry;
      context.state[name] = entry.initial;
    }
    this.instances[instance] = { ...old, config, built, state: spec };
    this.outdate();
  }

  private resize({ index }: Instance, queue: string, capacity: number): void {
    const old = this.instances[index]!;
    const place = this.placeOf(index, queue);
    while (this.contexts[index]!.state[queue].length > capacity) this.module.drop(place, true);
    this.instances[index] = { ...old, state: { ...old.state, [queue]: packetQueue(capacity) } };
    this.outdate();
  }

  private outdate(): void {
    this.version += 1;
    if (this.depth > 0) this.module.driven.leave();
  }

  /** The number of the piece of an instance's state. */
  private placeOf(index: number, entry: string): number {
    const before = this.instances.slice(0, index).reduce((sum, instance) => sum + statePieces(instance).length, 0);
    return before + statePieces(this.instances[index]!).findIndex(({ kind, name }) => kind === 'entry' && name === entry);
  }

  private get stale(): boolean {
    return this.module.version !== this.version;
  }

  /** To be awaited before the next round, where arguments were changed. */
  get preparing(): Promise<void> | undefined {
    return this.stale && this.make === undefined ? this.prepare() : undefined;
  }

  private async prepare(): Promise<void> {
    this.make ??= await drivenMaker();
  }

  /** Code for the arguments of now, which goes on where that of before was. */
  private renew(): void {
    if (!this.stale) return;
    if (this.latest.version !== this.version) {
      const { planned: before } = this;
      const planned = plan({ ...before.graph, instances: [...this.instances] }, { ringSize: before.ringSize });
      this.planned = { ...planned, jumboSlots: Math.max(planned.jumboSlots, before.jumboSlots) };
      this.latest = new DrivenModule(this.make!(this.planned), this.version);
    }
    this.latest.driven.resume(...this.surroundings());
    for (const [instance, part] of this.gates) if (part.run !== undefined) this.latest.driven.hasTask(instance);
    this.turnTo(this.latest);
  }

  /** Other code, which begins or was left before, goes on with all that the elements know. */
  private turnTo(next: DrivenModule): void {
    this.module.handOver(next, this.instances);
    for (const [instance, value] of this.module.randoms()) this.randoms.set(instance, value);
    next.setRandoms(this.randoms);
    this.counts.turnTo(next);
    this.module = next;
  }

  // ---- elements of the control side --------------------------------------------------------------------------

  attach(instance: number, part: ControlPart): void {
    this.gates.set(instance, part);
    if (part.run !== undefined) this.module.driven.hasTask(instance);
  }

  emit(instance: number, output: number, packet: Packet): void {
    this.within((driven) => driven.emit(instance, output, imageOfPacket(packet)));
  }

  pull(instance: number, input: number): Packet | null {
    if (this.original.instances[instance]!.inputs[input]?.processing !== 'pull') return null;
    const image = this.within((driven) => driven.pull(instance, input));
    return image === undefined ? null : packetOfImage(image);
  }

  /** What compiled code asks of an element of the control side. */
  private atGate(kind: number, instance: number, port: number, image: Buffer | undefined): Buffer | boolean | undefined {
    if (kind === TAKEN) return this.within((driven) => driven.answer(instance, port, image));
    if (kind === ENTERED) {
      this.within((driven) => driven.enter(instance, port, image!));
      return undefined;
    }
    const part = this.gates.get(instance);
    if (part === undefined) return undefined;
    if (kind === RUN) return part.run?.() === true;
    if (kind === PULLED) return this.pullThrough(instance, port, part);
    const packet = packetOfImage(image!);
    this.follow(instance, this.verdictOn(packet, port, part), packet);
    return undefined;
  }

  private pullThrough(instance: number, output: number, part: ControlPart): Buffer | boolean | undefined {
    if (part.pull !== undefined) {
      const packet = part.pull(output);
      return packet === null ? undefined : imageOfPacket(packet);
    }
    const packet = this.pull(instance, 0);
    if (packet === null) return undefined;
    const verdict = this.verdictOn(packet, 0, part);
    if (verdict.kind === 'output' && verdict.index === output) return imageOfPacket(packet);
    this.follow(instance, verdict, packet);
    return true;
  }

  private verdictOn(packet: Packet, port: number, part: ControlPart): AnyVerdict {
    try {
      return (part.process?.(packet, port) ?? drop('no_input')) as AnyVerdict;
    } catch (error) {
      if (error instanceof PacketTrap) return drop(error.reason) as AnyVerdict;
      throw error;
    }
  }

  private follow(instance: number, verdict: AnyVerdict, packet: Packet): void {
    if (verdict.kind === 'output') this.emit(instance, verdict.index, packet);
    else if (verdict.kind === 'drop') this.counts.drop(instance, verdict.reason);
  }

  receive(interfaceIndex: number, frame: Uint8Array): void {
    this.frames.push({ index: interfaceIndex, frame: Buffer.from(frame) });
  }
}
