/** Handlers of elements that look routes up: Click's IPRouteTable. */
import { formatIpv4, formatPrefix, parseIpv4, prefix } from './address.js';
import { HandlerError, type Handler, type HandlerContext } from './element.js';
import { distinctRoutes, findRoute, readRoute, type Route } from './route-table.js';

type Table = HandlerContext<any, any, any>;

const same = (a: Route, b: Route) => a.prefix.address === b.prefix.address && a.prefix.length === b.prefix.length;

/** A route as tables show it, in columns; or with spaces, as messages do. */
function routeText({ prefix: net, gateway, output }: Route, columns: boolean): string {
  const gap = columns ? '\t' : ' ';
  const column = (text: string, narrow: number) => `${text}${gap}${columns && text.length + 1 < narrow ? '\t' : ''}`;
  return `${column(formatPrefix(net), 17)}${column(gateway === 0 ? '-' : formatIpv4(gateway), 9)}${output}`;
}

/** `NETWORK [GATEWAY] OUTPUT` of an output that is there. */
function wantedRoute({ scope, outputs }: Table, text: string): Route {
  const parsed = readRoute(text, scope);
  if ('error' in parsed) throw new HandlerError(OUTPUT_NUMBER.test(text) ? 'bad OUTPUT' : "expected 'ADDR/MASK [GATEWAY] OUTPUT'");
  if (parsed.value.output >= outputs.length) throw new HandlerError('bad OUTPUT');
  const { prefix: net } = parsed.value;
  return { ...parsed.value, prefix: prefix(net.address, net.length) };
}

/** Two or three words, the last of them a number that no output has. */
const OUTPUT_NUMBER = /^\S+(?:\s+\S+)?\s+(?:-\d+|\d{4,})$/;

/** What names a route to remove; without an output, its gateway does not matter either. */
function unwantedRoute({ scope, outputs }: Table, text: string): Route {
  const [first = '', second, ...more] = text.trim().split(/\s+/);
  const named = second === undefined || (more.length === 0 && (second === '-' || parseIpv4(second) !== undefined));
  const full = readRoute(named ? `${text} 0` : text, scope);
  if ('error' in full || (named && first === '')) throw new HandlerError("expected 'ADDR/MASK [GATEWAY OUTPUT]'");
  if (full.value.output >= outputs.length) throw new HandlerError('bad OUTPUT');
  const { prefix: net, gateway, output } = full.value;
  return { prefix: prefix(net.address, net.length), gateway, output: named ? ANY_OUTPUT : output };
}

const ANY_OUTPUT = -1;

/** Routes in the places that `table` shows them in. */
interface Places {
  /** undefined: the route that was there is removed. */
  readonly list: readonly (Route | undefined)[];
  /** Places that are free, in the order in which they became it. */
  readonly free: readonly number[];
}

/** The places of routes among which some were removed. */
const placesOfLists = new WeakMap<readonly Route[], Places>();

function placesOf(routes: readonly Route[]): Places {
  return placesOfLists.get(routes) ?? { list: distinctRoutes(routes), free: [] };
}

function routesOf(places: Places): readonly Route[] {
  const routes = places.list.filter((route) => route !== undefined);
  placesOfLists.set(routes, places);
  return routes;
}

/** Where new routes go among the places. */
interface Placing {
  /** Which of the free places is taken first; undefined: one behind all. */
  readonly next: (free: readonly number[]) => number | undefined;
  /** Whether a route that replaces another one takes a place of its own. */
  readonly moves: boolean;
}

const LOWEST_FIRST: Placing = { next: (free) => (free.length === 0 ? undefined : Math.min(...free)), moves: false };
const LATEST_FIRST: Placing = { next: (free) => free.at(-1), moves: true };

function placed({ list, free }: Places, route: Route, { next }: Placing): Places {
  const place = next(free) ?? list.length;
  return { list: place === list.length ? [...list, route] : list.with(place, route), free: free.filter((other) => other !== place) };
}

const without = ({ list, free }: Places, place: number): Places => ({ list: list.with(place, undefined), free: [...free, place] });

