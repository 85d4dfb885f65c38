/** Values of a header's field over many frames: one, a range with a step, or a list of these. */
import { isIPv6 } from 'node:net';
import type { Diagnostics } from '../../diagnostics.js';
import { entryOf, textOf, type DocumentNode, type MapNode } from '../../graph/document.js';
import { parseIpv4, parseMac } from '../../kit/address.js';

/** What a description of frames is refused with. */
export const CODE = 'WL4026';

/** Values of one field, at most. */
const VALUES_MAX = 1 << 20;

/** How a field is written, and what fits into it. */
export interface FieldKind {
  readonly bits: number;
  readonly what: string;
  readonly example: string;
  parse(text: string): bigint | undefined;
}

/** Values in order; frame `index` has `at(index)`, from the beginning again behind the last. */
export interface FieldValues {
  readonly count: number;
  at(index: number): bigint;
}

const optional = (value: number | undefined) => (value === undefined ? undefined : BigInt(value));

export const MAC: FieldKind = { bits: 48, what: 'a MAC address', example: '02:00:00:00:00:01', parse: (text) => optional(parseMac(text)) };
export const IPV4: FieldKind = { bits: 32, what: 'an IPv4 address', example: '10.0.0.1', parse: (text) => optional(parseIpv4(text)) };
export const IPV6: FieldKind = { bits: 128, what: 'an IPv6 address', example: '2001:db8::1', parse: parseIpv6 };

/** A whole number of so many bits, decimal or (`0x`) hexadecimal. */
export function number(bits: number): FieldKind {
  const parse = (text: string) => (/^(\d{1,12}|0x[0-9a-fA-F]{1,10})$/.test(text) ? BigInt(text) : undefined);
  return { bits, what: `a number from 0 to ${2 ** bits - 1}`, example: '7', parse };
}

export const fixed = (value: bigint): FieldValues => ({ count: 1, at: () => value });

/** The values of a node; undefined, with a diagnostic, when they are none. */
export function readValues(node: DocumentNode, kind: FieldKind, diagnostics: Diagnostics): FieldValues | undefined {
  if (node.kind === 'list') {
    const parts = node.items.map((item) => readValues(item, kind, diagnostics));
    const whole = parts.filter((part) => part !== undefined);
    if (whole.length < parts.length) return undefined;
    if (whole.length > 0) return joined(whole);
  }
  const range = node.kind === 'map' ? mappedRange(node, kind) : textRange(textOf(node)?.value ?? '', kind);
  if (typeof range === 'object') return range;
  diagnostics.error(CODE, node.span, range ?? `this is not ${kind.what}`, `Write for example ${kind.example}, or a range: ${kind.example}-${lastExample(kind)} step 1.`);
  return undefined;
}

const lastExample = ({ example }: FieldKind) => example.replace(/\d+$/, (last) => `${Number(last) + 8}`);

/** `{ from: LO, to: HI, step: S }`. A text is what is wrong. */
function mappedRange(map: MapNode, kind: FieldKind): FieldValues | string | undefined {
  const text = (key: string) => {
    const entry = entryOf(map, key);
    return entry && textOf(entry.value)?.value;
  };
  const unknown = map.entries.find(({ key }) => !['from', 'to', 'step'].includes(key.value));
  if (unknown !== undefined) return `a range has from, to and step, not "${unknown.key.value}"`;
  return rangeOf(text('from') ?? '', text('to') ?? '', text('step') ?? '1', kind);
}

/** `V`, `LO-HI`, `LO-HI step S`, or (addresses) `A/n`. */
function textRange(text: string, kind: FieldKind): FieldValues | string | undefined {
  const value = kind.parse(text);
  if (value !== undefined) return fits(value, kind) ? fixed(value) : undefined;
  const prefix = /^([^/]+)\/(\d{1,3})$/.exec(text);
  if (prefix !== null && (kind === IPV4 || kind === IPV6)) return prefixOf(kind.parse(prefix[1]!), Number(prefix[2]), kind);
  const range = /^([^-]+)-([^-\s]+)(?:\s+step\s+(\d+))?$/.exec(text);
  return range === null ? undefined : rangeOf(range[1]!.trim(), range[2]!, range[3] ?? '1', kind);
}

function prefixOf(address: bigint | undefined, length: number, { bits }: FieldKind): FieldValues | string | undefined {
  if (address === undefined || length > bits) return undefined;
  const count = 1n << BigInt(bits - length);
  if (count > VALUES_MAX) return `the prefix has more than ${VALUES_MAX} addresses`;
  const first = address - (address % count);
  return steps(first, 1n, Number(count));
}

function rangeOf(from: string, to: string, by: string, kind: FieldKind): FieldValues | string | undefined {
  const first = kind.parse(from);
  const last = kind.parse(to);
  const step = number(64).parse(by);
  if (first === undefined || last === undefined || step === undefined || !fits(last, kind)) return undefined;
  if (step === 0n) return 'a step of 0 leads nowhere';
  if (last < first) return `the range ends before it begins: ${to} is less than ${from}`;
  const count = (last - first) / step + 1n;
  return count > VALUES_MAX ? `the range has more than ${VALUES_MAX} values` : steps(first, step, Number(count));
}

const fits = (value: bigint, { bits }: FieldKind) => value >> BigInt(bits) === 0n;

const steps = (first: bigint, step: bigint, count: number): FieldValues => ({ count, at: (index) => first + BigInt(index % count) * step });

function joined(parts: readonly FieldValues[]): FieldValues {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const at = (index: number) => {
    let place = index % count;
    const part = parts.find((candidate) => {
      if (place < candidate.count) return true;
      place -= candidate.count;
      return false;
    });
    return part!.at(place);
  };
  return { count, at };
}

/** RFC 4291, section 2.2. */
function parseIpv6(text: string): bigint | undefined {
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const plain = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a, b, c, d] = bytes.map(Number) as [number, number, number, number];
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = '', tail] = plain.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const front = groups(head);
  const back = groups(tail ?? '');
  const middle = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return [...front, ...middle, ...back].reduce((value, group) => (value << 16n) + BigInt(`0x${group}`), 0n);
}
