/**
 * Longest-prefix match for IPv4 routes that are known when the graph is built: a trie whose levels are arrays, 16 bits
 * and twice 8, or for few routes four times 8. For very many it is one of 24 and 8, DIR-24-8 (Gupta, Lin, McKeown,
 * INFOCOM 1998). Every address takes the same steps down to 24 bits, blocks that say the same are shared, and what is
 * longer than 24 bits is one step more. 100 routes take some 60 KB, 100,000 and a million some 34 MB.
 */
import { formatIpv4, formatPrefix, prefix, type Prefix } from './address.js';
import type { BuildContext } from './build-context.js';
import { readIpv4, readPrefix, type ArgumentScope } from './argument-scope.js';
import { parsed, parseInteger, type Kind, type Parsed } from './config.js';
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

/** The kind of one route among the arguments of an element; `click`: what Click's class says where it is none. */
export function route({ doc, click }: { doc: string; click?: string }): Kind<Route> {
  return parsed('route', { doc }, (text, scope) => readRoute(text, scope, click), ({ prefix: net, gateway, output }) => `${formatPrefix(net)}${gateway === 0 ? '' : ` ${formatIpv4(gateway)}`} ${output}`);
}

export function readRoute(text: string, scope: ArgumentScope, click?: string): Parsed<Route> {
  const parsed = readRouteWords(text, scope);
  if ('error' in parsed) return { ...parsed, click: click ?? "argument %d should be 'ADDR/MASK [GATEWAY] OUTPUT'" };
  const { output } = parsed.value;
  if (output >= 0 && output < OUTPUTS_MAX) return parsed;
  return { ...wrongWord(text, text.trim().split(/\s+/).at(-1)!, `an output from 0 to ${OUTPUTS_MAX - 1}`), click: click ?? 'argument %d bad OUTPUT' };
}

/** The same with any number as its output. */
export function readRouteWords(text: string, scope: ArgumentScope): Parsed<Route> {
  const words = text.trim().split(/\s+/);
  if (words.length < 2 || words.length > 3) return { error: `expected NETWORK [GATEWAY] OUTPUT, got "${text}"`, hint: 'For example 10.0.0.0/8 192.0.2.1 1, or 0.0.0.0/0 2.' };
  const net = readNetwork(words[0]!, scope);
  if (net === undefined) return wrongWord(text, words[0]!, 'an IPv4 network');
  const gateway = words.length === 3 && words[1] !== '-' ? readIpv4(words[1]!, scope) : 0;
  if (gateway === undefined) return wrongWord(text, words[1]!, 'the address of a gateway');
  const output = parseInteger(words.at(-1)!);
  if (output === undefined || output !== (output | 0)) return wrongWord(text, words.at(-1)!, 'the number of an output');
  return { value: { prefix: net, gateway, output } };
}

function readNetwork(word: string, scope: ArgumentScope): Prefix | undefined {
  if (word === 'default') return prefix(0, 0);
  // The name of an interface alone is its address, not its network.
  const host = readIpv4(word, scope);
  if (host !== undefined) return prefix(host, 32);
  const net = readPrefix(word, scope);
  return net === undefined ? undefined : prefix((net.address & net.mask) >>> 0, net.length);
}

function wrongWord(text: string, word: string, expected: string): { error: string; place: { offset: number; length: number } } {
  return { error: `expected ${expected}, got "${word}"`, place: { offset: text.indexOf(word), length: word.length } };
}

/** Outputs that routes need: one more than the highest they name. */
export function outputsOf(routes: readonly Route[]): number {
  return routes.reduce((most, { output }) => Math.max(most, output + 1), 1);
}

/** What Click's drivers say of routes whose outputs are not connected. */
export function unconnectedRoutes({ routes }: { readonly routes: readonly Route[] }, outputs: number): string {
  return routes.flatMap(({ output }, index) => (output >= outputs ? `argument ${index + 1} bad OUTPUT` : [])).join('\n');
}

export interface RouteTable {
  /** An address's place in `root` is `address >>> rootShift`. */
  readonly rootShift: number;
  /** Where the next level's block begins: in `middle` if there is one, else in `leaves`. Empty if `leaves` has all 24 bits. */
  readonly root: readonly number[];
  /** For small tables a level more, by bits 16 to 23: where a block of `leaves` begins. */
  readonly middle: readonly number[];
  /** By bits 8 to 15, or 8 to 31: a next hop, or `hops` and the number of a block of `deep`. */
  readonly leaves: readonly number[];
  /** By the lowest byte: a next hop. */
  readonly deep: readonly number[];
  /** Next hops; next hop 0 is none. */
  readonly hops: number;
  readonly gateways: readonly number[];
  readonly outputs: readonly number[];
}

const ADDRESSES = 2 ** 32;
const BLOCK = 256;
/** Ranges from which on the root has an entry for each 16 bits: then it takes less than the rest, or nearly. */
const WIDE_ROOT_RANGES = 64;
/** Leaves from which on there is one for each 24 bits: at most twice as many, and a look-up waits for one access less. */
const FLAT_LEAVES = 2 ** 23;

/** Routes without those for a network that an earlier one is for. */
export function distinctRoutes(list: readonly Route[]): readonly Route[] {
  const known = new Set<string>();
  return list.filter((route) => {
    const network = networkOf(route);
    return known.size < known.add(network).size;
  });
}

