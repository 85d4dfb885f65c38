/** The check of IPv4 headers (RFC 791, 3.1), as the elements have it that begin with one. */
import { checksum, complain, dropHandlers, ipv4Address, ipv4Prefix, register, words, type Complaints, type Counter, type Log, type Packet, type Prefix } from 'wirelet';

/** Arguments that say which sources are bad, and for which destinations that does not matter. */
export const sourceArguments = {
  interfaces: words(ipv4Prefix({ doc: 'Networks of this host, with its addresses in them: their last addresses, 0.0.0.0 and 255.255.255.255 are bad sources, but that both addresses of a /31 are hosts (RFC 3021); packets for its addresses pass whatever their source.' }), { keyword: true }),
  badsrc: words(ipv4Address({ doc: 'Addresses that no source has.' }), { keyword: true }),
  gooddst: words(ipv4Address({ doc: 'Destinations for which the source does not matter.' }), { keyword: true }),
};

export const checkCounters = {
  short: 'Packets too short for a header.',
  bad_version: 'Not version 4.',
  bad_header_length: 'The header is said to be shorter than 20 bytes.',
  bad_length: 'The packet, or its header, is said to be longer than it is, or the packet shorter than its header.',
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
  const own = config.interfaces.filter(({ length }) => length !== 31);
  const everywhere = config.interfaces.length > 0 ? [0, 0xffff_ffff] : [];
  return {
    bad: [...new Set([...everywhere, ...own.map(broadcastOf), ...config.badsrc])],
    good: [...new Set([...config.interfaces.map(({ address }) => address), ...config.gooddst])],
  };
}

/** State of elements that check headers. */
export const checkState = { complaints: register('u8') };

/** Why a header is wrong: what checkHeader returns, and Click's words for it. */
const SHORT = -1;
const BAD_VERSION = -2;
const BAD_HEADER_LENGTH = -3;
const BAD_LENGTH = -4;
const BAD_CHECKSUM = -5;
const BAD_SOURCE = -6;

/** Bytes of the header at `offset`, if it is right and the packet's source may be one: then it is marked, and its destination noted; else why not, a negative number for `countWrong`. */
export function checkHeader(packet: Packet, offset: number, withChecksum: boolean, lists: Sources): number {
  const length = packet.length - offset;
  if (length < 20) return SHORT;
  const first = packet.loadU8(offset);
  // Most headers have no options: for those all that follows is known to be 20 bytes.
  if (first === 0x45) return checkRest(packet, offset, length, 20, withChecksum, lists);
  if (first >>> 4 !== 4) return BAD_VERSION;
  const header = (first & 15) * 4;
  if (header < 20) return BAD_HEADER_LENGTH;
  if (header > length) return BAD_LENGTH;
  return checkRest(packet, offset, length, header, withChecksum, lists);
}

/** As checkHeader, once the header's length is known to be right. */
function checkRest(packet: Packet, offset: number, length: number, header: number, withChecksum: boolean, lists: Sources): number {
  const total = packet.loadU16(offset + 2);
  if (total < header || total > length) return BAD_LENGTH;
  if (withChecksum && checksum.sum(packet, offset, header) !== 0xffff) return BAD_CHECKSUM;
  const source = packet.loadU32(offset + 12);
  const destination = packet.loadU32(offset + 16);
  let bad = false;
  for (const address of lists.bad) if (source === address) bad = true;
  if (bad) {
    for (const address of lists.good) if (destination === address) bad = false;
  }
  if (bad) return BAD_SOURCE;
  // Before the end moves: behind that nothing says again how long the packet is.
  packet.destinationAddress = destination;
  packet.markNetworkHeader(offset);
  packet.markTransportHeader(offset + header);
  packet.truncate(offset + total);
  return header;
}

/** Counts a packet with a wrong header, and says so where somebody reads it. */
export function countWrong(why: number, counters: Counters, log: Log, state: Complaints, chatter: string, verbose: boolean): void {
  if (why === SHORT) {
    counters.short.add(1);
    if (chatter.length > 0) complain(log, state, chatter, verbose, 'IP header', 'tiny packet');
  } else if (why === BAD_VERSION) {
    counters.bad_version.add(1);
    if (chatter.length > 0) complain(log, state, chatter, verbose, 'IP header', 'bad IP version');
  } else if (why === BAD_HEADER_LENGTH) {
    counters.bad_header_length.add(1);
    if (chatter.length > 0) complain(log, state, chatter, verbose, 'IP header', 'bad IP header length');
  } else if (why === BAD_LENGTH) {
    counters.bad_length.add(1);
    if (chatter.length > 0) complain(log, state, chatter, verbose, 'IP header', 'bad IP length');
  } else if (why === BAD_CHECKSUM) {
    counters.bad_checksum.add(1);
    if (chatter.length > 0) complain(log, state, chatter, verbose, 'IP header', 'bad IP checksum');
  } else {
    counters.bad_source.add(1);
    if (chatter.length > 0) complain(log, state, chatter, verbose, 'IP header', 'bad source address');
  }
}
