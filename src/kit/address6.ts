/** IPv6 addresses as text and as four 32-bit words, the first one first (RFC 4291, RFC 5952). */
import { formatIpv4, parseIpv4 } from './address.js';
import type { u32 } from './integers.js';

export type Ipv6Address = readonly [u32, u32, u32, u32];

/** The 16-bit groups of `text`, a part of an address on one side of `::`; the last one may be an IPv4 address. */
function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const embedded = index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (embedded !== undefined) groups.push(embedded >>> 16, embedded & 0xffff);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** An IPv6 address such as `2001:db8::1` or `::ffff:10.0.0.1` (RFC 4291, 2.2), or undefined. */
export function parseIpv6(text: string): Ipv6Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [front, back] = halves.map(groupsOf);
  if (front === undefined || (halves.length === 2 && back === undefined)) return undefined;
  // An IPv4 address stands for the end of the whole address only.
  if (halves.length === 2 && halves[0]!.includes('.')) return undefined;
  const missing = 8 - front.length - (back?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...front, ...new Array<number>(missing).fill(0), ...(back ?? [])];
  const word = (index: number): u32 => groups[index * 2]! * 0x1_0000 + groups[index * 2 + 1]!;
  return [word(0), word(1), word(2), word(3)];
}

/** The address in lower case, its longest row of zero groups (the first of several) as `::` (RFC 5952, 4). */
export function formatIpv6(address: Ipv6Address): string {
  const groups = address.flatMap((word) => [word >>> 16, word & 0xffff]);
  let [start, length] = [0, 0];
  for (let at = 0; at < groups.length; at += 1) {
    let end = at;
    while (groups[end] === 0) end += 1;
    if (end - at > length) [start, length] = [at, end - at];
  }
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/** As Click writes it: as formatIpv6, with an IPv4 address in the last four bytes where that is one behind ::ffff. */
export function formatClickIpv6(address: Ipv6Address): string {
  const [word0, word1, word2, word3] = address;
  return word0 === 0 && word1 === 0 && word2 === 0xffff ? `::ffff:${formatIpv4(word3)}` : formatIpv6(address);
}
