/** What a run does for the elements in it: time, chance, timers, packets, text, and what is known of queues and links around. */
import type { u32, u53 } from './integers.js';
import type { Packet } from './packet.js';

/** Time, as the run has it: the host's, or that of the frames when a capture is replayed. */
export interface Clock {
  /** Microseconds since 1970. */
  readonly microseconds: u53;
  /** Whole seconds since 1970. */
  readonly seconds: u32;
}

/** Seeded random numbers, one sequence for each element. */
export interface Random {
  /** The next number, uniform over 0..2^32-1. */
  u32(): u32;
  /** The next number, uniform over 0..bound-1 but for 2^-32 (bound 1..2^32-1). */
  below(bound: number): u32;
}

/** A timer of an instance; it is off until set, and off again once it has fired. */
export interface Timer {
  /** Fires once, `microseconds` from now. */
  after(microseconds: u53): void;
  /** Fires once, at that time in microseconds since 1970; at once if it is past. */
  at(microseconds: u53): void;
  cancel(): void;
  /** Whether the timer is set. */
  readonly pending: boolean;
}

/** The copies of an appliance on several processors. */
export interface Copies {
  /**
   * Whether frames with these two ports come to this copy; for an echo of ICMP, its identifier and 0. Means something in graphs with an
   * element that splits by `ports`; true where there is one processor.
   */
  ours(a: u32, b: u32): boolean;
}

/** What interfaces are plugged into. */
export interface Links {
  /**
   * Whether the interface of that number leads somewhere, as far as the host knows: a tap or interface of the host that is set up, a
   * process at the other end. It may cost much, so that it is asked by a timer, not for each packet.
   */
  isUp(interfaceIndex: number): boolean;
}

/**
 * The queues that an element watches: those that its argument `queues` names, else the nearest ones, behind it where packets
 * are pushed to it and before it where they are pulled through it. Those of an element that waits for room: behind it, where packets are pushed.
 */
export interface NearQueues {
  /** Packets in all of them together. */
  readonly length: u32;
  /** Packets that they have room for, all together; 2^32-1 where there is no queue. */
  readonly room: u32;
}

/** Another element whose state this one reads and writes, too: such as the flow tables of rewriters. */
export interface Peer {
  readonly state: any;
}

/** Packets that an element makes. */
export interface Packets {
  /** A packet of `length` zero bytes, or null when no buffer is free. */
  ofLength(length: number): Packet | null;
  /** A packet with these bytes, a constant from `build` or `config`; null when no buffer is free. */
  copyOf(bytes: Uint8Array): Packet | null;
}

/** One line of text for people, put together piece by piece. */
export interface Log {
  text(text: string): void;
  /** A decimal number, padded with spaces on the left to `width`. */
  decimal(value: number, width?: number): void;
  /** A number in hexadecimal, in capitals, with at least `digits` digits. */
  hexadecimal(value: number, digits: number): void;
  /** As `hexadecimal`, in small letters. */
  lowerHexadecimal(value: number, digits: number): void;
  /** `count` bytes of the packet from `offset` on, in hex, a space after every four bytes but the last. */
  hex(packet: Packet, offset: number, count: number): void;
  /** `count` bytes of the packet from `offset` on as text, a full stop for what cannot be printed, a space before every eight. */
  ascii(packet: Packet, offset: number, count: number): void;
  /** Ends the line and prints it. */
  end(): void;
}
