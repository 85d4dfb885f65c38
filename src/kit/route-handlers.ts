/** Handlers of elements that look routes up: Click's IPRouteTable. */
import { formatIpv4, formatPrefix, prefix } from './address.js';
import { readIpv4 } from './argument-scope.js';
import { HandlerError, type Handler, type HandlerContext } from './element.js';
import { placed, without, type Places, type RouteOrder } from './route-places.js';
import { findRoute, readRouteWords, type Route } from './route-table.js';

type Table = HandlerContext<any, any, any>;

const same = (a: Route, b: Route) => a.prefix.address === b.prefix.address && a.prefix.length === b.prefix.length;

/** A route as tables show it, in columns; or with spaces, as messages do. */
export function routeText({ prefix: net, gateway, output }: Route, columns: boolean): string {
  const gap = columns ? '\t' : ' ';
  const column = (text: string, narrow: number) => `${text}${gap}${columns && text.length + 1 < narrow ? '\t' : ''}`;
  return `${column(formatPrefix(net), 17)}${column(gateway === 0 ? '-' : formatIpv4(gateway), 9)}${output}`;
}

/** The route that `text` is, of an output that is there; `among`: where outputs begin. */
function routeOf({ scope, outputs }: Table, text: string, among: number, form: string): Route {
  const read = readRouteWords(text, scope);
  if ('error' in read) throw new HandlerError(`expected 'ADDR/MASK [GATEWAY${form}'`);
  if (read.value.output < among || read.value.output >= outputs.length) throw new HandlerError('bad OUTPUT');
  const { prefix: net } = read.value;
  return { ...read.value, prefix: prefix(net.address, net.length) };
}

const wantedRoute = (element: Table, text: string): Route => routeOf(element, text, 0, '] OUTPUT');

/** What names a route to remove; without an output, or with that of -1, its gateway does not matter either. */
function unwantedRoute(element: Table, text: string): Route {
  const words = text.trim().split(/\s+/);
  const last = words.at(-1)!;
  const named = words.length === 1 || (words.length === 2 && (last === '-' || readIpv4(last, element.scope) !== undefined));
  return routeOf(element, named ? `${text} ${ANY_OUTPUT}` : text, ANY_OUTPUT, ' OUTPUT]');
}

const ANY_OUTPUT = -1;

/** The places of routes among which some were removed. */
const placesOfLists = new WeakMap<readonly Route[], Places>();

const placesNow = (routes: readonly Route[], order: RouteOrder): Places => placesOfLists.get(routes) ?? order.begin(routes);

function routesOf(places: Places): readonly Route[] {
  const routes = places.list.filter((route) => route !== undefined);
  placesOfLists.set(routes, places);
  return routes;
}

/** The route that is there for the network of `route`. */
const knownFor = ({ list }: Places, route: Route): Route | undefined => list.find((other) => other !== undefined && same(other, route));

/** With `route`, in place of the one for its network if there is one. */
function put(places: Places, route: Route, order: RouteOrder): Places {
  const known = places.list.findIndex((other) => other !== undefined && same(other, route));
  if (known < 0) return placed(places, route, order);
  return order.moves ? without(placed(places, route, order), known, order) : { ...places, list: places.list.with(known, route) };
}

const taken = (places: Places, route: Route, order: RouteOrder): Places =>
  without(places, places.list.findIndex((other) => other !== undefined && same(other, route)), order);

/** What is done with a route that `read` finds in a text. */
interface Change {
  readonly read: (element: Table, text: string) => Route;
  readonly apply: (places: Places, route: Route, order: RouteOrder) => Places;
}

const add: Change = {
  read: wantedRoute,
  apply(places, route, order) {
    const known = knownFor(places, route);
    if (known !== undefined) throw new HandlerError(`conflict with existing route '${routeText(known, false)}'`);
    return placed(places, route, order);
  },
};

const set: Change = { read: wantedRoute, apply: put };

