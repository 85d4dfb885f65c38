/** Patterns of rewriters: what the addresses and ports of a new flow become (Click's IPRewriter). */
import { formatIpv4, parseInteger, parseIpv4, parsePrefix, readIpv4, readPort, type ArgumentScope, type Parsed } from 'wirelet';

/** How one of several ports or addresses is chosen: the packet's own first, in sequence, or at random. */
export const CHOICE = Object.freeze({ none: 0, own_first: 1, sequential: 2, random: 3 });

export interface Pattern {
  /** Replacements; -1: what the packet has is kept. */
  readonly saddr: number;
  readonly sport: number;
  readonly daddr: number;
  readonly dport: number;
  /** Source ports, or source addresses, that may be taken from `sport` or `saddr` on; 1: just that. */
  readonly count: number;
  readonly choice: number;
  /** It is addresses, not ports, of which there are several. */
  readonly varies_address: boolean;
  /** It speaks of ports. */
  readonly ports: boolean;
}

export const KEEP: Pattern = Object.freeze({ saddr: -1, sport: -1, daddr: -1, dport: -1, count: 1, choice: CHOICE.none, varies_address: false, ports: true });

const wrong = (word: string | undefined, expected: string, text: string, click: string) =>
  word === undefined
    ? { click, error: `${expected} is missing`, hint: 'Write pattern SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT.' }
    : { click, error: `expected ${expected}, got "${word}"`, place: { offset: Math.max(0, text.indexOf(word)), length: word.length } };

/** A word without the sign at its end that says how to choose. */
function withChoice(word: string): { range: string; choice: number } {
  if (word.endsWith('#')) return { range: word.slice(0, -1), choice: CHOICE.sequential };
  if (word.endsWith('?')) return { range: word.slice(0, -1), choice: CHOICE.random };
  return { range: word, choice: CHOICE.own_first };
}

interface Range {
  readonly low: number;
  readonly count: number;
  readonly choice: number;
}

/** `-`, an address, `LOW-HIGH` or a prefix, of which the first and last address are nobody's. */
function readAddresses(word: string, scope: ArgumentScope): Range | undefined {
  if (word === '-') return { low: -1, count: 1, choice: CHOICE.none };
  const single = readIpv4(word, scope);
  if (typeof single === 'number') return { low: single, count: 1, choice: CHOICE.none };
  const { range, choice } = withChoice(word);
  const [low, high] = range.split('-').map(parseIpv4);
  if (low !== undefined && high !== undefined && high >= low && range.split('-').length === 2) {
    return { low, count: high - low + 1, choice: choice === CHOICE.own_first ? CHOICE.random : choice };
  }
  const net = parsePrefix(range);
  if (net === undefined || !range.includes('/')) return undefined;
  const network = (net.address & net.mask) >>> 0;
  const hosts = ~net.mask >>> 0;
  if (net.length === 32) return { low: net.address, count: 1, choice: CHOICE.none };
  const pick = choice === CHOICE.own_first ? CHOICE.random : choice;
  return net.length === 31 ? { low: network, count: 2, choice: pick } : { low: network + 1, count: hosts - 1, choice: pick };
}

/** `-`, a port, or `LOW-HIGH`. */
function readPorts(word: string, scope: ArgumentScope): Range | undefined {
  if (word === '-') return { low: -1, count: 1, choice: CHOICE.none };
  const single = readPort(word, scope, undefined);
  if (single !== undefined && single > 0) return { low: single, count: 1, choice: CHOICE.none };
  const { range, choice } = withChoice(word);
  const match = /^(\d+)-(\d+)$/.exec(range);
  if (match === null) return undefined;
  const [low, high] = [Number(match[1]), Number(match[2])];
  return low > high || high > 65_535 ? undefined : { low, count: high - low + 1, choice };
}

/** `SADDR SPORT DADDR DPORT`, `SADDR DADDR SPORT`, or `SADDR DADDR`. */
export function readPattern(words: readonly string[], scope: ArgumentScope, text: string): Parsed<Pattern> {
  const withPorts = words.length > 2;
  const [sa, sp, da, dp] = words.length === 2 ? [words[0], undefined, words[1]] : words.length === 3 ? [words[0], words[2], words[1], '-'] : words;
  const source = sa === undefined ? undefined : readAddresses(sa, scope);
  if (source === undefined) return wrong(sa, 'a source address, a range of them, or -', text, 'bad source address');
  const ports = withPorts ? (sp === undefined ? undefined : readPorts(sp, scope)) : { low: -1, count: 1, choice: CHOICE.none };
  if (ports === undefined) return wrong(sp, 'a source port, a range such as 1024-65535, or -', text, 'bad source port');
  if (source.count > 1 && ports.count > 1) return wrong(sp, 'one source port, for there are several source addresses', text, 'bad source port');
  const daddr = da === '-' ? -1 : da === undefined ? undefined : readIpv4(da, scope);
  if (typeof daddr !== 'number') return wrong(da, 'a destination address or -', text, 'bad destination address');
  const dport = !withPorts || dp === '-' ? -1 : dp === undefined ? undefined : readPort(dp, scope, undefined);
  if (dport === undefined || dport === 0) return wrong(dp, 'a destination port or -', text, 'bad destination port');
  const several = source.count > 1 ? source : ports;
  return { value: { saddr: source.low, sport: ports.low, daddr, dport, count: several.count, choice: several.choice, varies_address: source.count > 1, ports: withPorts } };
}

/** As handlers show it: without the sign that says how to choose. */
export function patternText({ saddr, sport, daddr, dport, count, ports }: Pattern): string {
  const last = (low: number) => low + count - 1;
  if (!ports) return `${saddr < 0 ? '-' : count > 1 ? `${formatIpv4(saddr)}-${formatIpv4(last(saddr))}` : formatIpv4(saddr)} ${daddr < 0 ? '-' : formatIpv4(daddr)}`;
  const source = sport < 0 ? '-' : count > 1 ? `${sport}-${last(sport)}` : String(sport);
  return `${saddr < 0 ? '-' : formatIpv4(saddr)} ${source} ${daddr < 0 ? '-' : formatIpv4(daddr)} ${dport < 0 ? '-' : dport}`;
}

/** What is wrong is told of the element, not of the argument. */
export function asElement<T>(read: Parsed<T>): Parsed<T> {
  return 'error' in read ? { ...read, ofElement: true } : read;
}

/** Outputs of rewriters that may be named. */
export const OUTPUTS_MAX = 1024;

/** The number of an output, be there one or not; undefined: it is no number. */
export function readOutput(word: string | undefined): number | undefined {
  return word === undefined ? undefined : parseInteger(word);
}

export function isOutput(value: number): boolean {
  return value >= 0 && value < OUTPUTS_MAX;
}
