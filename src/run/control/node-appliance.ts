/** Takes control of a run in Node: its elements are at hand. */
import type { CheckedGraph } from '../../graph/graph.js';
import type { Engine } from '../node/engine.js';
import type { Running, RunRequest } from '../run-request.js';
import { Appliance } from './appliance.js';
import { applianceHandlers } from './appliance-handlers.js';
import { NodeTap } from './node-tap.js';
import { tapHandlers } from './tap-handlers.js';

export function nodeAppliance(graph: CheckedGraph, engines: readonly Engine[], request: RunRequest, running: Running): Appliance {
  return new Appliance({
    graph,
    seed: request.seed,
    machines: () => engines,
    handlers: [...applianceHandlers(graph, request, running), ...tapHandlers(graph, new NodeTap(engines))],
    report: (line) => request.onLog?.(line),
    stop: () => request.onStop?.(),
    // Whoever calls does so between two rounds.
    now: (action) => action(),
    atRest: (action) => action(),
  });
}