const remove: Change = {
  read: unwantedRoute,
  apply(places, route, order) {
    const known = knownFor(places, route);
    const meant = known !== undefined && (route.output === ANY_OUTPUT || (known.gateway === route.gateway && known.output === route.output));
    if (!meant) throw new HandlerError(`route '${routeText(route, false)}' not found`);
    return taken(places, route, order);
  },
};

const COMMANDS: Readonly<Record<string, Change>> = { add, set, remove };

function lineOf(line: string): [command: string, rest: string] {
  const [, command = '', rest = ''] = /^\s*(\S*)\s*([\s\S]*)$/.exec(line)!;
  return [command, rest.trim()];
}

/**
 * Lines `add ROUTE`, `set ROUTE`, `remove ROUTE`: all of them count, or none. Those before a wrong one are taken back one by one, the last
 * one first, as Click does it: routes that were removed come back, though not always to the place where they were.
 */
function control(before: Places, element: Table, text: string, order: RouteOrder): Places {
  let places = before;
  const done: { readonly route: Route; readonly known: Route | undefined }[] = [];
  try {
    for (const line of text.split('\n')) {
      const [command, rest] = lineOf(line);
      if (command === '') continue;
      const change = COMMANDS[command];
      if (change === undefined) throw new HandlerError(`bad command '${command}'`);
      const route = change.read(element, rest);
      const known = knownFor(places, route);
      places = change.apply(places, route, order);
      done.unshift({ route, known });
    }
  } catch (error) {
    for (const { route, known } of done) places = known === undefined ? taken(places, route, order) : put(places, known, order);
    if (done.length > 0) element.replace('routes', routesOf(places));
    throw error;
  }
  return places;
}

function changing(doc: string, change: (places: Places, element: Table, text: string) => Places, order: RouteOrder): Handler<any, any, any> {
  return { doc, write: (element, text) => element.replace('routes', routesOf(change(placesNow(element.config.routes as readonly Route[], order), element, text.trim()))) };
}

const changingOne = (doc: string, { read, apply }: Change, order: RouteOrder) => changing(doc, (places, element, text) => apply(places, read(element, text), order), order);

const changes = (order: RouteOrder): Readonly<Record<string, Handler<any, any, any>>> => ({
  add: changingOne('Adds a route; refuses one for a network that has one.', add, order),
  set: changingOne('Adds a route, in place of the one for that network if there is one.', set, order),
  remove: changingOne('Removes a route.', remove, order),
  ctrl: changing('Lines of add, set and remove with routes: all of them count, or none.', (places, element, text) => control(places, element, text, order), order),
});

const asking = (order: RouteOrder): Readonly<Record<string, Handler<any, any, any>>> => ({
  table: { doc: 'The routes, a line each.', expensive: true, read: ({ config }) => order.shown(placesNow(config.routes as readonly Route[], order)).map((route) => `${routeText(route, true)}\n`).join('') },
  lookup: {
    doc: 'The output, and the gateway if there is one, for an address.',
    read({ built, scope }, text) {
      const address = readIpv4(text.trim(), scope);
      if (typeof address !== 'number') throw new HandlerError('expected IP address');
      const found = findRoute(built, address);
      if (found === 0) return '-1';
      return built.gateways[found] === 0 ? String(built.outputs[found]) : `${built.outputs[found]} ${formatIpv4(built.gateways[found])}`;
    },
  },
});

const flush: Handler<any, any, any> = { doc: 'Removes all routes.', write: ({ replace }) => replace('routes', []) };

/** Handlers of a route table among the arguments `routes`, with `built` made by routeTableOf; `fixed`: its routes do not change; `flushable`: it can be emptied. */
export function routeHandlers(order: RouteOrder, { fixed, flushable }: { readonly fixed: boolean; readonly flushable: boolean }): Readonly<Record<string, Handler<any, any, any>>> {
  return { ...asking(order), ...(!fixed && changes(order)), ...(flushable && { flush }) };
}
