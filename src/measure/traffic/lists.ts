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
  /** Any, where it is not there. */
  readonly protocol?: 6 | 17;
  /** Of destination ports, all of them being any packet at all. */
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

/** What rules of many kinds ask for: bits of the source's and the destination's network, and ports in a row, 0 where they do not ask. */
const KINDS: readonly { readonly of: number; readonly source: number; readonly destination: number; readonly ports: number }[] = [
  { of: 4, source: 20, destination: 0, ports: 0 }, // networks from which nothing is taken
  { of: 3, source: 0, destination: 24, ports: 1 }, // what a server offers
  { of: 1, source: 8, destination: 16, ports: 1 }, // and to whom
  { of: 1, source: 8, destination: 24, ports: 3000 },
  { of: 1, source: 0, destination: 0, ports: 1 }, // a service of everybody
];
const SERVICES = [22, 25, 53, 80, 123, 443, 993, 3306, 5432, 8080];

/** Rules as they come together over the years: some ask for a source, some for a destination, some for a port only; prefixes of any length from the kind's on. */
export function variedRules(count: number): GeneratedRule[] {
  const numbers = new Numbers(11);
  const kinds = KINDS.flatMap((kind) => new Array<typeof kind>(kind.of).fill(kind));
  const outside = Array.from({ length: 40 }, () => ((1 + numbers.below(222)) << 24) >>> 0);
  const network = (first: number, least: number) => {
    const length = least === 0 ? 0 : least + numbers.below(33 - least);
    return { length, address: length === 0 ? 0 : ((first | numbers.below(1 << 24)) & (-1 << (32 - length))) >>> 0 };
  };
  return Array.from({ length: count }, () => {
    const kind = numbers.pick(kinds);
    const [source, destination] = [network(numbers.pick(outside), kind.source), network(0x0a00_0000, kind.destination)];
    // A port that everybody may use is not one of those that servers offer, or no later rule would count.
    const low = kind.ports === 0 ? 0 : kind.ports > 1 || kind.destination === 0 ? 10_000 + numbers.below(50_000) : numbers.pick(SERVICES);
    return {
      allow: kind.ports > 0 && numbers.below(3) > 0,
      source: source.address, sourceLength: source.length, destination: destination.address, destinationLength: destination.length,
      ...(kind.ports === 0 ? {} : { protocol: numbers.below(4) === 0 ? 17 : 6 }),
      low, high: kind.ports === 0 ? 0xffff : low + kind.ports - 1,
    };
  });
}

/** A line of RadixIPLookup. */
export const routeText = ({ address, length, output }: GeneratedRoute) => `${formatIpv4(address)}/${length} ${output}`;

/** A line of IPFilter. */
export function ruleText({ allow, source, sourceLength, destination, destinationLength, protocol, low, high }: GeneratedRule): string {
  const asks = [
    ...(sourceLength === 0 ? [] : [`src net ${formatIpv4(source)}/${sourceLength}`]),
    ...(destinationLength === 0 ? [] : [`dst net ${formatIpv4(destination)}/${destinationLength}`]),
    ...(protocol === undefined ? [] : [`ip proto ${protocol}`]),
    ...(low === 0 && high === 0xffff ? [] : [low === high ? `dst port ${low}` : `dst port >= ${low} && dst port <= ${high}`]),
  ];
  return `${allow ? 'allow' : 'deny'} ${asks.join(' && ')}`;
}
