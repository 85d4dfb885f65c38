/** IPv6 addresses (RFC 4291) as four 32-bit words, as text (RFC 5952), and as arguments. */
import { formatIpv4, parseIpv4 } from './address.js';
import { parsed, type Kind } from './config.js';
import type { u32 } from './integers.js';

/** The words of an address, the highest first. */
export type Address6 = readonly [u32, u32, u32, u32];

export interface Prefix6 {
  readonly address: Address6;
  /** Bits, 0..128. */
  readonly length: number;
  readonly mask: Address6;
}

export const UNSPECIFIED6: Address6 = Object.freeze([0, 0, 0, 0]);

/** An address in any form of RFC 4291, 2.2; undefined: it is none. */
export function parseAddress6(text: string): Address6 | undefined {
  if (!/^[0-9a-f:.]+$/i.test(text)) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => groupsOf(half));
  const [before, after = []] = groups;
  if (before === undefined || groups.some((group) => group === undefined)) return undefined;
  const missing = 8 - before.length - after!.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...before, ...new Array<number>(Math.max(0, missing)).fill(0), ...after!];
  const word = (index: number) => all[2 * index]! * 65_536 + all[2 * index + 1]!;
  return [word(0), word(1), word(2), word(3)];
}

/** The 16-bit groups of `a:b:c` or `a:b:192.0.2.1`. */
function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const result: number[] = [];
  for (const [index, part] of parts.entries()) {
    const embedded = index === parts.length - 1 && part.includes('.') ? parseIpv4(part) : undefined;
    if (embedded !== undefined) result.push(embedded >>> 16, embedded & 0xffff);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) result.push(parseInt(part, 16));
    else return undefined;
  }
  return result;
}

/** As RFC 5952 writes it: small letters, the longest run of zero groups left out. */
export function formatAddress6(address: Address6): string {
  const groups = address.flatMap((word) => [word >>> 16, word & 0xffff]);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return `::ffff:${formatIpv4(address[3])}`;
  let [start, longest] = [-1, 1];
  for (let first = 0; first < 8; first += 1) {
    let end = first;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - first > longest) [start, longest] = [first, end - first];
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + longest))}`;
}

/** The mask of `length` leading ones. */
export function mask6(length: number): Address6 {
  const word = (index: number) => {
    const ones = Math.min(32, Math.max(0, length - 32 * index));
    return ones === 0 ? 0 : (0xffff_ffff << (32 - ones)) >>> 0;
  };
  return [word(0), word(1), word(2), word(3)];
}

/** `ADDRESS/LENGTH`; a bare address is one host. Undefined: it is neither. */
export function parsePrefix6(text: string): Prefix6 | undefined {
  const [host = '', bits, ...more] = text.split('/');
  const address = parseAddress6(host);
  const length = bits === undefined ? 128 : /^\d{1,3}$/.test(bits) ? Number(bits) : 129;
  if (address === undefined || more.length > 0 || length > 128) return undefined;
  return { address, length, mask: mask6(length) };
}

export function formatPrefix6({ address, length }: Prefix6): string {
  return `${formatAddress6(address)}/${length}`;
}

interface Options<T> {
  doc: string;
  default?: T;
  required?: boolean;
  keyword?: boolean;
}

export function ipv6Address(options: Options<Address6>): Kind<Address6> {
  return parsed<Address6>(
    'IPv6 address',
    options,
    (text) => {
      const value = parseAddress6(text);
      return value === undefined ? { error: `expected an IPv6 address such as 2001:db8::1, got "${text}"` } : { value };
    },
    formatAddress6,
  );
}

export function ipv6Prefix(options: Options<Prefix6>): Kind<Prefix6> {
  return parsed<Prefix6>(
    'IPv6 prefix',
    options,
    (text) => {
      const value = parsePrefix6(text);
      return value === undefined ? { error: `expected an IPv6 prefix such as 2001:db8::/32, got "${text}"` } : { value };
    },
    formatPrefix6,
  );
}
