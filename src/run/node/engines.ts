/** The reference run on several processors: an engine for each, which takes the frames of its own flows; they work in turn. */
import type { CheckedGraph } from '../../graph/graph.js';
import { ALL_CORES, Steering, type SteeringRules } from '../steering.js';
import { Engine } from './engine.js';
import type { EngineOptions } from './engine-options.js';
import type { InstanceCounts } from './engine-node.js';

export class Engines {
  readonly all: readonly Engine[];
  private readonly steering: Steering;

  constructor(graph: CheckedGraph, options: EngineOptions, rules: SteeringRules | undefined) {
    this.steering = new Steering(rules ?? { seed: options.seed, cores: 1, by: 'ports', answers: false, teaches: false });
    this.all = Array.from({ length: rules?.cores ?? 1 }, (_, core) => new Engine(graph, { ...options, ours: (a, b) => this.all.length === 1 || this.steering.coreOfPorts(a, b) === core }));
  }

  /** Hands a frame to the engine that its flow belongs to; it is taken in the next round. */
  receive(interfaceIndex: number, frame: Uint8Array, timestamp: { seconds: number; nanoseconds: number }): void {
    const core = this.all.length === 1 ? 0 : this.steering.core(frame);
    const news = this.all.length > 1 && core !== ALL_CORES && this.steering.teaches(frame, interfaceIndex, timestamp.seconds * 1e6 + Math.floor(timestamp.nanoseconds / 1000));
    this.all.forEach((engine, index) => {
      if (core === index || core === ALL_CORES) engine.receive(interfaceIndex, frame, timestamp);
      else if (news) engine.receiveNote(interfaceIndex, frame);
    });
  }

  /** Says whether an interface leads somewhere. */
  setLink(interfaceIndex: number, up: boolean): void {
    for (const engine of this.all) engine.setLink(interfaceIndex, up);
  }

  /** A step of each; whether one of them has work left. */
  step(microseconds: number): boolean {
    return this.all.map((engine) => engine.step(microseconds)).includes(true);
  }

  /** Earliest timer in microseconds since 1970; with `work`, background timers do not count. */
  nextTimer(work: boolean): number | undefined {
    const due = this.all.map((engine) => engine.nextTimer(work)).filter((time) => time !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Counters of each instance, in graph order, summed. */
  counts(): readonly InstanceCounts[] {
    const [first, ...others] = this.all.map((engine) => engine.counts());
    return first!.map((counts, index) => others.reduce((sum, other) => sumOf(sum, other[index]!), counts));
  }
}

function sumOf(a: InstanceCounts, b: InstanceCounts): InstanceCounts {
  const byName = (one: Record<string, number>, other: Record<string, number>) =>
    Object.fromEntries([...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
  return { packets: a.packets + b.packets, outputs: a.outputs.map((count, port) => count + b.outputs[port]!), counters: byName(a.counters, b.counters), drops: byName(a.drops, b.drops) };
}
