/** The check of IPv4 headers (RFC 791, 3.1), as the elements have it that begin with one. */
import { checksum, dropHandlers, ipv4Address, ipv4Prefix, type Counter, type Packet, type Prefix, words } from 'wirelet';

/** Arguments that say which sources are bad, and for which destinations that does not matter. */
export const sourceArguments = {
  interfaces: words(ipv4Prefix({ doc: 'Networks of this host, with its addresses in them: their broadcast addresses, 0.0.0.0 and 255.255.255.255 are bad sources; packets for its addresses pass whatever their source.' }), { keyword: true }),
  badsrc: words(ipv4Address({ doc: 'Addresses that no source has.' }), { keyword: true }),
  gooddst: words(ipv4Address({ doc: 'Destinations for which the source does not matter.' }), { keyword: true }),
};

export const checkCounters = {
  short: 'Packets too short for a header.',
  bad_version: 'Not version 4.',
  bad_header_length: 'The header is said to be shorter than 20 bytes, or longer than the packet.',
  bad_length: 'The packet is said to be shorter than its header, or longer than it is.',
  bad_checksum: 'The checksum is wrong.',
  bad_source: 'The source is an address that no host has.',
};

type Counters = Readonly<Record<keyof typeof checkCounters, Counter>>;

export const checkHandlers = dropHandlers({
  short: 'tiny packet',
  bad_version: 'bad IP version',
  bad_header_length: 'bad IP header length',
  bad_length: 'bad IP length',
  bad_checksum: 'bad IP checksum',
  bad_source: 'bad source address',
});

export interface Sources {
  /** Sources of no host. */
  readonly bad: readonly number[];
  /** Destinations for which the source does not matter. */
  readonly good: readonly number[];
}

/** The last address of a network. */
function broadcastOf({ address, mask }: Prefix): number {
  return (address | ~mask) >>> 0;
}

export function sourcesOf(config: { readonly interfaces: readonly Prefix[]; readonly badsrc: readonly number[]; readonly gooddst: readonly number[] }): Sources {
  const own = config.interfaces.filter(({ length }) => length < 31);
  const everywhere = config.interfaces.length > 0 ? [0, 0xffff_ffff] : [];
  return {
    bad: [...new Set([...everywhere, ...own.map(broadcastOf), ...config.badsrc])],
    good: [...new Set([...config.interfaces.map(({ address }) => address), ...config.gooddst])],
  };
}

/** Bytes of the header at `offset`, if it is right and the packet's source may be one; else 0, and why is counted. */
export function checkHeader(packet: Packet, offset: number, withChecksum: boolean, lists: Sources, counters: Counters): number {
  const length = packet.length - offset;
  if (length < 20) {
    counters.short.add(1);
    return 0;
  }
  const first = packet.loadU8(offset);
  // Most headers have no options: for those all that follows is known to be 20 bytes.
  if (first === 0x45) return checkRest(packet, offset, length, 20, withChecksum, lists, counters);
  if (first >>> 4 !== 4) {
    counters.bad_version.add(1);
    return 0;
  }
  const header = (first & 15) * 4;
  if (header < 20 || header > length) {
    counters.bad_header_length.add(1);
    return 0;
  }
  return checkRest(packet, offset, length, header, withChecksum, lists, counters);
}

/** As checkHeader, once the header's length is known to be right. */
function checkRest(packet: Packet, offset: number, length: number, header: number, withChecksum: boolean, lists: Sources, counters: Counters): number {
  const total = packet.loadU16(offset + 2);
  if (total < header || total > length) {
    counters.bad_length.add(1);
    return 0;
  }
  if (withChecksum && checksum.sum(packet, offset, header) !== 0xffff) {
    counters.bad_checksum.add(1);
    return 0;
  }
  const source = packet.loadU32(offset + 12);
  const destination = packet.loadU32(offset + 16);
  let bad = false;
  for (const address of lists.bad) if (source === address) bad = true;
  if (bad) {
    for (const address of lists.good) if (destination === address) bad = false;
  }
  if (bad) {
    counters.bad_source.add(1);
    return 0;
  }
  packet.markNetworkHeader(offset);
  packet.markTransportHeader(offset + header);
  packet.truncate(offset + total);
  return header;
}
