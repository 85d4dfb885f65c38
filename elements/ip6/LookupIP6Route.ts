/**
 * Finds the way of IPv6 packets by their destination annotation (GetIP6Address, SetIP6Address), among routes that are fixed when the
 * graph is built.
 *
 * A route is `NETWORK/LENGTH [GATEWAY] OUTPUT`; of the networks that contain the address, the longest prefix counts. The packet leaves
 * by the route's output; a gateway other than :: becomes its destination annotation. Of several routes for one network the last one
 * counts. The routes are tried one after the other, the longest first: use it for few.
 */
import { defineElement, drop, example, formatIpv6, HandlerError, ipv6, many, push, rest, splitWord } from 'wirelet';
import { DESTINATION_6 } from './destination-annotation.js';
import { maskOf, readNetwork6, readRoute6, route6, type Route6 } from './route.js';

const to = (destination: string) => ipv6.make({ destination });
const config = '::/0 fe80::1 3, 2001:db8::/32 0, 2001:db8:1::/48 :: 1, 2001:db8:1::7 - 2';
/** A packet behind its annotation. */
const shown = (packet: ReturnType<typeof to>, annotation: string) => Uint8Array.from([...to(annotation).bytes.subarray(24), ...packet.bytes]);

/** Routes without those that a later one for the same network replaces. */
function distinct(routes: readonly Route6[]): readonly Route6[] {
  return [...new Map(routes.map((route) => [`${route.network.join()}/${route.length}`, route])).values()];
}

/** Those that count, the longest prefix first. */
const inOrder = (routes: readonly Route6[]) => [...distinct(routes)].sort((a, b) => b.length - a.length);

const sameNetwork = (a: Pick<Route6, 'network' | 'length'>, b: Pick<Route6, 'network' | 'length'>) => a.length === b.length && a.network.join() === b.network.join();

/** The routes with that one, in the place of the one for its network if there is one. */
function withRoute(routes: readonly Route6[], text: string, outputs: number): Route6[] {
  const parsed = readRoute6(text);
  if ('error' in parsed) throw new HandlerError(parsed.error);
  const { value: route } = parsed;
  if (route.output >= outputs) throw new HandlerError('output port out of range');
  const place = routes.findIndex((other) => sameNetwork(other, route));
  return place < 0 ? [...routes, route] : routes.with(place, route);
}

/** The routes without the one for that network; there need not be one. */
function withoutRoute(routes: readonly Route6[], text: string): Route6[] {
  const network = readNetwork6(text);
  if (network === undefined) throw new HandlerError(`expected an IPv6 network such as 2001:db8::/32, got "${text}"`);
  return routes.filter((route) => !sameNetwork(route, network));
}

/** The routes as Click lists them, in the order in which they were added. */
function lines(routes: readonly Route6[]): string {
  const header = routes.length === 0 ? '' : '# Active routes\n';
  return header + routes.map(({ network, length, gateway, output }) => `${formatIpv6(network)}/${length}\t${gateway === undefined ? '::' : formatIpv6(gateway)}\t${output}\n`).join('');
}

