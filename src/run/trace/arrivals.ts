/** Frames for a trace, by their time. */
import { readCapture } from '../../capture/read.js';
import type { CheckedGraph } from '../../graph/graph.js';
import { GeneratorPort } from '../node/generator-port.js';
import type { PortSpec } from '../port-spec.js';

export interface Arrival {
  readonly port: number;
  /** Nanoseconds since 1970. */
  readonly timestamp: bigint;
  readonly bytes: Uint8Array;
}

/** Where there is no capture: midnight of the first of January 2025. */
const BEGIN_NS = 1_735_689_600_000_000_000n;
/** Between generated frames. */
const GAP_NS = 1_000_000n;
/** Those of captures and generators; of a generator without end so many. */
export function arrivalsAt({ interfaces }: CheckedGraph, ports: ReadonlyMap<string, PortSpec>, most: number): Iterable<Arrival> {
  return inOrder(interfaces.map(({ name, mac }, port) => arrivalsOf(ports.get(name), port, mac, most)));
}

function* arrivalsOf(spec: PortSpec | undefined, port: number, mac: number, most: number): Generator<Arrival> {
  if (spec?.kind === 'pcap' && spec.in !== undefined) {
    for (const { timestamp, bytes } of readCapture(spec.in)) yield { port, timestamp, bytes };
  } else if (spec?.kind === 'gen') {
    const generator = new GeneratorPort({ ...spec, rate: 'max' }, mac, true);
    for (let number = 0n; number < BigInt(spec.count ?? most); number += 1n) {
      const bytes = generator.receive(number * GAP_NS);
      if (bytes === undefined) return;
      yield { port, timestamp: BEGIN_NS + number * GAP_NS, bytes };
    }
  }
}

/** All frames by their time. */
function* inOrder(sources: readonly Iterator<Arrival>[]): Generator<Arrival> {
  const heads = sources.map((source) => ({ source, next: source.next() }));
  for (;;) {
    const waiting = heads.filter(({ next }) => next.done !== true);
    if (waiting.length === 0) return;
    const first = waiting.reduce((a, b) => ((b.next.value as Arrival).timestamp < (a.next.value as Arrival).timestamp ? b : a));
    yield first.next.value as Arrival;
    first.next = first.source.next();
  }
}
