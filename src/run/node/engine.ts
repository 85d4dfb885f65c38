/**
 * The reference run: the elements themselves, in Node, one packet at a time. Whatever this engine does is
 * the meaning of a graph; the compiled appliance must do the same, byte for byte and count for count.
 *
 * Work happens in rounds of { timers that are due, frames received, tasks }, exactly as the loop of the
 * compiled appliance makes them (native/runtime/wl_loop.h).
 */
import type { CheckedGraph, Instance, PortEnd } from '../../graph/graph.js';
import type { ControlPart } from '../../kit/control.js';
import type { AnyContext, NearQueues, Peer } from '../../kit/element.js';
import { isBackground } from '../../kit/element.js';
import { BATCH_PACKETS_MAX } from '../../kit/limits.js';
import { Packet } from '../../kit/packet.js';
import type { PacketQueue } from '../../kit/packet-store.js';
import { makeState } from '../../kit/state.js';
import { PacketTrap } from '../../kit/trap.js';
import { drop, outputVerdict, type AnyVerdict, type Verdict } from '../../kit/verdict.js';
import { SeededRandom } from '../../kit/random.js';
import { portList, type InstanceCounts, type Node, type TimerState } from './engine-node.js';
import type { EngineOptions } from './engine-options.js';
import { LogLine } from './log.js';
import { nearQueues } from './near-queues.js';
import type { PacketWatcher } from './packet-watcher.js';
import { notedPacket, receivedPacket, type FrameTime } from './received-packet.js';

/** Rounds of one step, at most: WL_STEP_ROUNDS_MAX. */
export const STEP_ROUNDS_MAX = 1024;

export class Engine {
  private readonly nodes: Node[];
  private readonly timers: TimerState[] = [];
  /** Of all elements: who begins a line and hands on a packet in the midst of it has others go on with the line. */
  private readonly log: LogLine;
  private readonly clock: { microseconds: number; readonly seconds: number };
  private readonly received: { interface: number; packet: Packet; note: boolean }[] = [];
  private readonly receivers: (Node | undefined)[];
  /** Interfaces that lead nowhere now. */
  private readonly down = new Set<number>();
  /** A pulled packet did not come through since the tasks ran last. */
  private astray = false;

  constructor(
    graph: CheckedGraph,
    private readonly options: EngineOptions,
  ) {
    this.clock = {
      microseconds: options.microseconds,
      get seconds() {
        return Math.trunc(this.microseconds / 1_000_000);
      },
    };
    this.log = new LogLine(options.log);
    let tables = 0;
    this.nodes = graph.instances.map((instance) => this.makeNode(instance, () => tables++));
    this.receivers = graph.interfaces.map(({ index }) =>
      this.nodes.find(({ instance }) => instance.class.definition.device === 'receive' && instance.interface === index),
    );
    for (const node of this.nodes) {
      node.instance.class.definition.initialize?.(node.context);
    }
  }

  /** Hands a frame to the appliance; it is taken in the next round. */
  receive(interfaceIndex: number, frame: Uint8Array, timestamp: FrameTime): void {
    this.received.push({ interface: interfaceIndex, packet: receivedPacket(frame, timestamp), note: false });
  }

  /** Lets elements learn from a frame that another copy takes; in the next round. */
  receiveNote(interfaceIndex: number, frame: Uint8Array): void {
    this.received.push({ interface: interfaceIndex, packet: notedPacket(frame), note: true });
  }

  /** Somebody else, or nobody, follows all packets from now on. */
  watch(watcher: PacketWatcher | undefined): void {
    this.options.watch = watcher;
  }

  /** Hands a packet to an input of an instance at once. */
  inject(instance: number, port: number, packet: Packet): void {
    const node = this.nodes[instance]!;
    const verdict = this.enter(node, port, packet);
    if (verdict !== undefined) this.follow(node, verdict, packet);
  }

  /**
   * Rounds until one finds nothing to do, at most STEP_ROUNDS_MAX. Returns whether work is left. Time
   * never goes back.
   */
  step(microseconds: number): boolean {
    this.clock.microseconds = Math.max(this.clock.microseconds, microseconds);
    for (let round = 0; round < STEP_ROUNDS_MAX; round += 1) if (!this.round()) return false;
    return true;
  }

  /** Time never goes back. */
  setTime(microseconds: number): void {
    this.clock.microseconds = Math.max(this.clock.microseconds, microseconds);
  }

