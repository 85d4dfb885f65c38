/** Follows packets of a running appliance: copies of what its interfaces receive go through the same graph in Node. */
import type { CheckedGraph } from '../../graph/graph.js';
import { trace, type TraceResult } from '../trace/trace.js';
import type { Arrival } from '../trace/arrivals.js';
import { ipMatcher } from '../trace/match.js';
import type { ControlClient } from './control-client.js';
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
  const facts = JSON.parse((await client.read('appliance')).toString('utf8')) as { vmm: string; graph: string };
  const graph = await graphOfText((await client.read('configuration')).toString('utf8'), facts.graph, options.elementFolders);
  // Node has its state at hand in another form: there every packet could be followed, but not from its middle.
  const known = facts.vmm === 'node' ? undefined : unpackState(Buffer.from((await client.read('state')).toString('latin1'), 'base64'), options.vm);
  // On several processors each knows its own flows: one engine would know some of them.
  const state = known?.others === undefined ? known : undefined;
  const { arrivals, lost } = await copies(client, graph, options);
  const result = trace(graph, {
    arrivals,
    match: options.match,
    count: options.count,
    seed: options.seed,
    log: options.log,
    prepare: (engine) => state !== undefined && giveEngineState(state, graph, engine, options.seed),
  });
  return { ...result, lost, with_state: state !== undefined };
}

async function copies(client: ControlClient, graph: CheckedGraph, { match, count, signal }: LiveTraceOptions): Promise<{ arrivals: Arrival[]; lost: number }> {
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
