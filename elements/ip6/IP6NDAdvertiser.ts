/**
 * Answers neighbour solicitations (RFC 4861, 7.2) for IPv6 addresses, as ARPResponder answers ARP requests. Each argument is networks or
 * addresses and the MAC address to answer with: `2001:db8::1 02:00:00:00:00:01`. Other frames end here.
 *
 * A solicitation counts if its checksum is right and its hop limit 255: then it comes from the link itself.
 */
import { consumed, defineElement, drop, ethernet, example, formatIpv6, formatMac, formatMacDashed, parsed, parseIpv6, parseMac, rest, type Ipv6Address, type Parsed } from 'wirelet';
import { advertisement, solicitation } from './neighbour-example.js';
import { FRAME_BYTES, isMessage, SOLICITATION, targetWord, writeAdvertisement } from './neighbour.js';
import { maskOf } from './route.js';

interface Entry {
  readonly networks: readonly { readonly address: Ipv6Address; readonly length: number }[];
  readonly mac: number;
}

function readEntry(text: string): Parsed<Entry> {
  const networks: Entry['networks'][number][] = [];
  let mac: number | undefined;
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const [name, size = '128'] = word.split('/');
    const address = parseIpv6(name!);
    const own = parseMac(word);
    if (own !== undefined) mac = own;
    else if (address !== undefined && /^\d{1,3}$/.test(size) && Number(size) <= 128) networks.push({ address, length: Number(size) });
    else return { error: `"${word}" is neither an IPv6 address or network nor a MAC address` };
  }
  if (networks.length === 0) return { error: 'an IPv6 address or network is missing' };
  return mac === undefined ? { error: 'the MAC address to answer with is missing' } : { value: { networks, mac } };
}

const textOf = ({ networks, mac }: Entry) => `${networks.map(({ address, length }) => `${formatIpv6(address)}/${length}`).join(' ')} ${formatMac(mac)}`;
const config = '2001:db8::1 02:00:00:00:00:01, 2001:db8:1::/48 02:00:00:00:00:05';

export default defineElement({
  name: 'IP6NDAdvertiser',
  config: { entries: rest(parsed('IPv6 addresses with a MAC address', { doc: 'Addresses to answer for, and the MAC address to answer with.' }, readEntry, textOf), { min: 1, max: 1024 }) },
  ports: { inputs: { in: 'Ethernet frames with neighbour solicitations.' }, outputs: { out: 'Advertisements, as Ethernet frames.' } },
  drops: { no_solicitation: 'The frame is no solicitation, or a wrong one.', other_address: 'It asks for another address.', no_room: 'No packet buffer was free.' },
  endsLoops: 'It answers solicitations with advertisements, and nothing else.',
  build({ config }) {
    const all = config.entries.flatMap(({ networks, mac }) => networks.map(({ address, length }) => ({ mask: maskOf(length), words: address.map((word, index) => (word & maskOf(length)[index]!) >>> 0), mac, length })));
    return { entries: all.sort((a, b) => b.length - a.length) };
  },
  process(packet, { built, outputs, packets, emit }) {
    if (!isMessage(packet, SOLICITATION)) return drop('no_solicitation');
    const word0 = targetWord(packet, 0);
    const word1 = targetWord(packet, 1);
    const word2 = targetWord(packet, 2);
    const word3 = targetWord(packet, 3);
    let mac = -1;
    for (const { mask, words, mac: own } of built.entries) {
      const front = (word0 & mask[0]!) >>> 0 === words[0] && (word1 & mask[1]!) >>> 0 === words[1];
      if (mac < 0 && front && (word2 & mask[2]!) >>> 0 === words[2] && (word3 & mask[3]!) >>> 0 === words[3]) mac = own;
    }
    if (mac < 0) return drop('other_address');
    const answer = packets.ofLength(FRAME_BYTES);
    if (answer === null) return drop('no_room');
    writeAdvertisement(answer, packet, mac);
    emit(outputs.out, answer);
    return consumed;
  },
  handlers: { table: { doc: 'Networks and the MAC addresses to answer with, a line each.', read: ({ config }) => config.entries.flatMap(({ networks, mac }) => networks.map(({ address, length }) => `${formatIpv6(address)}/${length} ${formatMacDashed(mac)}\n`)).join('') } },
  examples: [
    example('answers for an address', solicitation('2001:db8::2', 2, '2001:db8::1'), { out: advertisement('2001:db8::1', 0x0200_0000_0001, '2001:db8::2', 2) }, { config }),
    example('answers for a network', solicitation('2001:db8::2', 2, '2001:db8:1::9'), { out: advertisement('2001:db8:1::9', 0x0200_0000_0005, '2001:db8::2', 2) }, { config }),
    example('tells everybody when the asker has no address', solicitation('::', 2, '2001:db8::1'), { out: advertisement('2001:db8::1', 0x0200_0000_0001, 'ff02::1', 0x3333_0000_0001, 0x20) }, { config }),
    example('does not answer for others', solicitation('2001:db8::2', 2, '2001:db8::7'), { drop: 'other_address' }, { config }),
    example('does not answer what a router passed on', solicitation('2001:db8::2', 2, '2001:db8::1', { hop_limit: 64 }), { drop: 'no_solicitation' }, { config }),
    example('does not answer other frames', ethernet.make({ type: 0x86dd }, new Uint8Array(80)), { drop: 'no_solicitation' }, { config }),
  ],
});
