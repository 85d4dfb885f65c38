/**
 * Finds the way of IPv6 packets by their destination annotation (GetIP6Address, SetIP6Address), among routes that are fixed when the
 * graph is built.
 *
 * A route is `NETWORK/LENGTH [GATEWAY] OUTPUT`; of the networks that contain the address, the longest prefix counts. The packet leaves
 * by the route's output; a gateway other than :: becomes its destination annotation. Of several routes for one network the last one
 * counts. The routes are tried one after the other, the longest first: use it for few.
 */
import { defineElement, drop, example, formatClickIpv6, HandlerError, ipv6, many, parseInteger, push, readIpv6, rest, splitWord, splitWords, type ArgumentScope, type HandlerContext } from 'wirelet';
import { DESTINATION_6 } from './destination-annotation.js';
import { gatewayOf, maskOf, readNetwork6, route6, type Route6 } from './route.js';

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

type Network = Pick<Route6, 'network' | 'length'>;

const sameNetwork = (a: Network, b: Network) => a.length === b.length && a.network.join() === b.network.join();

const sameAs = (network: Network) => (route: Route6 | undefined) => route !== undefined && sameNetwork(route, network);

/** Routes in the places that `table` shows them in; undefined: one was removed. */
type Places = readonly (Route6 | undefined)[];

/** The places of routes among which some were removed. */
const placesOfLists = new WeakMap<readonly Route6[], Places>();

/** Each route takes the first free place; one for a network that has one frees that before. */
function withRoute(places: Places, route: Route6): Places {
  const freed = withoutRoute(places, route);
  const free = freed.indexOf(undefined);
  return free < 0 ? [...freed, route] : freed.with(free, route);
}

/** The routes without the one for that network; there need not be one. */
function withoutRoute(places: Places, network: Network): Places {
  return places.map((route) => (sameAs(network)(route) ? undefined : route));
}

const placesOf = (routes: readonly Route6[]): Places => placesOfLists.get(routes) ?? routes.reduce<Places>(withRoute, []);

function routesOf(places: Places): readonly Route6[] {
  const routes = places.filter((route) => route !== undefined);
  placesOfLists.set(routes, places);
  return routes;
}

type Element = HandlerContext<any, any, any>;

/** What `text` names, as `NETWORK/LENGTH` and, where one is wanted, `[GATEWAY] OUTPUT`; throws HandlerError with all that is wrong. */
function written(text: string, withOutput: boolean, scope: ArgumentScope): Route6 {
  const words = splitWords(text);
  const wrong: string[] = [];
  const read = <T>(name: string, value: (word: string) => T | undefined, complaint = 'parse error'): T | undefined => {
    const word = words.shift();
    const found = word === undefined ? undefined : value(word);
    if (found === undefined) wrong.push(`${name}: ${word === undefined ? 'required argument missing' : complaint}`);
    return found;
  };
  const short = words.length === 2;
  const network = read('PREFIX', (word) => readNetwork6(word, scope));
  const via = withOutput && !short ? read('GATEWAY', (word) => readIpv6(word, scope)) : undefined;
  const output = withOutput ? read('PORT', parseInteger, 'invalid number') : 0;
  if (words.length > 0) wrong.push('too many arguments');
  if (wrong.length > 0) throw new HandlerError(wrong.join('\n'));
  return { ...network!, gateway: gatewayOf(via), output: output! };
}

function add({ config, replace, outputs, scope }: Element, text: string): void {
  const route = written(text, true, scope);
  if (route.output < 0 || route.output >= outputs.length) throw new HandlerError('output port out of range');
  replace('routes', routesOf(withRoute(placesOf(config.routes as readonly Route6[]), route)));
}

function remove({ config, replace, scope }: Element, text: string): void {
  replace('routes', routesOf(withoutRoute(placesOf(config.routes as readonly Route6[]), written(text, false, scope))));
}

/** The routes as Click lists them; the line above them stays when all are removed. */
function lines(places: Places): string {
  const header = places.length === 0 ? '' : '# Active routes\n';
  return header + places.map((route) => (route === undefined ? '' : `${formatClickIpv6(route.network)}/${route.length}\t${route.gateway === undefined ? '::' : formatClickIpv6(route.gateway)}\t${route.output}\n`)).join('');
}

const outputsOf6 = (routes: readonly Route6[]) => routes.reduce((most, { output }) => Math.max(most, output + 1), 1);

export default defineElement({
  name: 'LookupIP6Route',
  config: { routes: rest(route6({ doc: 'NETWORK/LENGTH [GATEWAY] OUTPUT, such as 2001:db8::/32 fe80::1 1.' }), { max: 4096 }) },
  ports: {
    inputs: { in: push('IPv6 packets with a destination annotation.') },
    outputs: push(many('Packets of the routes that name it.', { min: 1, count: ({ routes }: { routes: readonly Route6[] }) => outputsOf6(routes), open: ({ routes }: { routes: readonly Route6[] }) => `need ${outputsOf6(routes)} or more output ports` })),
  },
  drops: { no_route: 'No route leads to the destination.' },
  build({ config, warn }) {
    if (config.routes.length === 0) warn('there are no routes: all packets are dropped', 'Write a route such as ::/0 0.', undefined, 'no routes');
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
    table: { doc: 'The routes, a line each; a new one takes the first place that one left.', read: ({ config }) => lines(placesOf(config.routes)) },
    add: { doc: 'Adds a route, and removes the one for that network if there is one.', write: (element, value) => add(element, value) },
    remove: { doc: 'Removes the route for a network.', write: (element, value) => remove(element, value) },
    ctrl: {
      doc: 'One `add ROUTE` or `remove NETWORK`.',
      write(element, value) {
        const [command, rest] = splitWord(value.trim());
        if (command !== 'add' && command !== 'remove') throw new HandlerError("bad command, should be `add' or `remove'");
        (command === 'add' ? add : remove)(element, rest);
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
