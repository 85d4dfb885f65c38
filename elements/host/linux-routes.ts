/** The host's own IPv4 routes, as Linux shows them in /proc/net/route (proc(5)). */
import { byteSwapped } from 'wirelet';

/** Flags of a route (linux/route.h). */
const UP = 1;
const REJECT = 0x200;

export interface HostRoute {
  readonly device: string;
  readonly network: number;
  readonly mask: number;
  /** 0: none. */
  readonly gateway: number;
  readonly metric: number;
}

/** An address as the file has it: hexadecimal, in the order of bytes of the machine, which is little-endian. */
function addressOf(text: string): number {
  return byteSwapped(parseInt(text, 16));
}

/** The routes of the file's text that lead somewhere, the longest prefix first, of like ones the one that Linux prefers. */
export function readHostRoutes(text: string): HostRoute[] {
  const routes: HostRoute[] = [];
  for (const line of text.split('\n').slice(1)) {
    const [device, network, gateway, flags, , , metric, mask] = line.trim().split(/\s+/);
    if (mask === undefined) continue;
    const bits = parseInt(flags!, 16);
    if ((bits & UP) === 0 || (bits & REJECT) !== 0) continue;
    routes.push({ device: device!, network: addressOf(network!), mask: addressOf(mask), gateway: addressOf(gateway!), metric: Number(metric) });
  }
  return routes.sort((a, b) => b.mask - a.mask || a.metric - b.metric);
}

/** The route to an address. */
export function routeTo(routes: readonly HostRoute[], address: number): HostRoute | undefined {
  return routes.find(({ network, mask }) => ((address & mask) >>> 0) === network);
}
