/**
 * Finds the way of IPv6 packets by their destination annotation (GetIP6Address, SetIP6Address), among routes that are fixed when the
 * graph is built.
 *
 * A route is `NETWORK/LENGTH [GATEWAY] OUTPUT`; of the networks that contain the address, the longest prefix counts. The packet leaves
 * by the route's output; a gateway other than :: becomes its destination annotation. Of several routes for one network the last one
 * counts. The routes are tried one after the other, the longest first: use it for few.
 */
import { defineElement, drop, example, HandlerError, ipv6, many, push, rest, splitWord } from 'wirelet';
import { DESTINATION_6 } from './destination-annotation.js';
import { formatRoute6, maskOf, readRoute6, route6, type Route6 } from './route.js';

const to = (destination: string) => ipv6.make({ destination });
const config = '::/0 fe80::1 3, 2001:db8::/32 0, 2001:db8:1::/48 :: 1, 2001:db8:1::7 - 2';
/** A packet behind its annotation. */
const shown = (packet: ReturnType<typeof to>, annotation: string) => Uint8Array.from([...to(annotation).bytes.subarray(24), ...packet.bytes]);

/** Routes without those that a later one for the same network replaces, the longest prefix first. */
function inOrder(routes: readonly Route6[]): Route6[] {
  const last = new Map(routes.map((route) => [`${route.network.join()}/${route.length}`, route]));
  return [...last.values()].sort((a, b) => b.length - a.length);
}

function wantedRoute(text: string, outputs: number): Route6 {
  const parsed = readRoute6(text);
  if ('error' in parsed || parsed.value.output >= outputs) throw new HandlerError("expected 'ADDR/MASK [GATEWAY] OUTPUT'");
  return parsed.value;
}

/** The routes without those for the network that `text` begins with. */
function withoutRoute(routes: readonly Route6[], text: string): Route6[] {
  const parsed = readRoute6(`${text.trim().split(/\s+/)[0]} 0`);
  if ('error' in parsed) throw new HandlerError("expected 'ADDR/MASK [GATEWAY OUTPUT]'");
  const { network, length } = parsed.value;
  const left = routes.filter((route) => route.length !== length || route.network.join() !== network.join());
  if (left.length === routes.length) throw new HandlerError(`route '${text.trim()}' not found`);
  return left;
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
    table: { doc: 'The routes, a line each, in the order in which they are tried.', read: ({ config }) => inOrder(config.routes).map((route) => `${formatRoute6(route)}\n`).join('') },
    add: { doc: 'Adds a route, in place of the one for that network if there is one.', write: ({ config, replace, outputs }, value) => replace('routes', [...config.routes, wantedRoute(value, outputs.length)]) },
    remove: { doc: 'Removes the route for a network.', write: ({ config, replace }, value) => replace('routes', withoutRoute(config.routes, value)) },
    ctrl: {
      doc: 'Lines of add and remove with routes: all of them count, or none.',
      write({ config, replace, outputs }, value) {
        let { routes } = config;
        for (const line of value.split('\n').map((each) => each.trim()).filter((each) => each !== '')) {
          const [command, rest] = splitWord(line);
          if (command !== 'add' && command !== 'remove') throw new HandlerError(`bad command '${command}'`);
          routes = command === 'add' ? [...routes, wantedRoute(rest, outputs.length)] : withoutRoute(routes, rest);
        }
        replace('routes', routes);
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
