/** configs/wire.yaml: what comes in on one side goes out on the other. */
import type { Arrival, Departures } from './traffic.js';

export function wire(arrivals: readonly Arrival[]): Departures {
  const out: Departures = { lan: [], wan: [] };
  for (const { port, bytes } of arrivals) out[port === 'lan' ? 'wan' : 'lan']!.push({ bytes });
  return out;
}
