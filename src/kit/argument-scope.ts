/** What arguments may refer to besides themselves: addresses, ports and the like that have names. */
import { lengthOfMask, maskOfLength, parseIpv4, prefix, type Prefix } from './address.js';
import type { Ipv6Address } from './address6.js';
import type { u32 } from './integers.js';

/** An IPv6 address that has a name, and the bits of its network if that was named, too. */
export interface NamedIpv6 {
  readonly address: Ipv6Address;
  readonly length: number | undefined;
}

/** What an argument may refer to besides itself. */
export interface ArgumentScope {
  /** The address that `name` stands for: an interface's, or one declared by AddressInfo. */
  address(name: string, family: 'mac' | 'ipv4' | 'prefix'): number | Prefix | undefined;
  /** The IPv6 address that `name` stands for (AddressInfo). */
  address6?(name: string): NamedIpv6 | undefined;
  /** The port number that `name` stands for (PortInfo, IANA names). */
  port(name: string, protocol: 'tcp' | 'udp' | undefined): number | undefined;
  /** Where the annotation lies that AnnotationInfo calls `name`; 0 bytes: of any size. */
  annotation?(name: string): { readonly offset: number; readonly size: number } | undefined;
  /** Whether a SpinlockInfo declares a lock of that name. */
  lock?(name: string): boolean;
  /** How many outputs of the element are connected, where that is known. */
  readonly outputs?: number;
}

/** The scope of an element with that many connected outputs. */
export function withOutputs(scope: ArgumentScope, outputs: number): ArgumentScope {
  return Object.assign(Object.create(scope) as ArgumentScope, { outputs });
}

export const EMPTY_SCOPE: ArgumentScope = { address: () => undefined, port: () => undefined };

/** The IPv4 address that `text` is, or has as a name; undefined: it is none. */
export function readIpv4(text: string, scope: ArgumentScope): u32 | undefined {
  const found = parseIpv4(text) ?? scope.address(text, 'ipv4');
  return typeof found === 'number' ? found : undefined;
}

/**
 * An IPv4 address with a mask of any bits: `a.b.c.d/length`, `a.b.c.d/mask`, or `a.b/length` with no more bits than bytes say; address and mask may have
 * names. Undefined when it is none of them.
 */
export function readMasked(text: string, scope: ArgumentScope): { readonly address: u32; readonly mask: u32 } | undefined {
  const slash = text.lastIndexOf('/');
  if (slash < 0) return undefined;
  const [head, tail] = [text.slice(0, slash), text.slice(slash + 1)];
  const bytes = /^\d+(\.\d+){0,2}$/.test(head) ? head.split('.').length : 4;
  const address = bytes < 4 ? parseIpv4(head + '.0'.repeat(4 - bytes)) : readIpv4(head, scope);
  if (address === undefined) return undefined;
  if (/^\d{1,2}$/.test(tail)) return Number(tail) > bytes * 8 ? undefined : { address, mask: maskOfLength(Number(tail)) };
  const mask = bytes < 4 ? undefined : readIpv4(tail, scope);
  return mask === undefined ? undefined : { address, mask };
}

/** An IPv4 prefix: as `readMasked`, one host, or a name of a prefix. Undefined when it is none of them. */
export function readPrefix(text: string, scope: ArgumentScope): Prefix | undefined {
  const host = parseIpv4(text);
  if (host !== undefined) return prefix(host, 32);
  const masked = readMasked(text, scope);
  const length = masked === undefined ? undefined : lengthOfMask(masked.mask);
  if (masked !== undefined && length !== undefined) return prefix(masked.address, length);
  const named = scope.address(text, 'prefix');
  return typeof named === 'object' ? named : undefined;
}
