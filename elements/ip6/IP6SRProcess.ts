/**
 * Does for IPv6 packets with a segment routing header what a segment of their way does (RFC 8754, 4.3.1.1): sends them on to the next one, or to their destination. Packets
 * that have no segment left leave by `arrived`, those without the header, or with one that is wrong, by `other`; where nothing is connected, they are dropped.
 */
import { defineElement, example, ipv6, IPV6_NEXT_HEADER, optional, push, udp } from 'wirelet';
import { IPV6_BYTES, SEGMENT_BYTES, SEGMENT_ROUTING, SRH_BYTES } from './segment-routing.js';

const datagram = udp.make({ source_port: 1, destination_port: 2 }).bytes;
const bytesOf = (last: number) => [0x20, 0x01, 0x0d, 0xb8, ...new Uint8Array(11), last];
const routed = (destination: string, left: number, length = 4, type = 4) =>
  ipv6.make({ destination, next_header: 43 }, Uint8Array.from([17, length, type, left, 1, 0, 0, 0, ...bytesOf(9), ...bytesOf(5), ...datagram]));

export default defineElement({
  name: 'IP6SRProcess',
  ports: {
    inputs: { in: 'IPv6 packets with a marked header, for this host.' },
    outputs: { out: 'Packets for the next segment.', arrived: optional(push('Packets without segments left.')), other: optional(push('Packets without a segment routing header.')) },
  },
  process(packet, { outputs }) {
    const header = ipv6.at(packet);
    const at = packet.networkHeaderOffset + IPV6_BYTES;
    if (header.next_header !== IPV6_NEXT_HEADER.routing || at < IPV6_BYTES || packet.length < at + SRH_BYTES || packet.loadU8(at + 2) !== SEGMENT_ROUTING) return outputs.other;
    const left = packet.loadU8(at + 3);
    if (left === 0) return outputs.arrived;
    const last = packet.loadU8(at + 4);
    const size = packet.loadU8(at + 1) * 8;
    if (left > last || size < (last + 1) * SEGMENT_BYTES || packet.length < at + SRH_BYTES + size) return outputs.other;
    packet.storeU8(at + 3, left - 1);
    const segment = at + SRH_BYTES + (left - 1) * SEGMENT_BYTES;
    header.destination_0 = packet.loadU32(segment);
    header.destination_1 = packet.loadU32(segment + 4);
    header.destination_2 = packet.loadU32(segment + 8);
    header.destination_3 = packet.loadU32(segment + 12);
    return outputs.out;
  },
  examples: [
    example('sends packets on', routed('2001:db8::5', 1), { out: routed('2001:db8::9', 0) }),
    example('tells what has arrived', routed('2001:db8::9', 0), { arrived: routed('2001:db8::9', 0) }),
    example('sorts out what has no such header', [ipv6.make({}, datagram), routed('2001:db8::5', 1, 4, 3)], { other: [ipv6.make({}, datagram), routed('2001:db8::5', 1, 4, 3)] }),
    example('sorts out what is wrong', [routed('2001:db8::5', 2), routed('2001:db8::5', 1, 2), routed('2001:db8::5', 1, 255)], { other: [routed('2001:db8::5', 2), routed('2001:db8::5', 1, 2), routed('2001:db8::5', 1, 255)] }),
  ],
});
