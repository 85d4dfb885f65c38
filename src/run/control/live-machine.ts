/** A running appliance as its elements' handlers see it. */
import type { CheckedGraph, Instance } from '../../graph/graph.js';
import type { Manifest } from '../../image/manifest.js';
import type { StatePlace } from '../../image/state-table.js';
import { HandlerError } from '../../kit/element.js';
import { compiledContexts, compiledCounters, compiledFigures, type InstanceValues } from '../click/compiled-contexts.js';
import type { Machine, MachineContext } from '../click/machine.js';
import { wallClock } from '../click/warped-clock.js';
import { placeOf } from './channel.js';
import { CONSTANT_HINT } from './constant-arguments.js';
import { LivePiece, type LiveMemory } from './live-memory.js';
import { SelfDriven } from './self-driven.js';

export class LiveMachine extends SelfDriven implements Machine {
  private readonly contexts: MachineContext[];
  private readonly counted: InstanceValues[];
  readonly packetsOf: Machine['packetsOf'];

  /** Microseconds since 1970. */
  private readonly clock: () => number;

  constructor(private readonly graph: CheckedGraph, { internals }: Manifest, memory: LiveMemory, { seed, core, clock = wallClock }: { readonly seed: number; readonly core: number; readonly clock?: (() => number) | undefined }) {
    super();
    this.clock = clock;
    const { state, counters } = internals;
    const piece = ([offset, bytes]: StatePlace) => new LivePiece(memory, placeOf(core, offset), bytes);
    this.contexts = compiledContexts(graph, graph, {
      seed,
      pieces: ({ index }) => state.instances[index]!.map(piece),
      now: () => this.microseconds,
      release: (queue) => memory.take(queue as LivePiece),
      resize({ state: entries }, queue, capacity) {
        if ((entries[queue] as { capacity: number }).capacity !== capacity) throw new HandlerError(CONSTANT_HINT);
      },
    });
    const counted = piece(state.counters);
    this.counted = compiledCounters(counters, counted);
    this.packetsOf = (instance) => compiledFigures(graph, counters, counted)[instance]!.packets;
  }

  get microseconds(): number {
    return this.clock();
  }

  context(instance: number): MachineContext {
    return this.contexts[instance]!;
  }

  countsOf(instance: number): InstanceValues {
    return this.counted[instance]!;
  }

  /** Arguments that it has already are no change: what a handler does besides goes on. */
  reconfigure(instance: number, config: Instance['config']): void {
    const { class: type, config: now } = this.graph.instances[instance]!;
    const textOf = (values: Instance['config'], name: string) => (values[name] === undefined ? '' : type.config[name]!.format(values[name]));
    if (Object.keys(type.config).some((name) => textOf(config, name) !== textOf(now, name))) throw new HandlerError(CONSTANT_HINT);
  }
}
