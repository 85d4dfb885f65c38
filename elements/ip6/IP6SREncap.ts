/**
 * Sends IPv6 packets by way of SEGMENTS before they go to their destination: puts a segment routing header (RFC 8754) behind their IPv6 header, in which the destination is
 * the last segment. Packets begin with their IPv6 header.
 *
 * Each of SEGMENTS needs an IP6SRProcess; IP6SRDecap takes the header off again.
 */
import { defineElement, drop, example, ipv6, ipv6Address, IPV6_NEXT_HEADER, rest, u16, udp } from 'wirelet';
import { IPV6_BYTES, SEGMENT_BYTES, SEGMENT_ROUTING, SEGMENTS_MAX, SRH_BYTES } from './segment-routing.js';

const datagram = udp.make({ source_port: 1, destination_port: 2 }).bytes;
const bytesOf = (last: number) => [0x20, 0x01, 0x0d, 0xb8, ...new Uint8Array(11), last];

export default defineElement({
  name: 'IP6SREncap',
  config: { segments: rest(ipv6Address({ doc: 'An address on the way, the first one first.' }), { min: 1, max: SEGMENTS_MAX }) },
  ports: { inputs: { in: 'IPv6 packets that begin with their header.' }, outputs: { out: 'The same packets on their way to the first segment.' } },
  drops: { not_in_front: 'The IPv6 header is not what the packet begins with.', too_long: 'The packet would be too long.' },
  build({ config }) {
    const count = config.segments.length + 1;
    // The list is in reverse order; its first entry is the destination.
    return { count, bytes: SRH_BYTES + SEGMENT_BYTES * count, words: [...config.segments].reverse().flat() as number[] };
  },
  process(packet, { built, outputs }) {
    const header = ipv6.at(packet);
    if (packet.networkHeaderOffset !== 0) return drop('not_in_front');
    const payload = header.payload_length + built.bytes;
    if (payload > 0xffff) return drop('too_long');
    packet.prepend(built.bytes);
    for (let at = 0; at < IPV6_BYTES; at += 4) packet.storeU32(at, packet.loadU32(at + built.bytes));
    packet.markNetworkHeader(0);
    const moved = ipv6.at(packet);
    packet.storeU8(IPV6_BYTES, moved.next_header);
    packet.storeU8(IPV6_BYTES + 1, (built.count * 2) & 0xff);
    packet.storeU8(IPV6_BYTES + 2, SEGMENT_ROUTING);
    packet.storeU8(IPV6_BYTES + 3, (built.count - 1) & 0xff);
    packet.storeU8(IPV6_BYTES + 4, (built.count - 1) & 0xff);
    packet.storeU8(IPV6_BYTES + 5, 0);
    packet.storeU16(IPV6_BYTES + 6, 0);
    const list = IPV6_BYTES + SRH_BYTES;
    packet.storeU32(list, moved.destination_0);
    packet.storeU32(list + 4, moved.destination_1);
    packet.storeU32(list + 8, moved.destination_2);
    packet.storeU32(list + 12, moved.destination_3);
    let at = list + SEGMENT_BYTES;
    for (const word of built.words) {
      packet.storeU32(at, word);
      at += 4;
    }
    moved.next_header = IPV6_NEXT_HEADER.routing;
    moved.payload_length = u16(payload);
    moved.destination_0 = packet.loadU32(at - 16);
    moved.destination_1 = packet.loadU32(at - 12);
    moved.destination_2 = packet.loadU32(at - 8);
    moved.destination_3 = packet.loadU32(at - 4);
    return outputs.out;
  },
  examples: [
    example(
      'puts the way in front of what the packet carries',
      ipv6.make({ destination: '2001:db8::9' }, datagram),
      { out: ipv6.make({ destination: '2001:db8::5', next_header: 43 }, Uint8Array.from([17, 6, 4, 2, 2, 0, 0, 0, ...bytesOf(9), ...bytesOf(6), ...bytesOf(5), ...datagram])) },
      { config: '2001:db8::5, 2001:db8::6' },
    ),
    example('drops what begins with something else', ipv6.make({}, datagram), { drop: 'not_in_front' }, { config: '2001:db8::5', before: 'Unstrip(14)' }),
  ],
});
