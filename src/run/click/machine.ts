/** What runs the elements of a router: the engine in Node, or the C made of the same elements. */
import type { Instance } from '../../graph/graph.js';
import type { ControlPart } from '../../kit/control.js';
import type { Timer } from '../../kit/element.js';
import type { Packet } from '../../kit/packet.js';

/** An instance as its handlers see it. */
export interface MachineContext {
  readonly config: any;
  readonly built: any;
  readonly state: any;
  readonly timers: Readonly<Record<string, Timer>>;
}

export interface Machine {
  readonly microseconds: number;
  /** Time never goes back. */
  setTime(microseconds: number): void;
  /** One round at that time; whether it found anything to do. */
  roundAt(microseconds: number): boolean;
  /** Earliest timer in microseconds since 1970; with `work`, background timers do not count. */
  nextTimer(work: boolean): number | undefined;
  context(instance: number): MachineContext;
  /** The counters of an instance themselves: what is written to them is counted on from. */
  countsOf(instance: number): { readonly counters: Record<string, number>; readonly drops: Readonly<Record<string, number>> };
  /** Packets that an instance was given or, where it has no inputs, gave. */
  packetsOf(instance: number): number;
  /** Gives an instance other arguments; throws HandlerError where that cannot be. They count at once, for the next round when `preparing` is done. */
  reconfigure(instance: number, config: Instance['config'], built: { readonly built: unknown; readonly state: Instance['state'] }): void;
  /** To be awaited before the next round, if there is something. */
  readonly preparing?: Promise<void> | undefined;
  /** Lets what works on the control side take and give the packets of an instance. */
  attach(instance: number, part: ControlPart): void;
  emit(instance: number, output: number, packet: Packet): void;
  /** Takes a packet from an input of an instance, if it is pulled. */
  pull(instance: number, input: number): Packet | null;
  /** Hands over a frame; it is taken in the next round. */
  receive(interfaceIndex: number, frame: Uint8Array, timestamp: { seconds: number; nanoseconds: number }): void;
}
