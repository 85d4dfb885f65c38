/** configs/bridge.yaml: IEEE 802.1D learning and forwarding, with a Map. */
import { PORTS, type Arrival, type Departures } from './traffic.js';

const AGEING_NS = 300_000_000_000n;
/** A switch looks at the two addresses and at nothing else. */
const ADDRESSES_BYTES = 12;

export function bridge(arrivals: readonly Arrival[]): Departures {
  const out: Departures = Object.fromEntries(PORTS.bridge.map((port) => [port, []]));
  const seen = new Map<string, { port: string; time: bigint }>();
  for (const { port, time, bytes } of arrivals) {
    if (bytes.length < ADDRESSES_BYTES) continue;
    const destination = bytes.toString('hex', 0, 6);
    const source = bytes.toString('hex', 6, 12);
    const sourceIsGroup = (bytes[6]! & 1) === 1;
    if (!sourceIsGroup) seen.set(source, { port, time });
    const known = seen.get(destination);
    const to = known !== undefined && time - known.time <= AGEING_NS ? [known.port] : PORTS.bridge;
    for (const other of to) if (other !== port) out[other]!.push({ bytes });
  }
  return out;
}
