/** Arguments of elements that answer for IPv6 addresses: `ADDRESS[/LENGTH]... MAC`. */
import { formatIpv6, formatMac, parsed, parseInteger, parseIpv6, parseMac, type ArgumentScope, type Ipv6Address, type Kind, type Parsed } from 'wirelet';
import { maskOf } from './route.js';

export interface NeighbourEntry {
  readonly networks: readonly { readonly address: Ipv6Address; readonly length: number }[];
  readonly mac: number;
}

export function neighbourEntry(options: { doc: string }): Kind<NeighbourEntry> {
  const text = ({ networks, mac }: NeighbourEntry) => `${networks.map(({ address, length }) => (length === 128 ? formatIpv6(address) : `${formatIpv6(address)}/${length}`)).join(' ')} ${formatMac(mac)}`;
  return parsed('IPv6 addresses with a MAC address', options, readEntry, text);
}

function readEntry(text: string, scope: ArgumentScope): Parsed<NeighbourEntry> {
  const networks: { address: Ipv6Address; length: number }[] = [];
  let mac: number | undefined;
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const [name, size = '128'] = word.split('/');
    const address = parseIpv6(name!);
    const length = parseInteger(size);
    const named = parseMac(word) ?? scope.address(word, 'mac');
    if (address !== undefined && length !== undefined && length >= 0 && length <= 128) networks.push({ address, length });
    else if (typeof named === 'number') mac = named;
    else return { error: `"${word}" is neither an IPv6 address or network nor a MAC address`, hint: 'For example 2001:db8::1 02:00:00:00:00:01.' };
  }
  if (networks.length === 0) return { error: 'an IPv6 address or network is missing' };
  if (mac === undefined) return { error: 'the MAC address to answer with is missing' };
  return { value: { networks, mac } };
}

/** The words of what must agree, the longest prefix first. */
export function neighbourTable(entries: readonly NeighbourEntry[]): { readonly network: readonly number[]; readonly mask: readonly number[]; readonly mac: number }[] {
  const all = entries.flatMap(({ networks, mac }) => networks.map(({ address, length }) => ({ address, mac, length, mask: maskOf(length) })));
  all.sort((a, b) => b.length - a.length);
  return all.map(({ address, mask, mac }) => ({ network: address.map((word, index) => (word & mask[index]!) >>> 0), mask, mac }));
}