/** Its network, to tell it from others. */
export const networkOf = ({ prefix: { address, mask, length } }: Route) => `${(address & mask) >>> 0}/${length}`;

/** The table among an element's arguments. */
export function routeTableOf({ config, warn }: Pick<BuildContext<{ readonly routes: readonly Route[] }>, 'config' | 'warn'>): RouteTable {
  const again = config.routes.length - distinctRoutes(config.routes).length;
  if (again > 0) {
    const count = `${again} ${again > 1 ? 'routes' : 'route'}`;
    // These are Click's words, though there as here it is the first one that counts.
    warn(`${count} for networks that have one already: the first one counts`, 'Leave one route for each network.', undefined, `${count} replaced by later versions`);
  }
  return buildRouteTable(config.routes);
}

/** The table of these routes. Of several for one network, the first one counts. */
export function buildRouteTable(list: readonly Route[]): RouteTable {
  // In the order of outputs: where each has one next hop, its number says the output.
  const sorted = [...list].sort((a, b) => a.output - b.output);
  const hops = new Map<string, number>([['', 0]]);
  const gateways = [0];
  const outputs = [0];
  for (const { gateway, output } of sorted) {
    const key = `${gateway} ${output}`;
    if (hops.has(key)) continue;
    hops.set(key, gateways.push(gateway) - 1);
    outputs.push(output);
  }
  const hopOf = list.map(({ gateway, output }) => hops.get(`${gateway} ${output}`)!);
  return { ...new Blocks(rangesOf(list, hopOf), gateways.length).table(), hops: gateways.length, gateways, outputs };
}

interface Range {
  readonly start: number;
  readonly hop: number;
}

/** Cuts ranges into blocks, from low addresses to high ones. */
class Blocks {
  private readonly middle: number[] = [];
  private readonly leaves: number[] = [];
  private readonly deep: number[] = [];
  /** Blocks that say the same everywhere, by level and next hop. */
  private readonly plain = new Map<string, number>();
  /** The range that holds the address reached. */
  private at = 0;

  constructor(
    private readonly ranges: readonly Range[],
    private readonly hops: number,
  ) {}

  table(): Pick<RouteTable, 'rootShift' | 'root' | 'middle' | 'leaves' | 'deep'> {
    const wide = this.ranges.length >= WIDE_ROOT_RANGES;
    const rootShift = wide ? 16 : 24;
    const root = this.cut(0, ADDRESSES, 2 ** (32 - rootShift), (begin) => (wide ? this.leafBlock(begin) : this.middleBlock(begin)));
    if (this.leaves.length < FLAT_LEAVES) return { rootShift, root, middle: this.middle, leaves: this.leaves, deep: this.deep };
    return { rootShift, root: [], middle: [], leaves: root.flatMap((begin) => this.leaves.slice(begin, begin + BLOCK)), deep: this.deep };
  }

  private middleBlock(begin: number): number {
    return this.block('middle', this.middle, begin, 2 ** 24, (part) => this.leafBlock(part));
  }

  private leafBlock(begin: number): number {
    return this.block('leaves', this.leaves, begin, 2 ** 16, (part) => {
      if (!this.reach(part, BLOCK)) return this.ranges[this.at]!.hop;
      return this.hops + this.block('deep', this.deep, part, BLOCK, (address) => (this.reach(address, 1), this.ranges[this.at]!.hop)) / BLOCK;
    });
  }

  /** Where the block for `size` addresses from `begin` on is in `list`: made, or one that says the same. */
  private block(level: string, list: number[], begin: number, size: number, entry: (begin: number) => number): number {
    const key = this.reach(begin, size) ? undefined : `${level} ${this.ranges[this.at]!.hop}`;
    const known = key === undefined ? undefined : this.plain.get(key);
    if (known !== undefined) return known;
    const entries = this.cut(begin, size, BLOCK, entry);
    const place = list.length;
    for (const value of entries) list.push(value);
    if (key !== undefined) this.plain.set(key, place);
    return place;
  }

  private cut(begin: number, size: number, parts: number, entry: (begin: number) => number): number[] {
    return Array.from({ length: parts }, (_, part) => entry(begin + (part * size) / parts));
  }

  /** Goes on to the range that holds `begin`; whether another one begins within the `size` addresses. */
  private reach(begin: number, size: number): boolean {
    while (this.at + 1 < this.ranges.length && this.ranges[this.at + 1]!.start <= begin) this.at += 1;
    return this.at + 1 < this.ranges.length && this.ranges[this.at + 1]!.start < begin + size;
  }
}

/** The address space as ranges with one answer each, neighbours with the same answer joined. */
function rangesOf(list: readonly Route[], hopOf: readonly number[]): Range[] {
  const byNetwork = new Map<string, number>();
  list.forEach((route, index) => {
    const network = networkOf(route);
    if (!byNetwork.has(network)) byNetwork.set(network, index);
  });
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
  const leaf = table.leaves[leafOf(table, address)]!;
  if (leaf < table.hops) return leaf;
  return table.deep[(leaf - table.hops) * 256 + (address & 255)]!;
}

/** Where the leaf for `address` is. */
function leafOf(table: RouteTable, address: u32): number {
  if (table.root.length === 0) return address >>> 8;
  let place = table.root[address >>> table.rootShift]!;
  if (table.middle.length > 0) place = table.middle[place + ((address >>> 16) & 255)]!;
  return place + ((address >>> 8) & 255);
}
