/** Handlers of elements that look routes up: Click's IPRouteTable. */
import { formatIpv4, formatPrefix, parseIpv4, parsePrefix, prefix } from './address.js';
import type { ArgumentScope } from './config.js';
import { HandlerError, type Handler, type HandlerContext } from './element.js';
import { findRoute, readRoute, type Route } from './route-table.js';

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
  if ('error' in parsed || parsed.value.output >= outputs.length) throw new HandlerError("expected 'ADDR/MASK [GATEWAY] OUTPUT'");
  const { prefix: net } = parsed.value;
  return { ...parsed.value, prefix: prefix(net.address, net.length) };
}

/** What names a route to remove; the gateway and output may be left out. */
function unwantedRoute(scope: ArgumentScope, text: string): { net: Route['prefix']; gateway?: number; output?: number } {
  const full = readRoute(text, scope);
  if (!('error' in full)) return { net: prefix(full.value.prefix.address, full.value.prefix.length), gateway: full.value.gateway || undefined, output: full.value.output };
  const [first = '', second, ...more] = text.trim().split(/\s+/);
  const net = parsePrefix(first);
  const gateway = second === undefined || second === '-' ? undefined : parseIpv4(second);
  if (net === undefined || more.length > 0 || (second !== undefined && second !== '-' && gateway === undefined)) throw new HandlerError("expected 'ADDR/MASK [GATEWAY OUTPUT]'");
  return { net: prefix(net.address, net.length), gateway };
}

type Change = (routes: readonly Route[], element: Table, text: string) => readonly Route[];

const add: Change = (routes, element, text) => {
  const route = wantedRoute(element, text);
  const known = routes.find((other) => same(other, route));
  if (known !== undefined) throw new HandlerError(`conflict with existing route '${routeText(known, false)}'`);
  return [...routes, route];
};

const set: Change = (routes, element, text) => {
  const route = wantedRoute(element, text);
  return [...routes.filter((other) => !same(other, route)), route];
};

const remove: Change = (routes, { scope }, text) => {
  const { net, gateway, output } = unwantedRoute(scope, text);
  const wanted = (route: Route) => same(route, { prefix: net, gateway: 0, output: 0 }) && (gateway === undefined || route.gateway === gateway) && (output === undefined || route.output === output);
  if (!routes.some(wanted)) throw new HandlerError(`route '${routeText({ prefix: net, gateway: gateway ?? 0, output: output ?? -1 }, false)}' not found`);
  return routes.filter((route) => !wanted(route));
};

const COMMANDS: Readonly<Record<string, Change>> = { add, set, remove };

/** Lines `add ROUTE`, `set ROUTE`, `remove ROUTE`: all of them count, or none. */
const control: Change = (routes, element, text) => {
  let changed = routes;
  for (const line of text.split('\n')) {
    const [, command = '', rest = ''] = /^\s*(\S*)\s*([\s\S]*)$/.exec(line)!;
    if (command === '') continue;
    const change = COMMANDS[command];
    if (change === undefined) throw new HandlerError(`bad command '${command}'`);
    changed = change(changed, element, rest.trim());
  }
  return changed;
};

function changing(doc: string, change: Change): Handler<any, any, any> {
  return { doc, write: (element, text) => element.replace('routes', change(element.config.routes as readonly Route[], element, text.trim())) };
}

/** The route table among the arguments `routes`, with `built` made by buildRouteTable. */
export const routeHandlers: Readonly<Record<string, Handler<any, any, any>>> = {
  add: changing('Adds a route; refuses one for a network that has one.', add),
  set: changing('Adds a route, in place of the one for that network if there is one.', set),
  remove: changing('Removes a route.', remove),
  ctrl: changing('Lines of add, set and remove with routes: all of them count, or none.', control),
  table: { doc: 'The routes, a line each.', read: ({ config }) => (config.routes as readonly Route[]).map((route) => `${routeText(route, true)}\n`).join('') },
  lookup: {
    doc: 'The output, and the gateway if there is one, for an address.',
    read({ built, scope }, text) {
      const address = parseIpv4(text.trim()) ?? scope.address(text.trim(), 'ipv4');
      if (typeof address !== 'number') throw new HandlerError(`expected IP address, not '${text}'`);
      const found = findRoute(built, address);
      if (found === 0) return '-1';
      return built.gateways[found] === 0 ? String(built.outputs[found]) : `${built.outputs[found]} ${formatIpv4(built.gateways[found])}`;
    },
  },
};

/** Those of tables that can be emptied, too. */
export const flushableRouteHandlers: typeof routeHandlers = {
  ...routeHandlers,
  flush: { doc: 'Removes all routes.', write: ({ replace }) => replace('routes', []) },
};
