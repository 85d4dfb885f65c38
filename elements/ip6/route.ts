/** IPv6 routes as Click writes them: `NETWORK/LENGTH [GATEWAY] OUTPUT`. */
import { formatIpv6, parsed, parseInteger, parseIpv6, readIpv6, type ArgumentScope, type Ipv6Address, type Kind, type Parsed } from 'wirelet';

export interface Route6 {
  readonly network: Ipv6Address;
  /** Bits of the network's prefix, 0..128. */
  readonly length: number;
  /** The next hop; undefined: the destination itself. */
  readonly gateway: Ipv6Address | undefined;
  readonly output: number;
}

/** Outputs that a route table may name. */
const OUTPUTS_MAX = 1024;

/** The four words of the mask of a prefix. */
export function maskOf(length: number): number[] {
  return [0, 32, 64, 96].map((before) => {
    const bits = Math.min(32, Math.max(0, length - before));
    return 2 ** 32 - 2 ** (32 - bits);
  });
}

/** `ADDRESS/LENGTH`, `ADDRESS/MASK`, an address alone, or the name of either; bits behind the prefix are cleared. Undefined when it is none of them. */
export function readNetwork6(text: string, scope: ArgumentScope): Pick<Route6, 'network' | 'length'> | undefined {
  const [name, size, ...more] = text.split('/');
  const named = scope.address6?.(name!);
  const address = parseIpv6(name!) ?? named?.address;
  const length = size === undefined ? (named?.length ?? 128) : (parseInteger(size) ?? lengthOf(readIpv6(size, scope)));
  if (address === undefined || length === undefined || length < 0 || length > 128 || more.length > 0) return undefined;
  const [a, b, c, d] = maskOf(length).map((mask, index) => (address[index]! & mask) >>> 0);
  return { network: [a!, b!, c!, d!], length };
}

/** Bits of the prefix that a mask stands for; undefined: it is no mask. */
function lengthOf(mask: Ipv6Address | undefined): number | undefined {
  if (mask === undefined) return undefined;
  const bits = mask.map((word) => word.toString(2).padStart(32, '0')).join('');
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined;
}

export function formatRoute6({ network, length, gateway, output }: Route6): string {
  return `${formatIpv6(network)}/${length} ${gateway === undefined ? '::' : formatIpv6(gateway)} ${output}`;
}

/** The kind of one route among the arguments of an element. */
export function route6(options: { doc: string }): Kind<Route6> {
  return parsed('IPv6 route', { ...options, schema: { type: 'string' } }, readRoute6, formatRoute6);
}

/** The next hop that an address names; undefined: that of all zeros names none. */
export const gatewayOf = (address: Ipv6Address | undefined): Ipv6Address | undefined => (address?.some((word) => word !== 0) === true ? address : undefined);

function readRoute6(text: string, scope: ArgumentScope): Parsed<Route6> {
  const read = readWords(text, scope);
  return 'error' in read ? { ...read, click: 'argument %d should be DADDR/MASK [GW] OUTPUT' } : read;
}

function readWords(text: string, scope: ArgumentScope): Parsed<Route6> {
  const words = text.trim().split(/\s+/);
  if (words.length < 2 || words.length > 3) return { error: `expected NETWORK/LENGTH [GATEWAY] OUTPUT, got "${text}"`, hint: 'For example 2001:db8::/32 fe80::1 1, or ::/0 2.' };
  const found = readNetwork6(words[0]!, scope);
  if (found === undefined) return wrongWord(text, words[0]!, 'an IPv6 network such as 2001:db8::/32');
  const via = words.length === 3 && words[1] !== '-' ? readIpv6(words[1]!, scope) : undefined;
  if (words.length === 3 && words[1] !== '-' && via === undefined) return wrongWord(text, words[1]!, 'the IPv6 address of a gateway');
  const output = parseInteger(words.at(-1)!);
  if (output === undefined || output < 0 || output >= OUTPUTS_MAX) return wrongWord(text, words.at(-1)!, `an output from 0 to ${OUTPUTS_MAX - 1}`);
  return { value: { ...found, gateway: gatewayOf(via), output } };
}

function wrongWord(text: string, word: string, expected: string): { error: string; place: { offset: number; length: number } } {
  return { error: `expected ${expected}, got "${word}"`, place: { offset: text.indexOf(word), length: word.length } };
}
