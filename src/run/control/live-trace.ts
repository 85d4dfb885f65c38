/** Follows packets of a running appliance: copies of what its interfaces receive go through the same graph in Node. */
import type { CheckedGraph } from '../../graph/graph.js';
import { trace, type TraceResult } from '../trace/trace.js';
import type { Arrival } from '../trace/arrivals.js';
import { ipMatcher } from '../trace/match.js';
import type { ControlClient } from './control-client.js';
import { ALL_CORES, Steering, type SteeringRules } from '../steering.js';
import type { ApplianceState } from './element-state.js';
import { giveEngineState } from './engine-state.js';
import { graphOfText } from './image-graph.js';
import { unpackState } from './state-file.js';
import { openTap, tapped } from './tap-session.js';
import { FRAME_BYTES_MAX } from '../../kit/limits.js';

export interface LiveTraceOptions {
  readonly vm: string;
  readonly match?: string;
  readonly count: number;
  readonly seed: number;
  readonly elementFolders: readonly string[];
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

export interface LiveTraceResult extends TraceResult {
  /** Frames that the appliance received, but that could not be copied in time. */
  readonly lost: number;
  /** Whether the elements began with what those of the appliance knew. */
  readonly with_state: boolean;
}

/** Until so many frames have matched, or the signal. Throws Refused, diagnostics. */
export async function traceAppliance(client: ControlClient, options: LiveTraceOptions): Promise<LiveTraceResult> {
  const facts = JSON.parse((await client.read('appliance')).toString('utf8')) as { vmm: string; graph: string; steering?: SteeringRules };
  const graph = await graphOfText((await client.read('configuration')).toString('utf8'), facts.graph, options.elementFolders);
  // Node has its state at hand in another form: there every packet could be followed, but not from its middle.
  const known = facts.vmm === 'node' ? undefined : unpackState(Buffer.from((await client.read('state')).toString('latin1'), 'base64'), options.vm);
  const { arrivals, lost } = await tappedArrivals(client, graph, options);
  const follow = (frames: readonly Arrival[], state: ApplianceState | undefined) => trace(graph, {
    arrivals: frames,
    match: options.match,
    count: options.count,
    seed: options.seed,
    log: options.log,
    prepare: (engine) => state !== undefined && giveEngineState(state, graph, engine, options.seed),
  });
  const states = known === undefined ? [] : [known, ...(known.others ?? [])];
  const result = facts.steering === undefined || facts.steering.cores === 1 ? follow(arrivals, known) : merged(arrivals, facts.steering, (frames, core) => follow(frames, states[core]));
  return { ...result, lost, with_state: known !== undefined };
}

/** Each copy of an appliance follows the frames that were dealt out to it; the traces come in the order of their frames. */
function merged(arrivals: readonly Arrival[], rules: SteeringRules, follow: (frames: readonly Arrival[], core: number) => TraceResult): TraceResult {
  const steering = new Steering(rules);
  const dealt = arrivals.map(({ bytes }) => steering.core(bytes));
  const traces = Array.from({ length: rules.cores }, (_, core) => {
    const numbers = arrivals.flatMap((_, index) => (dealt[index] === core || dealt[index] === ALL_CORES ? [index] : []));
    const followed = follow(numbers.map((index) => arrivals[index]!), core).traces.map((each) => ({ ...each, frame: numbers[each.frame - 1]! + 1 }));
    // What all get is shown once.
    return followed.filter(({ frame }) => core === 0 || dealt[frame - 1] !== ALL_CORES);
  }).flat();
  return { traces: traces.sort((a, b) => a.frame - b.frame), frames: arrivals.length, matched: traces.length };
}

async function tappedArrivals(client: ControlClient, graph: CheckedGraph, { match, count, signal }: LiveTraceOptions): Promise<{ arrivals: Arrival[]; lost: number }> {
  const matches = ipMatcher(match);
  const receiving = graph.interfaces.filter(({ receives }) => receives).map(({ index }) => index);
  const enough = new AbortController();
  const arrivals: Arrival[] = [];
  let [lost, matched] = [0, 0];
  const tap = await openTap(client, '*/rx', FRAME_BYTES_MAX);
  for await (const batch of tapped(client, tap, AbortSignal.any([signal, enough.signal]))) {
    lost += batch.lost;
    for (const { edge, timestamp, bytes } of batch.frames) {
      if (matched >= count) break;
      arrivals.push({ port: receiving[edge]!, timestamp, bytes });
      if (matches(bytes)) matched += 1;
    }
    if (matched >= count) enough.abort();
  }
  return { arrivals, lost };
}
