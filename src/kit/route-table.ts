/**
 * Longest-prefix match for IPv4 routes that are known when the graph is built: the address space as sorted
 * ranges, found by the top bits of the address and a binary search among the few ranges that share them (DXR: Zec,
 * Rizzo, Mikuc, CCR 2012). A look-up takes as many steps as the fullest such bucket needs, the same for all addresses,
 * so that nothing is mispredicted; it reads a word of the index and one or two cache lines of ranges. n routes take at
 * most 2n ranges of 4 bytes, plus up to four times as much for the index.
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

/** Outputs that routes need: one more than the highest they name. */
export function outputsOf(routes: readonly Route[]): number {
  return routes.reduce((most, { output }) => Math.max(most, output + 1), 1);
}

export interface RouteTable {
  /** An address's bucket is its highest `bits` bits. */
  readonly bits: number;
  /** The lowest `bits` bits. */
  readonly mask: number;
  /** First entry of each bucket, and one more: the number of entries. */
  readonly first: readonly number[];
  /**
   * The ranges, ascending: where each begins (the bits that are not the bucket's, as the highest) and its next hop (the
   * lowest `bits` bits). Every bucket begins one. As many zeros behind the last as a search may look ahead.
   */
  readonly entries: readonly number[];
  /** Leaps of a search, powers of two, descending: enough for the fullest bucket. */
  readonly leaps: readonly number[];
  /** Of each next hop; next hop 0 is none. */
  readonly gateways: readonly number[];
  readonly outputs: readonly number[];
}

const ADDRESSES = 2 ** 32;
const BUCKET_BITS = { min: 8, max: 20 };
/** Steps of a search that more buckets are taken to avoid, while there are not many more buckets than ranges. */
const STEPS_WANTED = 2;

/** The table of these routes. Of several for one network, the last one counts. */
export function buildRouteTable(list: readonly Route[]): RouteTable {
  const hops = new Map<string, number>([['', 0]]);
  const gateways = [0];
  const outputs = [0];
  const hopOf = list.map(({ gateway, output }) => {
    const key = `${gateway} ${output}`;
    let hop = hops.get(key);
    if (hop === undefined) {
      hop = gateways.push(gateway) - 1;
      outputs.push(output);
      hops.set(key, hop);
    }
    return hop;
  });
  const ranges = rangesOf(list, hopOf);
  const least = Math.max(BUCKET_BITS.min, Math.ceil(Math.log2(gateways.length)));
  const most = Math.max(least, Math.min(BUCKET_BITS.max, Math.ceil(Math.log2(ranges.length)) + 2));
  let bits = least;
  while (bits < most && stepsFor(ranges, bits) > STEPS_WANTED) bits += 1;
  return { bits, mask: 2 ** bits - 1, ...pack(ranges, bits), gateways, outputs };
}

interface Range {
  readonly start: number;
  readonly hop: number;
}

/** Steps that the fullest of 2^bits buckets needs. */
function stepsFor(ranges: readonly Range[], bits: number): number {
  const size = ADDRESSES / 2 ** bits;
  let fullest = 1;
  let count = 1;
  let bucket = 0;
  for (const { start } of ranges) {
    const its = Math.floor(start / size);
    if (its !== bucket) {
      bucket = its;
      count = 1;
    }
    // A range that begins with the bucket takes the place of the one that reaches into it.
    if (start % size !== 0) count += 1;
    if (count > fullest) fullest = count;
  }
  return Math.ceil(Math.log2(fullest));
}

function pack(ranges: readonly Range[], bits: number): Pick<RouteTable, 'first' | 'entries' | 'leaps'> {
  const size = ADDRESSES / 2 ** bits;
  const first: number[] = [];
  const entries: number[] = [];
  let at = 0;
  for (let bucket = 0; bucket < 2 ** bits; bucket += 1) {
    const begin = bucket * size;
    first.push(entries.length);
    // The range that reaches into the bucket, cut where the bucket begins.
    while (at + 1 < ranges.length && ranges[at + 1]!.start <= begin) at += 1;
    entries.push(ranges[at]!.hop);
    while (at + 1 < ranges.length && ranges[at + 1]!.start < begin + size) {
      at += 1;
      entries.push((ranges[at]!.start - begin) * 2 ** bits + ranges[at]!.hop);
    }
  }
  first.push(entries.length);
  const leaps = Array.from({ length: stepsFor(ranges, bits) }, (_, step) => 2 ** step).reverse();
  for (let more = 0; more < 2 * (leaps[0] ?? 0); more += 1) entries.push(0);
  return { first, entries, leaps };
}

/** The address space as ranges with one answer each, neighbours with the same answer joined. */
function rangesOf(list: readonly Route[], hopOf: readonly number[]): Range[] {
  const byNetwork = new Map<string, number>();
  list.forEach(({ prefix: { address, mask, length } }, index) => byNetwork.set(`${(address & mask) >>> 0}/${length}`, index));
  const nets = [...byNetwork.values()].map((index) => {
    const { address, mask, length } = list[index]!.prefix;
    const start = (address & mask) >>> 0;
    return { start, end: start + 2 ** (32 - length), length, hop: hopOf[index]! };
  });
  nets.sort((a, b) => a.start - b.start || a.length - b.length);
  const ranges: Range[] = [];
  const put = (start: number, hop: number) => {
    const last = ranges.at(-1);
    if (last !== undefined && last.start === start) ranges.pop();
    if (ranges.at(-1)?.hop !== hop) ranges.push({ start, hop });
  };
  // Networks contain one another or are apart: a stack of those that are open.
  const open: { end: number; hop: number }[] = [];
  const close = (upTo: number) => {
    while (open.length > 0 && open.at(-1)!.end <= upTo) {
      const { end } = open.pop()!;
      if (end < ADDRESSES) put(end, open.at(-1)?.hop ?? 0);
    }
  };
  put(0, 0);
  for (const net of nets) {
    close(net.start);
    put(net.start, net.hop);
    open.push(net);
  }
  close(ADDRESSES);
  return ranges;
}

/** The next hop for `address`, an index into `gateways` and `outputs`; 0: there is none. */
export function findRoute(table: RouteTable, address: u32): number {
  const bucket = address >>> (32 - table.bits);
  let found = table.first[bucket]!;
  const end = table.first[bucket + 1]!;
  // The address's bits below the bucket's, as an entry has them, with the highest of all next hops.
  const wanted = ((address << table.bits) | table.mask) >>> 0;
  for (const leap of table.leaps) {
    const entry = table.entries[found + leap]!;
    found += found + leap < end && entry <= wanted ? leap : 0;
  }
  return Math.min(table.entries[found]! & table.mask, table.gateways.length - 1);
}
