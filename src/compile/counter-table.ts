/**
 * The 64-bit counters of an appliance: which there are, and how every figure follows from them. Packets are
 * counted where paths part, not where they merely pass: what enters an element is what left those before
 * it, and what leaves by the first output is what entered less everything else that became of it.
 */
import type { Span } from '../diagnostics.js';
import { placeOf } from '../diagnostics.js';

/** The counters of one instance, by index into the appliance's array. */
export interface InstanceCounters {
  /** Declared by the element. */
  readonly counters: Record<string, number>;
  readonly drops: Record<string, number>;
  /** The reasons that the element itself declares: shown even when they are 0. */
  readonly declared: readonly string[];
  /** Packets that left by each output; null: never any, or (the first, see `plain`) derived. */
  readonly outputs: (number | null)[];
  /** Packets that ended here as they should. */
  consumed?: number;
  /** Each packet that enters ends by one verdict: the first output gets what entered less all else. */
  readonly plain: boolean;
}

/** A place in the sources where the packet path can trap. */
export interface TrapSite {
  readonly instance: number;
  readonly reason: string;
  /** `file:line:column` of the TypeScript. */
  readonly place: string;
}

export class CounterTable {
  readonly instances: InstanceCounters[] = [];
  readonly sites: TrapSite[] = [];
  private readonly siteNumbers = new Map<string, number>();
  private next = 0;

  get count(): number {
    return this.next;
  }

  /** Begins the counters of the next instance. */
  open(declared: readonly string[], drops: readonly string[], outputs: number, plain: boolean): InstanceCounters {
    const numbered = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, this.next++]));
    const counters: InstanceCounters = {
      counters: numbered(declared),
      drops: numbered(drops),
      declared: drops,
      outputs: Array.from({ length: outputs }, () => null),
      plain,
    };
    this.instances.push(counters);
    return counters;
  }

  drop(instance: number, reason: string): number {
    return (this.instances[instance]!.drops[reason] ??= this.next++);
  }

  output(instance: number, port: number): number {
    return (this.instances[instance]!.outputs[port] ??= this.next++);
  }

  consumed(instance: number): number {
    return (this.instances[instance]!.consumed ??= this.next++);
  }

  /** Figures of all instances, from the values of the counters. */
  read(graph: CountedGraph, values: ArrayLike<number>): InstanceFigures[] {
    return readFigures(graph, this.instances, values);
  }

  site(instance: number, reason: string, at: Span): number {
    const place = placeOf(at);
    const key = `${instance} ${reason} ${place}`;
    let number = this.siteNumbers.get(key);
    if (number === undefined) {
      number = this.sites.length;
      this.sites.push({ instance, reason, place });
      this.siteNumbers.set(key, number);
    }
    return number;
  }
}

/** What became of the packets of one instance. */
export interface InstanceFigures {
  packets: number;
  outputs: number[];
  counters: Record<string, number>;
  drops: Record<string, number>;
}

/** The part of a graph from which figures are derived; a manifest has it, too. */
export interface CountedGraph {
  readonly instances: readonly {
    readonly inputs: readonly { readonly from: readonly { readonly instance: number; readonly port: number }[] }[];
    readonly outputs: readonly unknown[];
  }[];
}

/** Figures of all instances, from the values of the counters; `least`: of what is derived, -Infinity where the values are only a part of what was counted. */
export function readFigures(
  graph: CountedGraph,
  instances: readonly InstanceCounters[],
  values: ArrayLike<number>,
  least = 0,
): InstanceFigures[] {
  const entered: (number | undefined)[] = [];
  const packets = (index: number): number => (entered[index] ??= sum(index));
  const sum = (index: number): number =>
    graph.instances[index]!.inputs.reduce(
      (total, { from }) => total + from.reduce((part, end) => part + left(end.instance, end.port), 0),
      0,
    );
  const explicit = (index: number): number => {
    const { drops, outputs, consumed } = instances[index]!;
    const counted = [...Object.values(drops), ...outputs, consumed].filter((counter) => typeof counter === 'number');
    return counted.reduce((total, counter) => total + values[counter]!, 0);
  };
  const left = (index: number, port: number): number => {
    const counter = instances[index]!.outputs[port];
    if (typeof counter === 'number') return values[counter]!;
    // Counters of a running appliance are not read at one instant: a difference may be off by a few.
    return port === 0 && instances[index]!.plain ? Math.max(least, packets(index) - explicit(index)) : 0;
  };
  const named = (record: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(record).map(([name, counter]) => [name, values[counter]!]));
  const shown = (drops: Readonly<Record<string, number>>, declared: readonly string[]) =>
    Object.fromEntries(Object.entries(drops).filter(([reason, counter]) => values[counter]! > 0 || declared.includes(reason)));
  return instances.map(({ counters, drops, declared }, index) => ({
    packets: graph.instances[index]!.inputs.length === 0 ? left(index, 0) : packets(index),
    outputs: graph.instances[index]!.outputs.map((_, port) => left(index, port)),
    counters: named(counters),
    drops: named(shown(drops, declared)),
  }));
}
