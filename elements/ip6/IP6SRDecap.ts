/**
 * Takes the segment routing header (RFC 8754) out of IPv6 packets: what was behind it follows the IPv6 header. Packets without one pass as they are; packets begin with their
 * IPv6 header.
 */
import { defineElement, drop, example, ipv6, IPV6_NEXT_HEADER, u16, udp } from 'wirelet';
import { IPV6_BYTES, SEGMENT_ROUTING, SRH_BYTES } from './segment-routing.js';

const datagram = udp.make({ source_port: 1, destination_port: 2 }).bytes;
const routed = (length: number) => ipv6.make({ next_header: 43 }, Uint8Array.from([17, length, 4, 0, 0, 0, 0, 0, ...new Uint8Array(16), ...datagram]));

export default defineElement({
  name: 'IP6SRDecap',
  ports: { inputs: { in: 'IPv6 packets that begin with their header.' }, outputs: { out: 'The same packets without the segment routing header.' } },
  drops: { not_in_front: 'The IPv6 header is not what the packet begins with.', bad_header: 'The header is longer than the packet.' },
  process(packet, { outputs }) {
    const header = ipv6.at(packet);
    if (packet.networkHeaderOffset !== 0) return drop('not_in_front');
    if (header.next_header !== IPV6_NEXT_HEADER.routing || packet.length < IPV6_BYTES + SRH_BYTES || packet.loadU8(IPV6_BYTES + 2) !== SEGMENT_ROUTING) return outputs.out;
    const bytes = SRH_BYTES + packet.loadU8(IPV6_BYTES + 1) * 8;
    const payload = header.payload_length;
    if (packet.length < IPV6_BYTES + bytes || payload < bytes) return drop('bad_header');
    const next = packet.loadU8(IPV6_BYTES);
    // From the end on, for the places may overlap.
    for (let at = IPV6_BYTES - 4; at >= 0; at -= 4) packet.storeU32(at + bytes, packet.loadU32(at));
    packet.strip(bytes);
    packet.markNetworkHeader(0);
    const moved = ipv6.at(packet);
    moved.next_header = next;
    moved.payload_length = u16(payload - bytes);
    return outputs.out;
  },
  examples: [
    example('takes the header out', routed(2), { out: ipv6.make({}, datagram) }),
    example('passes packets without one', ipv6.make({}, datagram), { out: ipv6.make({}, datagram) }),
    example('drops a header that does not end', routed(200), { drop: 'bad_header' }),
  ],
});
