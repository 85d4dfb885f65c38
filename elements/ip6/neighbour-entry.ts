/** Arguments of elements that answer for IPv6 addresses: `ADDRESS[/LENGTH]... MAC`. */
import { formatIpv6, formatMac, parsed, parseMac, type ArgumentScope, type Ipv6Address, type Kind, type Parsed } from 'wirelet';
import { maskOf, readNetwork6 } from './route.js';

export interface NeighbourEntry {
  readonly networks: readonly { readonly address: Ipv6Address; readonly length: number }[];
  readonly mac: number;
}

export function neighbourEntry(options: { doc: string }): Kind<NeighbourEntry> {
  const text = ({ networks, mac }: NeighbourEntry) => `${networks.map(({ address, length }) => (length === 128 ? formatIpv6(address) : `${formatIpv6(address)}/${length}`)).join(' ')} ${formatMac(mac)}`;
  return parsed('IPv6 addresses with a MAC address', options, readEntry, text);
}

const EXAMPLE = 'For example 2001:db8::1 02:00:00:00:00:01.';

/** What is wrong with a word; Click numbers arguments from 0. */
const WRONG = {
  word: (word: string) => ({ error: `"${word}" is neither an IPv6 address or network nor a MAC address`, click: "argument %i should be `IP6/MASK ETHADDR'" }),
  several: { error: 'there is more than one MAC address', click: 'argument %i has more than one Ethernet address' },
  none: { error: 'an IPv6 address or network is missing', click: 'argument %i had no IP6 address and masks' },
};

function readEntry(text: string, scope: ArgumentScope): Parsed<NeighbourEntry> {
  const networks: { address: Ipv6Address; length: number }[] = [];
  let mac: number | undefined;
  const wrong: { readonly error: string; readonly click: string }[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const net = readNetwork6(word, scope);
    const named = parseMac(word) ?? scope.address(word, 'mac');
    if (net !== undefined) networks.push({ address: net.network, length: net.length });
    else if (typeof named !== 'number') {
      wrong.push(WRONG.word(word));
      break;
    } else {
      if (mac !== undefined) wrong.push(WRONG.several);
      mac = named;
    }
  }
  if (networks.length === 0) wrong.push(WRONG.none);
  if (wrong.length === 0 && mac === undefined) return { error: 'the MAC address to answer with is missing', click: WRONG.word('').click, hint: EXAMPLE };
  if (wrong.length > 0) return { error: wrong.map(({ error }) => error).join('; '), click: wrong.map(({ click }) => click).join('\n'), hint: EXAMPLE };
  return { value: { networks, mac: mac! } };
}

/** The words of what must agree, the longest prefix first, and of several for one network the last. */
export function neighbourTable(entries: readonly NeighbourEntry[]): { readonly network: readonly number[]; readonly mask: readonly number[]; readonly mac: number }[] {
  const all = entries.flatMap(({ networks, mac }) => networks.map(({ address, length }) => ({ address, mac, length, mask: maskOf(length) })));
  return all.reverse().sort((a, b) => b.length - a.length).map(({ address, mask, mac }) => ({ network: address.map((word, index) => (word & mask[index]!) >>> 0), mask, mac }));
}
