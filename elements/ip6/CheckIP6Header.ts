/**
 * Lets packets with a right IPv6 header pass, and marks where it and what follows begin; what the link layer added behind the packet is cut
 * off (RFC 8200, 3). The others leave by `bad`, counted by what is wrong.
 *
 * Checked are version, payload length, and the source: no multicast address (RFC 4291, 2.7), nor one of BADADDRS.
 */
import { defineElement, dropHandlers, ethernet, example, integer, ipv6, ipv6Address, optional, words, type Address6 } from 'wirelet';

const good = ipv6.make({}, Uint8Array.from([1, 2, 3, 4]));
const padded = Uint8Array.from([...good.bytes, 0, 0]);
const from = (source: Address6) => ipv6.make({ source }, new Uint8Array(8)).bytes;
const UNSPECIFIED: Address6 = [0, 0, 0, 0];

export default defineElement({
  name: 'CheckIP6Header',
  config: {
    badaddrs: words(ipv6Address({ doc: 'Addresses that no source has; :: is one for routers.' })),
    offset: integer({ default: 0, max: 1024, doc: 'Where the header begins, in bytes.' }),
  },
  ports: { inputs: { in: 'Packets that should be IPv6.' }, outputs: { out: 'Packets with a right header.', bad: optional('The others, as they came.') } },
  counters: {
    short: 'Packets too short for a header.',
    bad_version: 'Not version 6.',
    bad_length: 'The packet is said to be longer than it is.',
    bad_source: 'The source is an address that no host has.',
  },
  process(packet, { config, counters, outputs }) {
    const length = packet.length - config.offset;
    if (length < ipv6.size) {
      counters.short.add(1);
      return outputs.bad;
    }
    const header = ipv6.atOffset(packet, config.offset);
    if (header.version !== 6) {
      counters.bad_version.add(1);
      return outputs.bad;
    }
    const total = ipv6.size + header.payload_length;
    if (total > length) {
      counters.bad_length.add(1);
      return outputs.bad;
    }
    let bad = header.source_0 >>> 24 === 0xff;
    for (const address of config.badaddrs) {
      if (header.source_0 === address[0] && header.source_1 === address[1] && header.source_2 === address[2] && header.source_3 === address[3]) bad = true;
    }
    if (bad) {
      counters.bad_source.add(1);
      return outputs.bad;
    }
    packet.markNetworkHeader(config.offset);
    packet.markTransportHeader(config.offset + ipv6.size);
    packet.truncate(config.offset + total);
    return outputs.out;
  },
  handlers: dropHandlers({ short: 'tiny packet', bad_version: 'bad IP version', bad_length: 'bad IP length', bad_source: 'bad source address' }),
  examples: [
    example('passes a right header', good.bytes, { out: good.bytes }),
    example('cuts off what the link layer added', padded, { out: good.bytes }),
    example('finds the header behind another', ethernet.make({}, good.bytes), { out: ethernet.make({}, good.bytes) }, { config: 'OFFSET 14' }),
    example('finds sources that no host has', [from([0xff02_0000, 0, 0, 1]), from(UNSPECIFIED), from([0x2001_0db8, 0, 0, 9])], { bad: [from([0xff02_0000, 0, 0, 1]), from(UNSPECIFIED)], out: from([0x2001_0db8, 0, 0, 9]) }, { config: ':: 2001:db8::8', counters: { bad_source: 2 } }),
    example('lets hosts without an address speak unless told otherwise', from(UNSPECIFIED), { out: from(UNSPECIFIED) }),
    example('finds a length beyond the end', ipv6.make({ payload_length: 1 }).bytes, { bad: ipv6.make({ payload_length: 1 }).bytes }, { counters: { bad_length: 1 } }),
    example('finds other versions', ipv6.make({ version: 4 }).bytes, { bad: ipv6.make({ version: 4 }).bytes }, { counters: { bad_version: 1 } }),
    example('drops what is too short where nothing takes it', good.bytes.subarray(0, 39), { drop: 'bad' }, { outputs: 1, counters: { short: 1 } }),
  ],
});
