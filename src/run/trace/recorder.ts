/** Follows packets through the elements of a run in Node, hop by hop. */
import type { Instance } from '../../graph/graph.js';
import type { Packet } from '../../kit/packet.js';
import type { AnyVerdict } from '../../kit/verdict.js';
import type { PacketWatcher } from '../node/packet-watcher.js';
import { changesBetween, momentOf, type Moment } from './changes.js';
import type { DecodedHeader } from './decode.js';

export type HopVerdict =
  | { readonly kind: 'output'; readonly port: number; readonly name: string }
  | { readonly kind: 'drop'; readonly reason: string; readonly means: string | null }
  | { readonly kind: 'kept' | 'consumed' }
  | { readonly kind: 'sent'; readonly interface: string }
  /** The element passed it on or stored it in the midst of its work; what it is now follows. */
  | { readonly kind: 'open' };

export interface Hop {
  readonly element: string;
  readonly class: string;
  /** Null: the packet was made, received or taken from a store here. */
  readonly input: number | null;
  /** Packets of one frame are numbered from 1: copies, answers and queries that elements make have numbers of their own. */
  readonly packet: number;
  /** The packet that it was made of or because of; null for the frame itself. */
  readonly from: number | null;
  /** As it entered; where it was made here, as it left. */
  readonly headers: readonly DecodedHeader[];
  readonly length: number;
  readonly changes: readonly string[];
  readonly verdict: HopVerdict;
}

export interface Trace {
  /** Number of the frame among all that came, from 1. */
  readonly frame: number;
  readonly interface: string;
  /** Nanoseconds since 1970, as a decimal number. */
  readonly time_ns: string;
  readonly hops: readonly Hop[];
}

interface Open {
  readonly instance: Instance;
  readonly input: number;
  readonly before: Moment;
  /** Where the hop will stand. */
  readonly place: number;
}

interface Known {
  readonly number: number;
  readonly from: number | null;
  readonly hops: Hop[];
  readonly count: { last: number };
}

export class TraceRecorder implements PacketWatcher {
  private readonly known = new WeakMap<Packet, Known>();
  /** Packets that are within an element. */
  private readonly open = new Map<Packet, Open>();
  /** The frame whose packets are new ones. */
  private current: { readonly hops: Hop[]; readonly count: { last: number } } = { hops: [], count: { last: 0 } };

  constructor(private readonly interfaces: readonly string[]) {}

  /** From now on new packets belong to another frame, whose hops this list gets. */
  begin(): Hop[] {
    this.current = { hops: [], count: { last: 0 } };
    return this.current.hops;
  }

  enters(instance: Instance, input: number, packet: Packet): void {
    const { hops } = this.packetOf(packet, instance);
    const before = momentOf(packet);
    this.open.set(packet, { instance, input, before, place: hops.length });
    hops.push(this.hop(packet, instance, input, before, [], { kind: 'open' }));
  }

  leaves(instance: Instance, verdict: AnyVerdict, packet: Packet): void {
    const inside = this.open.get(packet);
    if (inside?.instance === instance) return this.close(packet, inside, verdictOf(instance, verdict));
    // Its verdict was given when it was emitted, or it waits since it was kept.
    if (verdict.kind !== 'output' && verdict.kind !== 'drop') return;
    const { hops } = this.packetOf(packet, instance);
    hops.push(this.hop(packet, instance, null, momentOf(packet), [], verdictOf(instance, verdict)));
  }

  sends(instance: Instance, packet: Packet): void {
    const inside = this.open.get(packet);
    if (inside !== undefined) this.close(packet, inside, { kind: 'sent', interface: this.interfaces[instance.interface!] ?? '' });
  }

  private close(packet: Packet, { instance, input, before, place }: Open, verdict: HopVerdict): void {
    this.open.delete(packet);
    const { hops } = this.known.get(packet)!;
    hops[place] = this.hop(packet, instance, input, before, changesBetween(before, momentOf(packet)), verdict);
  }

  private hop(packet: Packet, instance: Instance, input: number | null, { headers, data }: Moment, changes: readonly string[], verdict: HopVerdict): Hop {
    const { number, from } = this.known.get(packet)!;
    return { element: instance.name, class: instance.class.name, input, packet: number, from, headers, length: data.length, changes, verdict };
  }

  /** A packet that was not seen before is one of the frame's at work, made of the packet that the element has at hand. */
  private packetOf(packet: Packet, instance: Instance): Known {
    let known = this.known.get(packet);
    if (known === undefined) {
      const maker = [...this.open].reverse().find(([, inside]) => inside.instance === instance)?.[0];
      const parent = maker && this.known.get(maker);
      const { hops, count } = parent ?? this.current;
      count.last += 1;
      known = { number: count.last, from: parent?.number ?? null, hops, count };
      this.known.set(packet, known);
    }
    return known;
  }
}

function verdictOf(instance: Instance, verdict: AnyVerdict): HopVerdict {
  switch (verdict.kind) {
    case 'output': {
      const port = instance.outputs[verdict.index]!;
      if (port.to.length === 0) return dropOf(instance, port.name === String(verdict.index) ? 'unconnected_output' : port.name);
      return { kind: 'output', port: verdict.index, name: port.name };
    }
    case 'drop':
      return dropOf(instance, verdict.reason);
    default:
      return { kind: verdict.kind };
  }
}

function dropOf(instance: Instance, reason: string): HopVerdict {
  return { kind: 'drop', reason, means: instance.class.drops[reason] ?? null };
}
