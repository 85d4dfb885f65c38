/** Takes control of an appliance that runs as compiled code, in a VM or beside us. */
import { failure } from '../../diagnostics.js';
import type { CheckedGraph } from '../../graph/graph.js';
import type { Manifest } from '../../image/manifest.js';
import type { Controlled, Running, RunRequest } from '../run-request.js';
import { Appliance } from './appliance.js';
import { applianceHandlers } from './appliance-handlers.js';
import type { Channel } from './channel.js';
import { compareStates, type TransferReport } from './element-state.js';
import { HostChannel } from './host-channel.js';
import { graphOfImage } from './image-graph.js';
import { LiveMachine } from './live-machine.js';
import { LiveMemory } from './live-memory.js';
import { LiveState } from './live-state.js';
import { LiveTaps } from './live-taps.js';
import { stateHandlers } from './state-handlers.js';
import { tapHandlers } from './tap-handlers.js';

/** An appliance that begins with a snapshot waits so long for it at most. */
const START_HOLD_MS = 10_000;

export interface Control {
  readonly channel: HostChannel;
  readonly state: LiveState;
  /** To be called once the appliance runs. */
  take(running: Running): Appliance;
}

/** A channel for the host of the appliance, where control is asked for. */
export async function openControl(request: RunRequest, manifest: Manifest): Promise<Control | undefined> {
  if (request.control !== true) return undefined;
  const { subject } = request;
  const graph = subject.kind === 'graph' ? subject.plan.graph : await graphOfImage(manifest, request.elementFolders ?? [], request.onWarning);
  if (request.state !== undefined) judge(compareStates(request.state, graph, manifest, request.steering.cores), request);
  const channel = new HostChannel();
  const parts = liveParts(channel, graph, manifest, request.steering.cores);
  return { channel, state: parts.state, take: (running) => liveAppliance(graph, manifest, parts, request, running) };
}

/** Says what becomes of a snapshot. Fails with WL4148 when something in it does not fit, unless that may be. */
function judge({ taken, misfits, held, gone }: TransferReport, { fresh, onWarning }: RunRequest): void {
  if (misfits.length > 0 && fresh !== true) {
    const hint = 'With --fresh these elements begin anew.';
    throw failure('WL4148', `the snapshot does not fit the appliance:\n${misfits.map(({ element, reason }) => `  ${element}: ${reason}`).join('\n')}`, hint);
  }
  for (const { element, reason } of misfits) onWarning?.(`${element} begins anew: ${reason}`);
  for (const { element, packets } of held) onWarning?.(`${packets} packets that waited in ${element} are not in the snapshot`);
  if (gone.length > 0) onWarning?.(`elements of the snapshot that are not there any more: ${gone.join(', ')}`);
  if (taken.length === 0) onWarning?.('no element of the snapshot is in the appliance');
}

interface LiveParts {
  readonly channel: Channel;
  readonly memory: LiveMemory;
  readonly state: LiveState;
  /** The appliance's time, where it is not the machine's: microseconds since 1970. */
  readonly clock?: () => number;
}

export function liveParts(channel: Channel, graph: CheckedGraph, manifest: Manifest, cores: number): LiveParts {
  const memory = new LiveMemory(channel);
  return { channel, memory, state: new LiveState(graph, manifest, memory, cores) };
}

export function liveAppliance(graph: CheckedGraph, manifest: Manifest, { channel, memory, state, clock }: LiveParts, request: Controlled, running: Running): Appliance {
  if (request.state !== undefined || request.standby === true) state.hold(START_HOLD_MS);
  if (request.state !== undefined) state.give(request.state);
  if (request.state !== undefined && request.standby !== true) state.release();
  return new Appliance({
    graph,
    seed: request.seed,
    machines: () => Array.from({ length: request.steering.cores }, (_, core) => new LiveMachine(graph, manifest, memory, { seed: request.seed, core, clock })),
    handlers: [...applianceHandlers(graph, request, running), ...stateHandlers(state), ...tapHandlers(graph, new LiveTaps(channel, manifest.internals.state, graph, request.steering.cores))],
    report: (line) => request.onLog?.(line),
    stop: () => request.onStop?.(),
    now: (action) => memory.now(action),
    atRest: (action) => memory.atRest(action),
  });
}
