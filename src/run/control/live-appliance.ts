/** Takes control of an appliance that runs as compiled code, in a VM or beside us. */
import type { CheckedGraph } from '../../graph/graph.js';
import type { Manifest } from '../../image/manifest.js';
import type { Running, RunRequest } from '../run.js';
import { Appliance } from './appliance.js';
import { applianceHandlers } from './appliance-handlers.js';
import { Channel } from './channel.js';
import { graphOfImage } from './image-graph.js';
import { LiveMachine } from './live-machine.js';
import { LiveMemory } from './live-memory.js';

export interface Control {
  readonly channel: Channel;
  /** To be called once the appliance runs. */
  take(running: Running): Appliance;
}

/** A channel for the host of the appliance, where control is asked for. */
export async function openControl(request: RunRequest, manifest: Manifest): Promise<Control | undefined> {
  if (request.control !== true) return undefined;
  const { subject } = request;
  const graph = subject.kind === 'graph' ? subject.plan.graph : await graphOfImage(manifest, request.elementFolders ?? [], request.onWarning);
  const channel = new Channel();
  return { channel, take: (running) => liveAppliance(graph, manifest, channel, request, running) };
}

function liveAppliance(graph: CheckedGraph, manifest: Manifest, channel: Channel, request: RunRequest, running: Running): Appliance {
  const memory = new LiveMemory(channel);
  return new Appliance({
    graph,
    seed: request.seed,
    machine: new LiveMachine(graph, manifest, memory, request.seed),
    handlers: applianceHandlers(running, request.name ?? manifest.name),
    report: (line) => request.onLog?.(line),
    stop: () => request.onStop?.(),
    now: (action) => memory.now(action),
    atRest: (action) => memory.atRest(action),
  });
}
