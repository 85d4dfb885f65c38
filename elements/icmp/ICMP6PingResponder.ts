/**
 * Answers ICMPv6 echo requests (RFC 4443, 4.2): swaps the addresses, makes an echo reply of the request, and sends it on with a fresh hop
 * limit: what ICMPPingResponder does for IPv4. Other packets leave by `other`, and so do requests to many, which it has no address to answer
 * from. A wrong checksum of the message stays wrong, so that its sender can see it.
 */
import { checksum, defineElement, example, icmp6, ICMP6_TYPE, ipv6, IPV6_NEXT_HEADER, optional } from 'wirelet';
import { DESTINATION_6 } from '../ip6/destination-annotation.js';

/** What a host gives its own packets (RFC 1700). */
const FRESH_HOP_LIMIT = 64;

const ends = { source: '2001:db8::2', destination: '2001:db8::1' };
const request = icmp6.makeIn({ ...ends, hop_limit: 9 }, { type: 128, identifier: 7, sequence: 1 }, Uint8Array.from([1, 2, 3]));
const reply = icmp6.makeIn({ source: '2001:db8::1', destination: '2001:db8::2', hop_limit: 64 }, { type: 129, identifier: 7, sequence: 1 }, Uint8Array.from([1, 2, 3]));
const toMany = icmp6.makeIn({ ...ends, destination: 'ff02::1' }, { type: 128 });

export default defineElement({
  name: 'ICMP6PingResponder',
  ports: { inputs: { in: 'IPv6 packets with marked headers.' }, outputs: { out: 'Echo replies.', other: optional('Packets that are not echo requests to one host, or not whole ones.') } },
  counters: { replies: 'Echo requests answered.' },
  endsLoops: 'An echo reply is never answered.',
  process(packet, { counters, outputs }) {
    const header = ipv6.at(packet);
    if (header.next_header !== IPV6_NEXT_HEADER.icmp6 || packet.transportLength < icmp6.size || packet.transportHeaderOffset < 0) return outputs.other;
    const message = icmp6.at(packet);
    if (message.type !== ICMP6_TYPE.echo || message.code !== 0) return outputs.other;
    const source0 = header.source_0;
    const source1 = header.source_1;
    const source2 = header.source_2;
    const source3 = header.source_3;
    if (source0 >>> 24 === 0xff || header.destination_0 >>> 24 === 0xff || (source0 === 0 && source1 === 0 && source2 === 0 && source3 === 0)) return outputs.other;
    header.source_0 = header.destination_0;
    header.source_1 = header.destination_1;
    header.source_2 = header.destination_2;
    header.source_3 = header.destination_3;
    header.destination_0 = source0;
    header.destination_1 = source1;
    header.destination_2 = source2;
    header.destination_3 = source3;
    header.hop_limit = FRESH_HOP_LIMIT;
    message.type = ICMP6_TYPE.echo_reply;
    // The addresses add up to the same; the type is the high byte of its word (RFC 1624).
    message.checksum = checksum.update(message.checksum, ICMP6_TYPE.echo * 256, ICMP6_TYPE.echo_reply * 256);
    packet.setAnnotationU32(DESTINATION_6, source0);
    packet.setAnnotationU32(DESTINATION_6 + 4, source1);
    packet.setAnnotationU32(DESTINATION_6 + 8, source2);
    packet.setAnnotationU32(DESTINATION_6 + 12, source3);
    packet.paint = 0;
    counters.replies.add(1);
    return outputs.out;
  },
  examples: [
    example('answers a ping', request, { out: reply }),
    example('does not answer for many', toMany, { other: toMany }),
    example('sorts out replies', reply, { other: reply }),
    example('sorts out a message that is cut off', ipv6.make({ next_header: 58 }, Uint8Array.from([128, 0, 0])), { other: ipv6.make({ next_header: 58 }, Uint8Array.from([128, 0, 0])) }),
    example('sorts out other protocols', ipv6.make({}, new Uint8Array(8)), { other: ipv6.make({}, new Uint8Array(8)) }),
  ],
});
