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
  /** Packets that left by each output; null: derived, as what entered less everything else. */
  readonly outputs: (number | null)[];
  /** Packets that ended here as they should; null: derived in the same way; absent: there are none. */
  consumed?: number | null;
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
  open(declared: readonly string[], drops: readonly string[], outputs: number): InstanceCounters {
    const numbered = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, this.next++]));
    const counters: InstanceCounters = {
      counters: numbered(declared),
      drops: numbered(drops),
      outputs: Array.from({ length: outputs }, () => null),
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
