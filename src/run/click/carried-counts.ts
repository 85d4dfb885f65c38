/** The counts of elements whose code is made anew while they work: what was counted by all of it. */
import type { CountedGraph } from '../../compile/counter-table.js';
import { compiledCounters, compiledFigures, type InstanceValues } from './compiled-contexts.js';
import type { DrivenModule } from './driven-module.js';

export class CarriedCounts {
  /** Of each instance; the same objects all the time. */
  readonly values: readonly InstanceValues[];
  /** What was counted by code before that of now. */
  private readonly before: { packets: number; readonly drops: Record<string, number> }[];
  private now: InstanceValues[];

  constructor(
    private readonly graph: CountedGraph,
    private module: DrivenModule,
  ) {
    this.now = countersOf(module);
    this.before = this.now.map(() => ({ packets: 0, drops: {} }));
    this.values = this.now.map(({ counters }, instance) => ({
      // Elements read and write these themselves: they are handed over as they are.
      counters: properties({}, Object.keys(counters), {
        get: (name) => this.now[instance]!.counters[name]!,
        set: (name, value) => (this.now[instance]!.counters[name] = value),
      }),
      drops: {},
    }));
    this.showDrops();
  }

  packetsOf(instance: number): number {
    return this.before[instance]!.packets + compiledFigures(this.graph, this.module.facts.counters, memoryOf(this.module), -Infinity)[instance]!.packets;
  }

  /** An element of the control side drops a packet. */
  drop(instance: number, reason: string): void {
    const { drops } = this.before[instance]!;
    drops[reason] = (drops[reason] ?? 0) + 1;
    this.showDrops();
  }

  /** From now on that unit counts. */
  turnTo(next: DrivenModule): void {
    const figures = compiledFigures(this.graph, this.module.facts.counters, memoryOf(this.module), -Infinity);
    new BigUint64Array(next.counters).fill(0n);
    const now = countersOf(next);
    this.now.forEach(({ counters, drops }, instance) => {
      const before = this.before[instance]!;
      before.packets += figures[instance]!.packets;
      for (const [reason, count] of Object.entries(drops)) before.drops[reason] = (before.drops[reason] ?? 0) + count;
      for (const [name, count] of Object.entries(counters)) now[instance]!.counters[name] = count;
    });
    this.module = next;
    this.now = now;
    this.showDrops();
  }

  /** Other code may drop packets for other reasons. */
  private showDrops(): void {
    this.values.forEach(({ drops }, instance) => {
      const fresh = [...Object.keys(this.now[instance]!.drops), ...Object.keys(this.before[instance]!.drops)].filter((reason) => !(reason in drops));
      properties(drops, fresh, { get: (reason) => (this.before[instance]!.drops[reason] ?? 0) + (this.now[instance]!.drops[reason] ?? 0) });
    });
  }
}

const memoryOf = ({ counters }: DrivenModule) => ({ bytes: counters.byteLength, buffer: () => counters });

function countersOf(module: DrivenModule): InstanceValues[] {
  return compiledCounters(module.facts.counters, memoryOf(module));
}

function properties(object: Record<string, number>, names: readonly string[], { get, set }: { get: (name: string) => number; set?: (name: string, value: number) => void }): Record<string, number> {
  for (const name of names) Object.defineProperty(object, name, { enumerable: true, get: () => get(name), ...(set && { set: (value: number) => set(name, value) }) });
  return object;
}
