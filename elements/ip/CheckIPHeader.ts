/**
 * Lets packets with a right IPv4 header pass, and marks where it and the transport header begin; what the link
 * layer added behind the packet is cut off. The others leave by `bad`, counted by what is wrong.
 *
 * Checked are version, header length, total length, checksum (RFC 791, 3.1), and the source address: not
 * one of BADSRC, nor, if INTERFACES are given, a broadcast address or 0.0.0.0 (RFC 1812, 5.3.7). The packet's
 * destination becomes its destination annotation, unless it has one.
 */
import { bool, checksum, defineElement, dropHandlers, ethernet, example, integer, ipv4, ipv4Address, ipv4Prefix, optional, words, type Prefix } from 'wirelet';

/** The last address of a network. */
function broadcastOf({ address, mask }: Prefix): number {
  return (address | ~mask) >>> 0;
}

const good = ipv4.make({}, new Uint8Array(8));
const padded = Uint8Array.from([...good.bytes, 0, 0, 0]);

export default defineElement({
  name: 'CheckIPHeader',
  config: {
    offset: integer({ default: 0, max: 1024, doc: 'Where the header begins, in bytes.' }),
    interfaces: words(ipv4Prefix({ doc: 'Networks of this host, with its addresses in them: their broadcast addresses, 0.0.0.0 and 255.255.255.255 are bad sources; packets for its addresses pass whatever their source.' }), { keyword: true }),
    badsrc: words(ipv4Address({ doc: 'Addresses that no source has.' }), { keyword: true }),
    gooddst: words(ipv4Address({ doc: 'Destinations for which the source does not matter.' }), { keyword: true }),
    checksum: bool({ default: true, keyword: true, doc: 'Check the checksum.' }),
    verbose: bool({ default: false, keyword: true, doc: 'Accepted for compatibility; reasons are always counted.' }),
    details: bool({ default: false, keyword: true, doc: 'Accepted for compatibility; reasons are always counted.' }),
  },
  ports: { inputs: { in: 'Packets that should be IPv4.' }, outputs: { out: 'Packets with a right header.', bad: optional('The others, as they came.') } },
  counters: {
    short: 'Packets too short for a header.',
    bad_version: 'Not version 4.',
    bad_header_length: 'The header is said to be shorter than 20 bytes, or longer than the packet.',
    bad_length: 'The packet is said to be shorter than its header, or longer than it is.',
    bad_checksum: 'The checksum is wrong.',
    bad_source: 'The source is an address that no host has.',
  },
  build({ config }) {
    const own = config.interfaces.filter(({ length }) => length < 31);
    const everywhere = config.interfaces.length > 0 ? [0, 0xffff_ffff] : [];
    return {
      bad: [...new Set([...everywhere, ...own.map(broadcastOf), ...config.badsrc])],
      good: [...new Set([...config.interfaces.map(({ address }) => address), ...config.gooddst])],
    };
  },
  process(packet, { config, built, counters, outputs }) {
    const length = packet.length - config.offset;
    if (length < 20) {
      counters.short.add(1);
      return outputs.bad;
    }
    const first = packet.loadU8(config.offset);
    if (first >>> 4 !== 4) {
      counters.bad_version.add(1);
      return outputs.bad;
    }
    const header = (first & 15) * 4;
    if (header < 20 || header > length) {
      counters.bad_header_length.add(1);
      return outputs.bad;
    }
    const total = packet.loadU16(config.offset + 2);
    if (total < header || total > length) {
      counters.bad_length.add(1);
      return outputs.bad;
    }
    if (config.checksum && checksum.sum(packet, config.offset, header) !== 0xffff) {
      counters.bad_checksum.add(1);
      return outputs.bad;
    }
    const source = packet.loadU32(config.offset + 12);
    const destination = packet.loadU32(config.offset + 16);
    let bad = false;
    for (const address of built.bad) if (source === address) bad = true;
    if (bad) {
      for (const address of built.good) if (destination === address) bad = false;
    }
    if (bad) {
      counters.bad_source.add(1);
      return outputs.bad;
    }
    packet.markNetworkHeader(config.offset);
    packet.markTransportHeader(config.offset + header);
    packet.truncate(config.offset + total);
    if (packet.destinationAddress === 0) packet.destinationAddress = destination;
    return outputs.out;
  },
  handlers: dropHandlers({
    short: 'tiny packet',
    bad_version: 'bad IP version',
    bad_header_length: 'bad IP header length',
    bad_length: 'bad IP length',
    bad_checksum: 'bad IP checksum',
    bad_source: 'bad source address',
  }),
  examples: [
    example('passes a right header', good.bytes, { out: good.bytes }),
    example('cuts off what the link layer added', padded, { out: good.bytes }),
    example('finds a wrong checksum', ipv4.make({ checksum: 1 }).bytes, { bad: ipv4.make({ checksum: 1 }).bytes }, { counters: { bad_checksum: 1 } }),
    example('finds a source that no host has', ipv4.make({ source: 0xffff_ffff }).bytes, { bad: ipv4.make({ source: 0xffff_ffff }).bytes }, { config: 'INTERFACES 192.0.2.1/24', counters: { bad_source: 1 } }),
    example('finds a source that it was told of', ipv4.make({}).bytes, { bad: ipv4.make({}).bytes }, { config: 'BADSRC 10.0.0.9 10.0.0.1', counters: { bad_source: 1 } }),
    example('lets any source pass unless told otherwise', ipv4.make({ source: 0 }).bytes, { out: ipv4.make({ source: 0 }).bytes }),
    example('finds the header behind another', ethernet.make({}, good.bytes), { out: ethernet.make({}, good.bytes) }, { config: '14' }),
    example('finds that nothing is behind the other', new Uint8Array(10), { bad: new Uint8Array(10) }, { config: '14', counters: { short: 1 } }),
    example('finds the broadcast address of its network', ipv4.make({ source: 0x0a00_00ff }).bytes, { bad: ipv4.make({ source: 0x0a00_00ff }).bytes }, { config: 'INTERFACES 10.0.0.1/24 192.0.2.1/24', counters: { bad_source: 1 } }),
    example('lets any source speak to the host', ipv4.make({ source: 0, destination: 0x0a00_0001 }).bytes, { out: ipv4.make({ source: 0, destination: 0x0a00_0001 }).bytes }, { config: 'INTERFACES 10.0.0.1/24' }),
    example('finds a length beyond the end', ipv4.make({ total_length: 21 }).bytes, { bad: ipv4.make({ total_length: 21 }).bytes }, { counters: { bad_length: 1 } }),
    example('finds a header shorter than one', ipv4.make({ header_length: 4 }).bytes, { bad: ipv4.make({ header_length: 4 }).bytes }, { counters: { bad_header_length: 1 } }),
    example('finds other versions', ipv4.make({ version: 6 }).bytes, { bad: ipv4.make({ version: 6 }).bytes }, { counters: { bad_version: 1 } }),
    example('finds what is too short', new Uint8Array(19), { bad: new Uint8Array(19) }, { counters: { short: 1 } }),
  ],
});
