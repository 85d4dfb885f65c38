/** Handlers of a running appliance as a whole, besides those that every router has. */
import path from 'node:path';
import { flatConfiguration, interfaceAddresses } from '../../graph/flat-configuration.js';
import type { CheckedGraph } from '../../graph/graph.js';
import type { Handler } from '../click/handler.js';
import type { Controlled, Running } from '../run-request.js';

/** `figures`, and `appliance`: what it is; both are JSON, on one line. `configuration`: its graph in Click's notation. */
export function applianceHandlers(graph: CheckedGraph, request: Controlled, { choice, image, manifest, snapshot }: Omit<Running, 'appliance'>): Handler[] {
  const since = Date.now();
  const facts = {
    name: request.name ?? graph.name, vmm: choice.vmm, vmm_reason: choice.reason, pid: process.pid, started_ms: since, graph: path.resolve(request.subject.file),
    steering: request.steering,
    image: image ?? null, graph_sha256: manifest?.graph_sha256 ?? graph.sha256, version: manifest?.version ?? graph.version,
  };
  return [
    { name: 'appliance', read: () => JSON.stringify({ ...facts, uptime_s: (Date.now() - since) / 1000 }) },
    { name: 'figures', read: () => JSON.stringify(snapshot()) },
    { name: 'configuration', read: () => manifest?.configuration ?? interfaceAddresses(graph) + flatConfiguration(graph) },
  ];
}
