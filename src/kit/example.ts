/**
 * Examples of an element. Each is documentation, a test in Node, and a vector for comparing Node with the
 * compiled element.
 */
import type { PacketTemplate } from './template.js';

export type ExamplePacket = ArrivingPacket | Uint8Array;

/** A packet, and where and when it arrives. */
export interface ArrivingPacket extends PacketTemplate {
  /** Microseconds after the start of the example; default: one after the packet before. */
  readonly at?: number;
  /** Input by name or number, when it is not that of the example. */
  readonly input?: string | number;
}

/** One packet, or packets one after the other. */
export type ExamplePackets = ExamplePacket | readonly ExamplePacket[];

export interface ExampleOptions {
  /** Arguments in Click's notation, as in `Paint(3)`; default: none. */
  config?: string;
  /** Input on which the packets arrive, when it is not the first. */
  input?: string | number;
  /** Outputs the element has in this example, for elements with a row of them or optional ones; the others stay open. */
  outputs?: number;
  inputs?: number;
  /** Elements between packets and the input, in Click's notation with arrows: `Paint(1) -> Strip(14)`. */
  before?: string;
  /** Other statements of the graph, in Click's notation: elements that this one names. */
  beside?: string;
  /** Elements behind the first output, such as one that shows an annotation. */
  after?: string;
  /** Counters after the example, where they matter. */
  counters?: Readonly<Record<string, number>>;
}

export interface Example extends ExampleOptions {
  readonly title: string;
  readonly packets: readonly ExamplePacket[];
  /** What leaves, by output name or number; `drop` lists the reasons of dropped packets in order. */
  readonly expected: Readonly<Record<string, readonly ExamplePacket[] | readonly string[]>>;
}

/** `packets` arrive; `expected` says what leaves on each output and, under `drop`, why packets end. */
export function example(
  title: string,
  packets: ExamplePackets,
  expected: Readonly<Record<string, ExamplePackets | string | readonly string[]>>,
  options: ExampleOptions = {},
): Example {
  const listed = Object.entries(expected).map(([port, value]) => [port, list(value)]);
  return { ...options, title, packets: list(packets), expected: Object.fromEntries(listed) };
}

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}