  /** One round at that time; whether it found anything to do. */
  roundAt(microseconds: number): boolean {
    this.setTime(microseconds);
    return this.round();
  }

  /** Lets what works on the control side take and give the packets of an instance. */
  attach(instance: number, part: ControlPart): void {
    this.nodes[instance]!.part = part;
  }

  /** Gives an instance other arguments; what it remembers stays, but for what begins otherwise by them. */
  reconfigure(instance: number, config: Instance['config'], { built, state }: { readonly built: unknown; readonly state: Instance['state'] }): void {
    const node = this.nodes[instance]!;
    const { context, inputContexts, outputContexts } = node;
    for (const [name, entry] of Object.entries(state)) {
      const before = node.spec[name];
      if ((entry.kind !== 'register' && entry.kind !== 'flag') || before?.kind !== entry.kind) continue;
      if (entry.initial !== before.initial) (context.state as Record<string, unknown>)[name] = entry.initial;
    }
    node.spec = state;
    for (const each of [context, ...inputContexts, ...outputContexts]) Object.assign(each, { config, built });
  }

  /** Sends a packet to an output of an instance at once. */
  emit(instance: number, output: number, packet: Packet): void {
    this.follow(this.nodes[instance]!, outputVerdict(output), packet);
  }

  /** Takes a packet from an input of an instance that works on the control side. */
  pull(instance: number, input: number): Packet | null {
    return this.pullInput(this.nodes[instance]!, input);
  }

  /** Earliest timer in microseconds since 1970; with `work`, background timers do not count. */
  nextTimer(work: boolean): number | undefined {
    let next: number | undefined;
    for (const { due, background } of this.timers) {
      if (due !== undefined && !(work && background) && (next === undefined || due < next)) next = due;
    }
    return next;
  }

  get microseconds(): number {
    return this.clock.microseconds;
  }

  /** The counts of an instance themselves: what is written to them is counted on from. */
  countsOf(instance: number): InstanceCounts {
    return this.nodes[instance]!.counts;
  }

  packetsOf(instance: number): number {
    const { instance: { inputs }, counts } = this.nodes[instance]!;
    return inputs.length > 0 ? counts.packets : (counts.outputs[0] ?? 0);
  }

  /** Counters of each instance, in graph order. */
  counts(): readonly InstanceCounts[] {
    // What has no inputs is entered by the packets it makes.
    return this.nodes.map(({ instance, counts }) => (instance.inputs.length > 0 ? counts : { ...counts, packets: this.packetsOf(instance.index) }));
  }

  /** State of an instance, for handlers. */
  context(instance: number): AnyContext {
    return this.nodes[instance]!.context;
  }

  // ---- a round -------------------------------------------------------------------------------------

  private round(): boolean {
    const fired = this.fireTimers();
    const frames = this.receiveFrames();
    const worked = this.runTasks();
    return fired || frames || worked;
  }

  /** Fires each timer that was due when the round began, once, earliest first. */
  private fireTimers(): boolean {
    const now = this.clock.microseconds;
    const due = this.timers.filter((timer) => timer.due !== undefined && timer.due <= now);
    // A stable sort: timers due at the same time fire in graph order.
    due.sort((a, b) => a.due! - b.due!);
    for (const timer of due) {
      if (timer.due === undefined || timer.due > now) continue;
      timer.due = undefined;
      const { node } = timer;
      this.guard(node, () => node.instance.class.definition.timers![timer.name]!(node.context));
    }
    return due.length > 0;
  }

  private receiveFrames(): boolean {
    const frames = this.received.splice(0);
    for (const frame of frames) {
      const receiver = this.receivers[frame.interface];
      if (receiver === undefined) continue;
      if (frame.note) this.learn(receiver, frame.packet);
      else this.follow(receiver, outputVerdict(0), frame.packet);
    }
    return frames.length > 0;
  }

  private learn({ instance: { outputs } }: Node, packet: Packet): void {
    const target = outputs[0]!.to[0];
    const node = target && this.nodes[target.instance];
    if (node !== undefined) this.guard(node, () => node.instance.class.definition.learn?.(packet, node.inputContexts[target!.port]!));
  }

