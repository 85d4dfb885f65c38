/** Addresses as text and as numbers: 48-bit MAC addresses, 32-bit IPv4 addresses and prefixes. */
import { byteSwapped } from './byte-order.js';
import type { u32, u48 } from './integers.js';

/** A MAC address of six hex bytes joined by `:` or `-`, or undefined. */
export function parseMac(text: string): u48 | undefined {
  if (!/^[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}$/i.test(text)) return undefined;
  return text.split(/[:-]/).reduce((value, part) => value * 256 + parseInt(part, 16), 0);
}

export function formatMac(address: u48): string {
  const digits = address.toString(16).padStart(12, '0');
  return digits.match(/../g)!.join(':');
}

/** As Click writes it: upper case, joined by dashes. */
export function formatMacDashed(address: u48): string {
  return formatMac(address).toUpperCase().replaceAll(':', '-');
}

/** A dotted-quad IPv4 address, or undefined. */
export function parseIpv4(text: string): u32 | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1).map(Number);
  if (parts.some((part) => part > 255)) return undefined;
  return parts.reduce((value, part) => value * 256 + part, 0);
}

export function formatIpv4(address: u32): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}

/** An IPv4 prefix: `address` may have host bits, as in an interface address. */
export interface Prefix {
  readonly address: u32;
  /** Bits, 0..32. */
  readonly length: number;
  readonly mask: u32;
}

export function prefix(address: u32, length: number): Prefix {
  return Object.freeze({ address, length, mask: maskOfLength(length) });
}

/** The network mask of `length` leading ones. */
export function maskOfLength(length: number): u32 {
  return length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0;
}

/** Leading ones of a contiguous mask, or undefined. */
export function lengthOfMask(mask: u32): number | undefined {
  const ones = Math.clz32(~mask);
  return maskOfLength(ones) === mask ? ones : undefined;
}

/** `a.b.c.d/length`, `a.b.c.d/mask`, `a.b/length` with no more bits than bytes say, or (as one host) `a.b.c.d`; undefined when it is none of them. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) {
    const address = parseIpv4(text);
    return address === undefined ? undefined : prefix(address, 32);
  }
  const head = text.slice(0, slash);
  const tail = text.slice(slash + 1);
  if (/^\d{1,2}$/.test(tail)) {
    const length = Number(tail);
    const bytes = head.split('.').length;
    const address = parseIpv4(head + '.0'.repeat(Math.max(0, 4 - bytes)));
    return address === undefined || length > 32 || length > bytes * 8 ? undefined : prefix(address, length);
  }
  const address = parseIpv4(head);
  const mask = parseIpv4(tail);
  const length = mask === undefined ? undefined : lengthOfMask(mask);
  return address === undefined || length === undefined ? undefined : prefix(address, length);
}

export function formatPrefix({ address, length }: Prefix): string {
  return `${formatIpv4(address)}/${length}`;
}

/** An address in hexadecimal, its bytes backwards: as Click prints the number that a little-endian machine keeps it as. */
export function hexadecimalBackwards(address: u32): string {
  return byteSwapped(address).toString(16);
}

/** Whether `address` lies in the network of `net`. */
export function inPrefix(address: u32, net: Prefix): boolean {
  return ((address ^ net.address) & net.mask) === 0;
}