type Change = (places: Places, element: Table, text: string, placing: Placing) => Places;

const add: Change = (places, element, text, placing) => {
  const route = wantedRoute(element, text);
  const known = places.list.find((other) => other !== undefined && same(other, route));
  if (known !== undefined) throw new HandlerError(`conflict with existing route '${routeText(known, false)}'`);
  return placed(places, route, placing);
};

const set: Change = (places, element, text, placing) => {
  const route = wantedRoute(element, text);
  const known = places.list.findIndex((other) => other !== undefined && same(other, route));
  if (known < 0) return placed(places, route, placing);
  return placing.moves ? without(placed(places, route, placing), known) : { ...places, list: places.list.with(known, route) };
};

const remove: Change = (places, element, text) => {
  const unwanted = unwantedRoute(element, text);
  const { gateway, output } = unwanted;
  const found = places.list.findIndex((route) => route !== undefined && same(route, unwanted) && (output === ANY_OUTPUT || (route.gateway === gateway && route.output === output)));
  if (found < 0) throw new HandlerError(`route '${routeText(unwanted, false)}' not found`);
  return without(places, found);
};

const COMMANDS: Readonly<Record<string, Change>> = { add, set, remove };

/** Lines `add ROUTE`, `set ROUTE`, `remove ROUTE`: all of them count, or none. */
const control: Change = (places, element, text, placing) => {
  let changed = places;
  for (const line of text.split('\n')) {
    const [, command = '', rest = ''] = /^\s*(\S*)\s*([\s\S]*)$/.exec(line)!;
    if (command === '') continue;
    const change = COMMANDS[command];
    if (change === undefined) throw new HandlerError(`bad command '${command}'`);
    changed = change(changed, element, rest.trim(), placing);
  }
  return changed;
};

function changing(doc: string, change: Change, placing: Placing): Handler<any, any, any> {
  return { doc, write: (element, text) => element.replace('routes', routesOf(change(placesOf(element.config.routes as readonly Route[]), element, text.trim(), placing))) };
}

const changes = (placing: Placing): Readonly<Record<string, Handler<any, any, any>>> => ({
  add: changing('Adds a route; refuses one for a network that has one.', add, placing),
  set: changing('Adds a route, in place of the one for that network if there is one.', set, placing),
  remove: changing('Removes a route.', remove, placing),
  ctrl: changing('Lines of add, set and remove with routes: all of them count, or none.', control, placing),
});

/** The route table among the arguments `routes`, with `built` made by routeTableOf, where routes do not change. */
export const fixedRouteHandlers: Readonly<Record<string, Handler<any, any, any>>> = {
  table: { doc: 'The routes, a line each.', read: ({ config }) => distinctRoutes(config.routes as readonly Route[]).map((route) => `${routeText(route, true)}\n`).join('') },
  lookup: {
    doc: 'The output, and the gateway if there is one, for an address.',
    read({ built, scope }, text) {
      const address = parseIpv4(text.trim()) ?? scope.address(text.trim(), 'ipv4');
      if (typeof address !== 'number') throw new HandlerError('expected IP address');
      const found = findRoute(built, address);
      if (found === 0) return '-1';
      return built.gateways[found] === 0 ? String(built.outputs[found]) : `${built.outputs[found]} ${formatIpv4(built.gateways[found])}`;
    },
  },
};

const flush: Handler<any, any, any> = { doc: 'Removes all routes.', write: ({ replace }) => replace('routes', []) };

/** Those of tables that routes are added to: a new one takes the first free place. */
export const routeHandlers: typeof fixedRouteHandlers = { ...fixedRouteHandlers, ...changes(LOWEST_FIRST) };

/** Those of tables that can be emptied, too. */
export const flushableRouteHandlers: typeof fixedRouteHandlers = { ...routeHandlers, flush };

/** Those of RadixIPLookup, where a new route takes the place that became free last, also one that replaces another. */
export const radixRouteHandlers: typeof fixedRouteHandlers = { ...fixedRouteHandlers, ...changes(LATEST_FIRST), flush };