  /** Runs each task once, in graph order. */
  private runTasks(): boolean {
    let worked = false;
    for (const node of this.nodes) {
      const { definition } = node.instance.class;
      if (node.part !== undefined) {
        worked = node.part.run?.() === true || worked;
      } else if (definition.device === 'send' && node.instance.inputs[0]!.processing === 'pull') {
        worked = this.drain(node) || worked;
      } else if (definition.run !== undefined && !this.pullsOnly(node)) {
        worked = (this.guard(node, () => definition.run!(node.context)) ?? true) || worked;
      }
    }
    // Who pulled a packet that was dropped on the way got nothing, but there may be more behind it.
    const { astray } = this;
    this.astray = false;
    return worked || astray;
  }

  /** An element whose output is pulled works when it is asked, not as a task. */
  private pullsOnly(node: Node): boolean {
    return node.instance.outputs[0]?.processing === 'pull';
  }

  private drain(node: Node): boolean {
    for (let count = 0; count < BATCH_PACKETS_MAX; count += 1) {
      const packet = this.pullInput(node, 0);
      if (packet === null) return count > 0;
      this.send(node, packet);
    }
    return true;
  }

  // ---- packets ---------------------------------------------------------------------------------------

  /** Does what `verdict` says with a packet at `node`, and with it at the next ones, until it comes to rest. */
  private follow(node: Node, verdict: Verdict, packet: Packet): void {
    for (let next = this.leave(node, verdict as AnyVerdict, packet); next !== undefined; next = this.leave(node, verdict as AnyVerdict, packet)) {
      node = this.nodes[next.instance]!;
      const sent = this.enter(node, next.port, packet);
      if (sent === undefined) return;
      verdict = sent;
    }
  }

  /** The packet's verdict there; undefined: it went out of an interface. */
  private enter(node: Node, port: number, packet: Packet): Verdict | undefined {
    node.counts.packets += 1;
    this.options.watch?.enters(node.instance, port, packet);
    if (node.instance.class.definition.device === 'send') return this.send(node, packet);
    return this.process(node, packet, port);
  }

  /** Counts the verdict; the input to go on at, or undefined when the packet stays or ends here. */
  private leave(node: Node, verdict: AnyVerdict, packet: Packet): PortEnd | undefined {
    this.options.watch?.leaves(node.instance, verdict, packet);
    switch (verdict.kind) {
      case 'output': {
        const port = node.instance.outputs[verdict.index]!;
        const next = port.to[0];
        if (next === undefined) this.countDrop(node, port.name === String(verdict.index) ? 'unconnected_output' : port.name);
        else node.counts.outputs[verdict.index]! += 1;
        return next;
      }
      case 'drop':
        this.countDrop(node, verdict.reason);
        return undefined;
      case 'kept':
      case 'consumed':
        return undefined;
    }
  }

  private process(node: Node, packet: Packet, port: number): Verdict {
    try {
      if (node.part !== undefined) return node.part.process?.(packet, port) ?? drop('no_input');
      return node.instance.class.definition.process!(packet, node.inputContexts[port]!);
    } catch (error) {
      if (!(error instanceof PacketTrap)) throw error;
      this.log.abandon();
      return drop(error.reason);
    }
  }