export default defineElement({
  name: 'LookupIP6Route',
  config: { routes: rest(route6({ doc: 'NETWORK/LENGTH [GATEWAY] OUTPUT, such as 2001:db8::/32 fe80::1 1.' }), { max: 4096 }) },
  ports: {
    inputs: { in: push('IPv6 packets with a destination annotation.') },
    outputs: push(many('Packets of the routes that name it.', { min: 1, count: ({ routes }: { routes: readonly Route6[] }) => routes.reduce((most, { output }) => Math.max(most, output + 1), 1), open: true })),
  },
  drops: { no_route: 'No route leads to the destination.' },
  build({ config }) {
    const routes = inOrder(config.routes);
    const masks = routes.map(({ length }) => maskOf(length));
    const gateways = routes.map(({ gateway }) => gateway ?? [0, 0, 0, 0]);
    const column = (rows: readonly (readonly number[])[], word: number) => rows.map((row) => row[word]!);
    const networks = routes.map(({ network }) => network);
    return {
      count: routes.length,
      networks: [0, 1, 2, 3].map((word) => column(networks, word)),
      masks: [0, 1, 2, 3].map((word) => column(masks, word)),
      gateways: [0, 1, 2, 3].map((word) => column(gateways, word)),
      forwarded: routes.map(({ gateway }) => (gateway === undefined ? 0 : 1)),
      outputs: routes.map(({ output }) => output),
    };
  },
  process(packet, { built, outputs }) {
    const word0 = packet.annotationU32(DESTINATION_6);
    const word1 = packet.annotationU32(DESTINATION_6 + 4);
    const word2 = packet.annotationU32(DESTINATION_6 + 8);
    const word3 = packet.annotationU32(DESTINATION_6 + 12);
    for (let i = 0; i < built.count; i += 1) {
      const same0 = (word0 & built.masks[0]![i]!) >>> 0 === built.networks[0]![i]!;
      const same1 = (word1 & built.masks[1]![i]!) >>> 0 === built.networks[1]![i]!;
      const same2 = (word2 & built.masks[2]![i]!) >>> 0 === built.networks[2]![i]!;
      const same3 = (word3 & built.masks[3]![i]!) >>> 0 === built.networks[3]![i]!;
      if (same0 && same1 && same2 && same3) {
        if (built.forwarded[i]! !== 0) {
          packet.setAnnotationU32(DESTINATION_6, built.gateways[0]![i]!);
          packet.setAnnotationU32(DESTINATION_6 + 4, built.gateways[1]![i]!);
          packet.setAnnotationU32(DESTINATION_6 + 8, built.gateways[2]![i]!);
          packet.setAnnotationU32(DESTINATION_6 + 12, built.gateways[3]![i]!);
        }
        return outputs[built.outputs[i]!];
      }
    }
    return drop('no_route');
  },
  handlers: {
    table: { doc: 'The routes, a line each, in the order in which they were added.', read: ({ config }) => lines(distinct(config.routes)) },
    add: { doc: 'Adds a route, in place of the one for that network if there is one.', write: ({ config, replace, outputs }, value) => replace('routes', withRoute(distinct(config.routes), value.trim(), outputs.length)) },
    remove: { doc: 'Removes the route for a network.', write: ({ config, replace }, value) => replace('routes', withoutRoute(config.routes, value.trim())) },
    ctrl: {
      doc: 'One `add ROUTE` or `remove NETWORK`.',
      write({ config, replace, outputs }, value) {
        const [command, rest] = splitWord(value.trim());
        if (command !== 'add' && command !== 'remove') throw new HandlerError("bad command, should be `add' or `remove'");
        replace('routes', command === 'add' ? withRoute(distinct(config.routes), rest.trim(), outputs.length) : withoutRoute(config.routes, rest.trim()));
      },
    },
  },
  reconfigurable: true,
  examples: [
    example(
      'goes by the longest prefix',
      [to('2001:db8:2::1'), to('2001:db8:1::8'), to('2001:db8:1::7'), to('2001:db9::')],
      { 0: to('2001:db8:2::1'), 1: to('2001:db8:1::8'), 2: to('2001:db8:1::7'), 3: to('2001:db9::') },
      { config, before: 'GetIP6Address(24)', outputs: 4 },
    ),
    example('knows every bit of a network', [to('2001:db8::ff00:0:0:0'), to('2001:db8::ff01:0:0:0'), to('2001:db8::fe00:0:0:0')], { 0: to('2001:db8::ff00:0:0:0'), 1: [to('2001:db8::ff01:0:0:0'), to('2001:db8::fe00:0:0:0')] }, { config: '2001:db8::ff00:0:0:0/80 0, ::/0 1', before: 'GetIP6Address(24)', outputs: 2 }),
    example('names the gateway', to('2001:db8::5'), { 0: shown(to('2001:db8::5'), 'fe80::1:2:3:4') }, { config: '::/0 fe80::1:2:3:4 0', before: 'GetIP6Address(24)', after: 'ExampleAnnotations(0, 16)' }),
    example('keeps the destination where there is no gateway', to('2001:db8::5'), { 0: shown(to('2001:db8::5'), '2001:db8::5') }, { config: '::/0 ::0 0', before: 'GetIP6Address(24)', after: 'ExampleAnnotations(0, 16)' }),
    example('lets the last route for a network count', to('2001:db8::5'), { 1: to('2001:db8::5') }, { config: '2001:db8::/32 0, 2001:db8:ffff::/32 1', before: 'GetIP6Address(24)', outputs: 2 }),
    example('drops what no route leads to', to('2001:db9::'), { drop: 'no_route' }, { config: '2001:db8::/32 0', before: 'GetIP6Address(24)', outputs: 1 }),
  ],
});
