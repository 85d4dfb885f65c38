/** Long lists of rules and routes: generated, the same every time. */
import { formatIpv4 } from '../../kit/address.js';
import { Numbers } from './numbers.js';

export interface GeneratedRoute {
  readonly address: number;
  readonly length: number;
  readonly output: number;
}

export interface GeneratedRule {
  readonly allow: boolean;
  readonly source: number;
  readonly sourceLength: number;
  readonly destination: number;
  readonly destinationLength: number;
  readonly protocol: 6 | 17;
  readonly low: number;
  readonly high: number;
}

/** Outputs of the routers. */
export const ROUTE_OUTPUTS = 4;

/**
 * Routes as the Internet's tables have them: three of five of 24 bits, most others of 16 to 23, a few shorter, and
 * one of a hundred longer, as inside a network.
 */
export function routes(count: number): GeneratedRoute[] {
  const numbers = new Numbers(7);
  const seen = new Set<number>();
  const list: GeneratedRoute[] = [];
  while (list.length < count) {
    const kind = numbers.below(100);
    const length = kind < 60 ? 24 : kind < 95 ? 16 + numbers.below(8) : kind < 99 ? 9 + numbers.below(7) : 25 + numbers.below(8);
    const address = ((((1 + numbers.below(223)) << 24) | (numbers.next() & 0xff_ffff)) & (-1 << (32 - length))) >>> 0;
    const key = address * 64 + length;
    if (seen.has(key)) continue;
    seen.add(key);
    list.push({ address, length, output: numbers.below(ROUTE_OUTPUTS) });
  }
  return list;
}

/** Rules of a firewall: networks of 16 and 24 bits or hosts, single ports or a thousand in a row; one in seven allows. */
export function rules(count: number): GeneratedRule[] {
  const numbers = new Numbers(3);
  const byte = () => numbers.below(256);
  return Array.from({ length: count }, (_, index) => {
    const sourceLength = index % 2 === 0 ? 16 : 24;
    const destinationLength = index % 4 === 0 ? 24 : 32;
    const low = numbers.below(60_000);
    return {
      allow: index % 7 === 0,
      source: (0x0a00_0000 | (byte() << 16) | (sourceLength === 24 ? byte() << 8 : 0)) >>> 0,
      sourceLength,
      destination: (0xc0a8_0000 | (byte() << 8) | (destinationLength === 32 ? byte() : 0)) >>> 0,
      destinationLength,
      protocol: index % 3 === 0 ? 6 : 17,
      low,
      high: index % 5 === 0 ? low + 1000 : low,
    };
  });
}

/** A line of RadixIPLookup. */
export const routeText = ({ address, length, output }: GeneratedRoute) => `${formatIpv4(address)}/${length} ${output}`;

/** A line of IPFilter. */
export function ruleText({ allow, source, sourceLength, destination, destinationLength, protocol, low, high }: GeneratedRule): string {
  const ports = low === high ? `dst port ${low}` : `dst port >= ${low} && dst port <= ${high}`;
  return `${allow ? 'allow' : 'deny'} src net ${formatIpv4(source)}/${sourceLength} && dst net ${formatIpv4(destination)}/${destinationLength} && ip proto ${protocol} && ${ports}`;
}
