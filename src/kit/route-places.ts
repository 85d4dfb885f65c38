/** The order in which route tables show their routes, as the classes of Click's IPRouteTable family have it. */
import type { Prefix } from './address.js';
import { distinctRoutes, networkOf, type Route } from './route-table.js';

/** Routes in the places that `table` shows them in. */
export interface Places {
  /** undefined: the route that was there is removed. */
  readonly list: readonly (Route | undefined)[];
  /** Places that are free, in the order in which they became it. */
  readonly free: readonly number[];
}

/** How a class of tables keeps its routes in order. */
export interface RouteOrder {
  /** Which of the free places a new route takes first; undefined: one behind all. */
  next(free: readonly number[]): number | undefined;
  /** Whether a route that replaces another one takes a place of its own. */
  readonly moves: boolean;
  /** The places of routes that were added one after the other. */
  begin(routes: readonly Route[]): Places;
  /** What becomes of the places when one was taken by a route, or left by one. */
  changed(places: Places, place: number): Places;
  /** The routes as they are shown. */
  shown(places: Places): readonly Route[];
}

const present = ({ list }: Places): readonly Route[] => list.filter((route) => route !== undefined);

/** Each route in a place of its own. */
const asGiven = (routes: readonly Route[]): Places => ({ list: distinctRoutes(routes), free: [] });

export function placed({ list, free }: Places, route: Route, { next, changed }: RouteOrder): Places {
  const place = next(free) ?? list.length;
  return changed({ list: place === list.length ? [...list, route] : list.with(place, route), free: free.filter((other) => other !== place) }, place);
}

export function without({ list, free }: Places, place: number, { changed }: RouteOrder): Places {
  return changed({ list: list.with(place, undefined), free: [...free, place] }, place);
}

const lowest = (free: readonly number[]) => (free.length === 0 ? undefined : Math.min(...free));

/** LinearIPLookup: a new route takes the first free place; that of the address 0.0.0.0 alone moves there when one before it is removed. */
export const SLOTS: RouteOrder = {
  next: lowest,
  moves: false,
  begin: asGiven,
  changed(places, place) {
    const zero = places.list.findIndex((route) => route !== undefined && route.prefix.length === 32 && route.prefix.address === 0);
    return places.list[place] === undefined && zero > place ? placed(without(places, zero, SLOTS), places.list[zero]!, SLOTS) : places;
  },
  shown: present,
};

/** RadixIPLookup: a new route takes the place that became free last, also one that replaces another. */
export const LATEST_FIRST: RouteOrder = { next: (free) => free.at(-1), moves: true, begin: asGiven, changed: (places) => places, shown: present };

/** A power of two. */
const BUCKETS = 65_536;

/**
 * The bucket of a network among those of DirectIPLookup, whose order tables show. What is shifted, multiplied and mixed here is no choice of
 * ours: it is what `prefix_hash` in Click's elements/ip/directiplookup.cc computes, without which `table` would list routes in another order.
 */
function bucketOf({ address, mask, length }: Prefix): number {
  const network = (address & mask) >>> 0;
  let hash = (network ^ (length << 5) ^ ((network >>> (length >> 2)) - length)) >>> 0;
  hash = (hash ^ (hash >>> 23) ^ Math.imul(hash >>> 15, length) ^ Math.imul(network >>> 17, 53)) >>> 0;
  // Shifts are by the lowest five bits of the length, as processors do it.
  hash = (hash - ((network >>> 3) ^ Math.imul(hash >>> length, 7) ^ Math.imul(hash >>> 11, 103))) >>> 0;
  return (hash ^ (hash >>> 17)) & (BUCKETS - 1);
}

/** DirectIPLookup and RangeIPLookup: by the buckets of a hash table, in each the newest first, but the default route, which has been there always. */
export const HASHED: RouteOrder = {
  next: () => undefined,
  moves: false,
  begin: asGiven,
  changed: (places) => places,
  shown: (places) =>
    present(places)
      .map((route, index) => ({ route, bucket: bucketOf(route.prefix), age: route.prefix.length === 0 ? -1 : index }))
      .sort((a, b) => a.bucket - b.bucket || b.age - a.age)
      .map(({ route }) => route),
};

/** Bits of the address that lengths of a prefix keep. */
const containing = ({ address, mask, length }: Prefix): string[] => Array.from({ length }, (_, shorter) => `${(address & mask & (shorter === 0 ? 0 : -1 << (32 - shorter))) >>> 0}/${shorter}`);

/**
 * Routes that follow all those for networks within their own: what has no parts is in the order of the list, and what has some comes right
 * behind the last of them. So a list that was sorted after each of its routes is the same as one that is sorted when all have come.
 */
function sorted(routes: readonly Route[]): Route[] {
  const indexOf = new Map(routes.map((route, index) => [networkOf(route), index]));
  const around = routes.map(({ prefix }) => containing(prefix).flatMap((network) => indexOf.get(network) ?? []).sort((a, b) => a - b));
  const waitsFor = routes.map(() => 0);
  for (const indices of around) for (const index of indices) waitsFor[index]! += 1;
  const order: number[] = [];
  const taken = routes.map(() => false);
  routes.forEach((_, first) => {
    if (taken[first]! || waitsFor[first] !== 0) return;
    order.push(first);
    taken[first] = true;
    // What waited for the last of its parts comes next; those in turn let others follow.
    for (let at = order.length - 1; at < order.length; at += 1) {
      for (const index of around[order[at]!]!) {
        waitsFor[index]! -= 1;
        if (waitsFor[index] !== 0) continue;
        order.push(index);
        taken[index] = true;
      }
    }
  });
  return order.map((index) => routes[index]!);
}

/** SortedIPLookup: routes for parts of a network before that for all of it, sorted anew for each route. */
export const SORTED: RouteOrder = {
  next: () => undefined,
  moves: false,
  begin: (routes) => ({ list: sorted(distinctRoutes(routes)), free: [] }),
  changed: (places) => ({ list: sorted(present(places)), free: [] }),
  shown: present,
};
