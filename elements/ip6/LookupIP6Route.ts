/**
 * Sends IPv6 packets by the longest prefix that their destination annotation is in (RFC 4291). A route with a gateway makes the gateway the
 * annotation. Packets without a route are dropped. The routes are looked at one by one, the longest prefixes first.
 */
import { ANNOTATIONS, defineElement, drop, example, formatAddress6, formatPrefix6, many, parseAddress6, parsed, parseInteger, parsePrefix6, push, rest, type Address6, type Parsed, type Prefix6 } from 'wirelet';
import { setDestination } from './address-annotation.js';

interface Route6 {
  readonly prefix: Prefix6;
  readonly gateway: Address6 | undefined;
  readonly output: number;
}

function readRoute(text: string): Parsed<Route6> {
  const words = text.trim().split(/\s+/);
  const prefix = parsePrefix6(words[0] ?? '');
  if (prefix === undefined) return { error: `expected an IPv6 prefix such as 2001:db8::/32, got "${words[0]}"` };
  const gateway = words.length === 3 ? parseAddress6(words[1]!) : undefined;
  if (words.length === 3 && gateway === undefined) return { error: `expected an IPv6 gateway, got "${words[1]}"` };
  const output = parseInteger(words.at(-1)!);
  if (words.length < 2 || words.length > 3 || output === undefined || output < 0 || output > 1023) return { error: `expected PREFIX [GATEWAY] OUTPUT, got "${text}"`, hint: 'For example: 2001:db8::/32 fe80::1 0' };
  const unset = gateway?.every((word) => word === 0) === true;
  return { value: { prefix, gateway: unset ? undefined : gateway, output } };
}

const routeText = ({ prefix, gateway, output }: Route6) => [formatPrefix6(prefix), ...(gateway === undefined ? [] : [formatAddress6(gateway)]), output].join(' ');

const to = (...words: [number, number, number, number]) => ({ bytes: Uint8Array.from(words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255])) });
const before = 'GetIP6Address(0)';
const config = '2001:db8::/32 fe80::1 0, 2001:db8:1::/48 1, 2001:db8:1::5 2, ::/0 0';

export default defineElement({
  name: 'LookupIP6Route',
  config: { routes: rest(parsed<Route6>('IPv6 route', { doc: 'PREFIX [GATEWAY] OUTPUT.' }, readRoute, routeText), { max: 4096, doc: 'The routes.' }) },
  ports: {
    inputs: { in: push('IPv6 packets with a destination annotation.') },
    outputs: push(many('Packets by route.', { min: 1, count: (config) => Math.max(1, ...config.routes.map(({ output }: Route6) => output + 1)) })),
  },
  drops: { no_route: 'No route leads to its destination.' },
  build({ config }) {
    // Of several routes for one network, the last one counts.
    const byNetwork = new Map<string, Route6>();
    for (const route of config.routes) byNetwork.set(`${route.prefix.address.map((word, index) => (word & route.prefix.mask[index]!) >>> 0)}/${route.prefix.length}`, route);
    const routes = [...byNetwork.values()].sort((a, b) => b.prefix.length - a.prefix.length);
    const words = (of: (route: Route6) => Address6 | undefined) => [0, 1, 2, 3].map((index) => routes.map((route) => of(route)?.[index] ?? 0));
    const masks = words(({ prefix }) => prefix.mask);
    return {
      count: routes.length,
      masks,
      networks: words(({ prefix }) => prefix.address).map((column, word) => column.map((value, index) => (value & masks[word]![index]!) >>> 0)),
      gateways: words(({ gateway }) => gateway),
      leads: routes.map(({ gateway }) => (gateway === undefined ? 0 : 1)),
      outputs: routes.map(({ output }) => output),
    };
  },
  process(packet, { built, outputs }) {
    const { offset } = ANNOTATIONS.destination_address6;
    const w0 = packet.annotationU32(offset);
    const w1 = packet.annotationU32(offset + 4);
    const w2 = packet.annotationU32(offset + 8);
    const w3 = packet.annotationU32(offset + 12);
    for (let index = 0; index < built.count; index += 1) {
      const near = ((w0 ^ built.networks[0]![index]!) & built.masks[0]![index]!) | ((w1 ^ built.networks[1]![index]!) & built.masks[1]![index]!);
      const far = ((w2 ^ built.networks[2]![index]!) & built.masks[2]![index]!) | ((w3 ^ built.networks[3]![index]!) & built.masks[3]![index]!);
      if ((near | far) === 0) {
        if (built.leads[index] === 1) setDestination(packet, built.gateways[0]![index]!, built.gateways[1]![index]!, built.gateways[2]![index]!, built.gateways[3]![index]!);
        return outputs[built.outputs[index]!]!;
      }
    }
    return drop('no_route');
  },
  handlers: { table: { doc: 'The routes, a line each.', read: ({ config }) => config.routes.map((route) => `${routeText(route)}\n`).join('') } },
  examples: [
    example('goes by the longest prefix', [to(0x2001_0db8, 0x0001_0000, 0, 5), to(0x2001_0db8, 0x0001_0000, 0, 6), to(0x2001_0db8, 2, 0, 0), to(0xfe80_0000, 0, 0, 0)], { 2: to(0x2001_0db8, 0x0001_0000, 0, 5), 1: to(0x2001_0db8, 0x0001_0000, 0, 6), 0: [to(0x2001_0db8, 2, 0, 0), to(0xfe80_0000, 0, 0, 0)] }, { config, before, outputs: 3 }),
    example('makes the gateway the annotation', to(0x2001_0db8, 2, 0, 0), { 0: Uint8Array.from([...to(0xfe80_0000, 0, 0, 1).bytes, ...to(0x2001_0db8, 2, 0, 0).bytes]) }, { config, before, outputs: 3, after: 'ExampleAnnotations(0, 16)' }),
    example('drops what has no route', to(0xfe80_0000, 0, 0, 1), { drop: 'no_route' }, { config: '2001:db8::/32 0, fe80::/128 0', before }),
    example('takes the last of two routes for a network', to(1, 0, 0, 0), { 1: to(1, 0, 0, 0) }, { config: '::/0 0, ::/0 1', before, outputs: 2 }),
  ],
});
