/** Runs frames through a graph in Node and says what becomes of each, element by element. */
import { failure } from '../../diagnostics.js';
import type { CheckedGraph } from '../../graph/graph.js';
import { suggestion } from '../../suggest.js';
import { Engine } from '../node/engine.js';
import type { Arrival } from './arrivals.js';
import { ipMatcher, receivedPacket } from './match.js';
import { TraceRecorder, type Hop, type HopVerdict, type Trace } from './recorder.js';

export interface TraceOptions {
  /** Frames by their time. */
  readonly arrivals: Iterable<Arrival>;
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

/** After the last frame timers go on for as long as the graph has work, but no longer than this, in microseconds. */
const DRAIN_US_MAX = 10_000_000;

export function trace(graph: CheckedGraph, options: TraceOptions): TraceResult {
  const entry = options.from === undefined ? undefined : elementNamed(graph, options.from);
  const matches = ipMatcher(options.match);
  const recorder = new TraceRecorder(graph.interfaces.map(({ name }) => name));
  let engine: Engine | undefined;
  const traces: Trace[] = [];
  let [frames, matched] = [0, 0];
  const start = (timestamp: bigint) => {
    const made = new Engine(graph, { seed: options.seed, microseconds: Number(timestamp / 1000n), transmit: () => {}, log: options.log, watch: recorder });
    options.prepare?.(made);
    made.step(Number(timestamp / 1000n));
    return made;
  };
  for (const { port, timestamp, bytes } of options.arrivals) {
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
    else engine.inject(entry, 0, receivedPacket(bytes));
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
