/**
 * Longest-prefix match for IPv4 routes that are known when the graph is built: the address space as sorted
 * ranges, found by the top bits of the address and a binary search among the few ranges that share them.
 * A look-up costs as many steps as the fullest such bucket needs, whatever the prefixes are; n routes take at most
 * 2n ranges of 6 to 8 bytes, plus the bucket index (1 KiB for up to some hundred routes).
 */
import { formatIpv4, formatPrefix, parseIpv4, parsePrefix, prefix, type Prefix } from './address.js';
import { parsed, parseInteger, type ArgumentScope, type Kind, type Parsed } from './config.js';
import type { u32 } from './integers.js';

/** A route as Click writes it: `ADDR/MASK [GATEWAY] OUTPUT`. */
export interface Route {
  readonly prefix: Prefix;
  /** The next hop; 0: the destination itself. */
  readonly gateway: u32;
  readonly output: number;
}

/** Outputs that a route table may name. */
const OUTPUTS_MAX = 1024;

/** The kind of one route among the arguments of an element. */
export function route(options: { doc: string }): Kind<Route> {
  return parsed('route', options, readRoute, ({ prefix: net, gateway, output }) => `${formatPrefix(net)}${gateway === 0 ? '' : ` ${formatIpv4(gateway)}`} ${output}`);
}

function readRoute(text: string, scope: ArgumentScope): Parsed<Route> {
  const words = text.trim().split(/\s+/);
  if (words.length < 2 || words.length > 3) return { error: `expected NETWORK [GATEWAY] OUTPUT, got "${text}"`, hint: 'For example 10.0.0.0/8 192.0.2.1 1, or 0.0.0.0/0 2.' };
  const net = readNetwork(words[0]!, scope);
  if (net === undefined) return wrongWord(text, words[0]!, 'an IPv4 network');
  const gateway = words.length === 3 && words[1] !== '-' ? (parseIpv4(words[1]!) ?? scope.address(words[1]!, 'ipv4')) : 0;
  if (typeof gateway !== 'number') return wrongWord(text, words[1]!, 'the address of a gateway');
  const output = parseInteger(words.at(-1)!);
  if (output === undefined || output < 0 || output >= OUTPUTS_MAX) return wrongWord(text, words.at(-1)!, `an output from 0 to ${OUTPUTS_MAX - 1}`);
  return { value: { prefix: net, gateway, output } };
}

function readNetwork(word: string, scope: ArgumentScope): Prefix | undefined {
  const given = word === 'default' ? prefix(0, 0) : (parsePrefix(word) ?? scope.address(word, 'prefix') ?? scope.address(word, 'ipv4'));
  // The name of an interface alone is its address, not its network.
  if (typeof given === 'object' && parsePrefix(word) === undefined && !/:(ip)?net$/.test(word) && word !== 'default') return prefix(given.address, 32);
  return typeof given === 'number' ? prefix(given, 32) : given;
}

function wrongWord(text: string, word: string, expected: string): { error: string; place: { offset: number; length: number } } {
  return { error: `expected ${expected}, got "${word}"`, place: { offset: text.indexOf(word), length: word.length } };
}

export interface RouteTable {
  /** An address's bucket is `address >>> shift`. */
  readonly shift: number;
  /** First range of each bucket, and one more: the number of ranges. */
  readonly first: readonly number[];
  /** First address of each range, ascending; every bucket begins one. */
  readonly starts: readonly number[];
  /** Number of the range's route plus one; 0: no route. */
  readonly routes: readonly number[];
  /** Halvings that the fullest bucket needs. */
  readonly steps: number;
  readonly gateways: readonly number[];
  readonly outputs: readonly number[];
}

const ADDRESSES = 2 ** 32;
const BUCKET_BITS = { min: 8, max: 16 };

/** The table of these routes. Of several for one network, the last one counts. */
export function buildRouteTable(list: readonly Route[]): RouteTable {
  const ranges = rangesOf(list);
  const bits = Math.min(BUCKET_BITS.max, Math.max(BUCKET_BITS.min, Math.ceil(Math.log2(ranges.length + 1)) - 3));
  const size = ADDRESSES / 2 ** bits;
  const starts: number[] = [];
  const routes: number[] = [];
  const first: number[] = [];
  let at = 0;
  for (let bucket = 0; bucket < 2 ** bits; bucket += 1) {
    const begin = bucket * size;
    first.push(starts.length);
    // The range that reaches into the bucket, cut where the bucket begins.
    while (at + 1 < ranges.length && ranges[at + 1]!.start <= begin) at += 1;
    starts.push(begin);
    routes.push(ranges[at]!.route);
    while (at + 1 < ranges.length && ranges[at + 1]!.start < begin + size) {
      at += 1;
      starts.push(ranges[at]!.start);
      routes.push(ranges[at]!.route);
    }
  }
  first.push(starts.length);
  const fullest = first.reduce((most, start, index) => (index === 0 ? most : Math.max(most, start - first[index - 1]!)), 1);
  return {
    shift: 32 - bits,
    first,
    starts,
    routes,
    steps: Math.ceil(Math.log2(fullest)),
    gateways: [0, ...list.map(({ gateway }) => gateway)],
    outputs: [0, ...list.map(({ output }) => output)],
  };
}

/** The address space as ranges with one answer each, neighbours with the same answer joined. */
function rangesOf(list: readonly Route[]): { start: number; route: number }[] {
  const byNetwork = new Map<string, number>();
  list.forEach(({ prefix: { address, mask, length } }, index) => byNetwork.set(`${(address & mask) >>> 0}/${length}`, index));
  const nets = [...byNetwork.values()].map((index) => {
    const { address, mask, length } = list[index]!.prefix;
    const start = (address & mask) >>> 0;
    return { start, end: start + 2 ** (32 - length), length, route: index + 1 };
  });
  nets.sort((a, b) => a.start - b.start || a.length - b.length);
  const ranges: { start: number; route: number }[] = [];
  const put = (start: number, route: number) => {
    const last = ranges.at(-1);
    if (last !== undefined && last.start === start) ranges.pop();
    if (ranges.at(-1)?.route !== route) ranges.push({ start, route });
  };
  // Networks contain one another or are apart: a stack of those that are open.
  const open: { end: number; route: number }[] = [];
  const close = (upTo: number) => {
    while (open.length > 0 && open.at(-1)!.end <= upTo) {
      const { end } = open.pop()!;
      if (end < ADDRESSES) put(end, open.at(-1)?.route ?? 0);
    }
  };
  put(0, 0);
  for (const net of nets) {
    close(net.start);
    put(net.start, net.route);
    open.push(net);
  }
  close(ADDRESSES);
  return ranges;
}

/** Number of the route for `address` plus one, an index into `gateways` and `outputs`; 0: there is none. */
export function findRoute(table: RouteTable, address: u32): number {
  const bucket = address >>> table.shift;
  const last = table.starts.length - 1;
  let range = Math.min(table.first[bucket]!, last);
  let size = table.first[bucket + 1]! - range;
  for (let step = 0; step < table.steps; step += 1) {
    const half = size >>> 1;
    const middle = Math.min(range + half, last);
    if (table.starts[middle]! <= address) range = middle;
    size = Math.max(1, size - half);
  }
  return table.routes[range]!;
}
