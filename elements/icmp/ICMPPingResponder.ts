/**
 * Answers ICMP echo requests (RFC 792): swaps the addresses, makes an echo reply of the request, and sends it
 * on with a fresh time-to-live. Other packets leave by `other`.
 *
 * Put a route look-up behind it: its destination annotation is where the request came from.
 */
import { checksum, defineElement, example, icmp, ICMP_TYPE, IP_PROTOCOL, ipv4, optional } from 'wirelet';

const request = ipv4.make({ protocol: 1, source: 0x0a000002, destination: 0x0a000001, ttl: 9 }, icmp.make({ type: 8, identifier: 7, sequence: 1 }, Uint8Array.from([1, 2, 3])));
const reply = ipv4.make({ protocol: 1, source: 0x0a000001, destination: 0x0a000002, ttl: 64 }, icmp.make({ type: 0, identifier: 7, sequence: 1 }, Uint8Array.from([1, 2, 3])));

/** What a host gives its own packets (RFC 1700). */
const FRESH_TTL = 64;

export default defineElement({
  name: 'ICMPPingResponder',
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Echo replies.', other: optional('Packets that are not echo requests, or not whole ones.') } },
  endsLoops: 'An echo reply is never answered.',
  process(packet, { outputs }) {
    const header = ipv4.at(packet);
    if (header.protocol !== IP_PROTOCOL.icmp || (header.fragment & 0x3fff) !== 0 || packet.transportLength < 8) return outputs.other;
    const message = icmp.at(packet);
    if (message.type !== ICMP_TYPE.echo || message.code !== 0) return outputs.other;
    const source = header.source;
    header.source = header.destination;
    header.destination = source;
    header.checksum = checksum.update(header.checksum, header.ttl * 256, FRESH_TTL * 256);
    header.ttl = FRESH_TTL;
    message.type = ICMP_TYPE.echo_reply;
    message.checksum = checksum.subtract(message.checksum, 0x0800);
    packet.destinationAddress = source;
    return outputs.out;
  },
  examples: [
    example('answers a ping', request, { out: reply }),
    example('sorts out replies', reply, { other: reply }),
    example('sorts out fragments', ipv4.make({ protocol: 1, more_fragments: 1 }, icmp.make({ type: 8 })), { other: ipv4.make({ protocol: 1, more_fragments: 1 }, icmp.make({ type: 8 })) }),
  ],
});