  /** Runs code that has no packet of its own to drop; a trap there ends it and is counted. */
  private guard<T>(node: Node, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof PacketTrap)) throw error;
      this.log.abandon();
      this.countDrop(node, error.reason);
      return undefined;
    }
  }

  private send(node: Node, packet: Packet): undefined {
    this.options.watch?.sends(node.instance, packet);
    this.options.transmit(node.instance.interface!, packet.data().slice());
  }

  /** Pulls from input `port` of `node`; what comes has entered it. */
  private pullInput(node: Node, port: number): Packet | null {
    const input = node.instance.inputs[port]!;
    // An element that follows its neighbours may ask although packets are pushed to it.
    const from = input.processing === 'pull' ? input.from[0] : undefined;
    const packet = from === undefined ? null : this.answerPull(this.nodes[from.instance]!, from.port);
    if (packet !== null) {
      node.counts.packets += 1;
      this.options.watch?.enters(node.instance, port, packet);
    }
    return packet;
  }

  /** Answers a pull on output `port` of `node`. */
  private answerPull(node: Node, port: number): Packet | null {
    const { definition } = node.instance.class;
    if (node.part?.pull !== undefined) {
      const packet = node.part.pull(port);
      if (packet !== null) node.counts.outputs[port]! += 1;
      return packet;
    }
    if (definition.pull !== undefined) {
      const packet = this.guard(node, () => definition.pull!(node.outputContexts[port]!));
      if (packet === undefined) this.astray = true;
      else if (packet !== null) this.give(node, port, packet);
      return packet ?? null;
    }
    const packet = this.pullInput(node, 0);
    if (packet === null) return null;
    const verdict = this.process(node, packet, 0) as AnyVerdict;
    if (verdict.kind === 'output' && verdict.index === port) return this.give(node, port, packet);
    this.astray = true;
    this.follow(node, verdict, packet);
    return null;
  }

  /** A packet leaves by an output that is pulled. */
  private give(node: Node, port: number, packet: Packet): Packet {
    node.counts.outputs[port]! += 1;
    this.options.watch?.leaves(node.instance, outputVerdict(port) as AnyVerdict, packet);
    return packet;
  }

  private countDrop(node: Node, reason: string): void {
    node.counts.drops[reason] = (node.counts.drops[reason] ?? 0) + 1;
  }

  // ---- contexts ----------------------------------------------------------------------------------------

  private makeNode(instance: Instance, tableNumber: () => number): Node {
    const { class: type, index } = instance;
    const counts: InstanceCounts = {
      packets: 0,
      outputs: instance.outputs.map(() => 0),
      counters: Object.fromEntries(Object.keys(type.counters).map((name) => [name, 0])),
      drops: Object.fromEntries(Object.keys(type.drops).map((name) => [name, 0])),
    };
    const node: Node = { instance, counts, context: undefined!, inputContexts: [], outputContexts: [], spec: instance.state };
    const shared = {
      config: instance.config,
      built: instance.built,
      state: makeState(instance.state, this.options.seed, tableNumber),
      counters: Object.fromEntries(
        Object.keys(type.counters).map((name) => [
          name,
          {
            add: (amount: number) => void (counts.counters[name]! += amount),
            get low32() {
              return counts.counters[name]! % 2 ** 32;
            },
          },
        ]),
      ),
      inputs: portList(instance.inputs, (port) => ({ pull: () => this.pullInput(node, port) })),
      outputs: portList(instance.outputs, outputVerdict),
      timers: this.makeTimers(node),
      clock: this.clock,
      random: new SeededRandom(this.options.seed, index),
      packets: { ofLength: (length: number) => Packet.ofLength(length), copyOf: (bytes: Uint8Array) => Packet.from(bytes) },
      copies: { ours: this.options.ours ?? (() => true) },
      links: { isUp: (index: number) => !this.down.has(index) },
      queues: this.queuesOf(instance),
      peers: this.peersOf(instance),
      log: this.log,
      emit: (output: Verdict, packet: Packet) => this.follow(node, output, packet),
      emitCopy: (output: Verdict, packet: Packet) => this.follow(node, output, packet.clone()),
    };
    const context = (port: number) => ({ ...shared, port }) as unknown as AnyContext;
    node.context = context(0);
    node.inputContexts.push(...instance.inputs.map((_, port) => context(port)));
    node.outputContexts.push(...instance.outputs.map((_, port) => context(port)));
    return node;
  }

  /** Says whether an interface leads somewhere; all do from the start. */
  setLink(interfaceIndex: number, up: boolean): void {
    if (up) this.down.delete(interfaceIndex);
    else this.down.add(interfaceIndex);
  }

  /** The elements whose state an instance uses; they may not have been made yet. */
  private peersOf({ peers = [] }: Instance): readonly Peer[] {
    const stateOf = (index: number) => this.nodes[index]!.context.state as unknown;
    return peers.map((index) => ({
      get state() {
        return stateOf(index);
      },
    }));
  }

  /** The queues that an instance watches. */
  private queuesOf({ queues = [] }: Instance): NearQueues {
    return nearQueues(queues, (instance, entry) => this.nodes[instance]!.context.state[entry] as PacketQueue);
  }

  private makeTimers(node: Node) {
    const timers = node.instance.class.definition.timers ?? {};
    return Object.fromEntries(
      Object.entries(timers).map(([name, fire]) => {
        const timer: TimerState = { node, name, background: isBackground(fire), due: undefined };
        this.timers.push(timer);
        const clock = this.clock;
        return [
          name,
          {
            after: (microseconds: number) => void (timer.due = clock.microseconds + microseconds),
            at: (microseconds: number) => void (timer.due = microseconds),
            cancel: () => void (timer.due = undefined),
            get pending() {
              return timer.due !== undefined;
            },
          },
        ];
      }),
    );
  }
}
