/** Handlers of a running appliance as a whole, besides those that every router has. */
import type { Handler } from '../click/handler.js';
import type { Running } from '../run.js';

/** `figures`, and `appliance`: what it is. Both are JSON, on one line. */
export function applianceHandlers({ choice, image, manifest, snapshot }: Pick<Running, 'choice' | 'image' | 'manifest' | 'snapshot'>, name: string): Handler[] {
  const since = Date.now();
  const facts = {
    name, vmm: choice.vmm, vmm_reason: choice.reason, pid: process.pid, started_ms: since,
    image: image ?? null, graph_sha256: manifest?.graph_sha256 ?? null, version: manifest?.version ?? null,
  };
  return [
    { name: 'appliance', read: () => JSON.stringify({ ...facts, uptime_s: (Date.now() - since) / 1000 }) },
    { name: 'figures', read: () => JSON.stringify(snapshot()) },
  ];
}
