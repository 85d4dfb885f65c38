/** Runs frames through a graph in Node and says what becomes of each, element by element. */
import { readCapture } from '../../capture/read.js';
import { failure } from '../../diagnostics.js';
import type { CheckedGraph } from '../../graph/graph.js';
import { EMPTY_SCOPE } from '../../kit/config.js';
import { readIpPattern } from '../../kit/classify/filter-rule.js';
import { buildProgram, classify, ETHERTYPE, IP_HEADER_BYTES } from '../../kit/index.js';
import { Packet } from '../../kit/packet.js';
import { suggestion } from '../../suggest.js';
import { Engine } from '../node/engine.js';
import { GeneratorPort } from '../node/generator-port.js';
import type { PortSpec } from '../port-spec.js';
import { TraceRecorder, type Hop, type HopVerdict, type Trace } from './recorder.js';

export interface TraceOptions {
  /** Where frames come from; captures and generators. */
  readonly ports: ReadonlyMap<string, PortSpec>;
  /** The element whose input 0 gets the frames; else the interfaces do. */
  readonly from?: string;
  /** Only frames that match are shown; the language is that of IPFilter. */
  readonly match?: string;
  /** So many of them. */
  readonly count: number;
  readonly seed: number;
  /** What elements print. */
  readonly log: (line: string) => void;
  /** Gives the elements what they know before the first frame. */
  readonly prepare?: (engine: Engine) => void;
}

export type { Hop, HopVerdict, Trace };

export interface TraceResult {
  readonly traces: Trace[];
  /** Frames that came, and those that matched. */
  readonly frames: number;
  readonly matched: number;
}

interface Arrival {
  readonly port: number;
  /** Nanoseconds since 1970. */
  readonly timestamp: bigint;
  readonly bytes: Uint8Array;
}

/** Where there is no capture: midnight of the first of January 2025. */
const BEGIN_NS = 1_735_689_600_000_000_000n;
/** Between generated frames. */
const GAP_NS = 1_000_000n;
/** After the last frame timers go on for as long as the graph has work, but no longer than this, in microseconds. */
const DRAIN_US_MAX = 10_000_000;

export function trace(graph: CheckedGraph, options: TraceOptions): TraceResult {
  const entry = options.from === undefined ? undefined : elementNamed(graph, options.from);
  const matches = matcher(options.match);
  const recorder = new TraceRecorder(graph.interfaces.map(({ name }) => name));
  const arrivals = inOrder(graph.interfaces.map(({ name, mac }, port) => arrivalsOf(options.ports.get(name), port, mac, options.count)));
  let engine: Engine | undefined;
  const traces: Trace[] = [];
  let [frames, matched] = [0, 0];
  const start = (timestamp: bigint) => {
    const made = new Engine(graph, { seed: options.seed, microseconds: Number(timestamp / 1000n), transmit: () => {}, log: options.log, watch: recorder });
    options.prepare?.(made);
    made.step(Number(timestamp / 1000n));
    return made;
  };
  for (const { port, timestamp, bytes } of arrivals) {
    engine ??= start(timestamp);
    const now = Number(timestamp / 1000n);
    runTimers(engine, now);
    frames += 1;
    const hops = recorder.begin();
    if (matches(bytes)) {
      matched += 1;
      traces.push({ frame: frames, interface: graph.interfaces[port]!.name, time_ns: String(timestamp), hops });
    }
    if (entry === undefined) engine.receive(port, bytes, { seconds: Number(timestamp / 1_000_000_000n), nanoseconds: Number(timestamp % 1_000_000_000n) });
    else engine.inject(entry, 0, marked(bytes));
    engine.step(now);
    if (matched >= options.count) break;
  }
  // What was kept may still come out.
  recorder.begin();
  if (engine !== undefined) runTimers(engine, engine.microseconds + DRAIN_US_MAX, true);
  return { traces: traces.map((each) => ({ ...each, hops: each.hops.map(settled) })), frames, matched };
}

/** Who still has the packet at the end of all keeps it. */
function settled(hop: Hop): Hop {
  return hop.verdict.kind === 'open' ? { ...hop, verdict: { kind: 'kept' } } : hop;
}

function runTimers(engine: Engine, until: number, work = false): void {
  for (let next = engine.nextTimer(work); next !== undefined && next <= until; next = engine.nextTimer(work)) engine.step(next);
}

function elementNamed({ instances }: CheckedGraph, name: string): number {
  const found = instances.find((instance) => instance.name === name && instance.inputs.length > 0);
  if (found !== undefined) return found.index;
  const names = instances.filter(({ inputs }) => inputs.length > 0).map((instance) => instance.name);
  throw failure('WL4160', `--from ${name}: no element of that name takes packets`, suggestion(name, names) ?? `There are ${names.slice(0, 20).join(', ')}.`);
}

/** A packet as it would have come from an interface. */
function marked(bytes: Uint8Array): Packet {
  const packet = Packet.from(bytes);
  packet.markMacHeader(0);
  return packet;
}

/** Whether a frame is an IPv4 packet that the pattern matches. */
function matcher(pattern: string | undefined): (frame: Uint8Array) => boolean {
  if (pattern === undefined) return () => true;
  const parsed = readIpPattern(pattern, EMPTY_SCOPE);
  if ('error' in parsed) throw failure('WL4161', `--match ${pattern}: ${parsed.error}`, "It is a pattern in IPFilter's language, such as 'dst tcp port 80'.");
  const program = buildProgram([{ condition: parsed.value.condition, class: 0 }], 1, { networkBytes: IP_HEADER_BYTES });
  return (frame) => {
    const packet = marked(frame);
    let offset = 12;
    if (packet.length >= offset + 6 && packet.loadU16(offset) === ETHERTYPE.vlan) offset += 4;
    if (packet.length < offset + 2 + IP_HEADER_BYTES || packet.loadU16(offset) !== ETHERTYPE.ipv4) return false;
    packet.markNetworkHeader(offset + 2);
    packet.markTransportHeader(offset + 2 + (packet.loadU8(offset + 2) & 15) * 4);
    return classify(program, packet) === 0;
  };
}

// ---- frames ----------------------------------------------------------------------------------------------

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
