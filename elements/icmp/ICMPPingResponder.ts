/**
 * Answers ICMP echo requests (RFC 792): swaps the addresses, makes an echo reply of the request, and sends it
 * on with a fresh time-to-live, free to be fragmented. Other packets leave by `other`.
 *
 * Requests to a multicast or broadcast address leave by `other` too, as RFC 1122, 3.2.2.6 allows: to answer them
 * with that address as source would be wrong, and would make many hosts answer one forged packet. A wrong
 * checksum of the message stays wrong, so that its sender can see it.
 *
 * Put a route look-up behind it: its destination annotation is where the request came from.
 */
import { checksum, defineElement, example, icmp, ICMP_TYPE, IP_PROTOCOL, ipv4, optional, u32 } from 'wirelet';

const request = ipv4.make({ protocol: 1, source: 0x0a000002, destination: 0x0a000001, ttl: 9 }, icmp.make({ type: 8, identifier: 7, sequence: 1 }, Uint8Array.from([1, 2, 3])));
const reply = ipv4.make({ protocol: 1, source: 0x0a000001, destination: 0x0a000002, ttl: 255 }, icmp.make({ type: 0, identifier: 7, sequence: 1 }, Uint8Array.from([1, 2, 3])));
const ping = (outer: Parameters<typeof ipv4.make>[0], values: Parameters<typeof icmp.make>[0]) => ipv4.make({ protocol: 1, source: 0x0a000002, ...outer }, icmp.make(values));

/** As Click has it. */
const FRESH_TTL = 255;

/** Whether an address can be that of one host: not 0.0.0.0/8, nor a multicast, reserved or broadcast address. */
function isHost(address: u32): boolean {
  return address >>> 24 !== 0 && address < 0xe000_0000;
}

export default defineElement({
  name: 'ICMPPingResponder',
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Echo replies.', other: optional('Packets that are not echo requests, or not whole ones.') } },
  counters: { replies: 'Echo requests answered.' },
  endsLoops: 'An echo reply is never answered.',
  process(packet, { counters, outputs, clock }) {
    const header = ipv4.at(packet);
    if (header.protocol !== IP_PROTOCOL.icmp || (header.fragment & 0x3fff) !== 0) return outputs.other;
    const length = packet.transportLength;
    const offset = packet.transportHeaderOffset;
    if (length < icmp.size || offset < 0) return outputs.other;
    const message = icmp.at(packet);
    if (message.type !== ICMP_TYPE.echo) return outputs.other;
    const source = header.source;
    if (!isHost(source) || !isHost(header.destination)) return outputs.other;
    header.source = header.destination;
    header.destination = source;
    header.checksum = checksum.update(header.checksum, header.ttl * 256, FRESH_TTL * 256);
    header.ttl = FRESH_TTL;
    header.checksum = checksum.update(header.checksum, header.fragment, 0);
    header.fragment = 0;
    message.checksum = checksum.subtract(message.checksum, 0x0800 + message.code);
    message.type = ICMP_TYPE.echo_reply;
    message.code = 0;
    // One's complement has two zeros: a message of nothing but zeros has the other one as its checksum (RFC 1624, 2).
    if (message.checksum === 0 && checksum.sum(packet, offset, length) === 0) message.checksum = 0xffff;
    packet.paint = 0;
    packet.timestampSeconds = u32(clock.seconds);
    packet.timestampNanoseconds = u32((clock.microseconds % 1_000_000) * 1000);
    counters.replies.add(1);
    packet.destinationAddress = source;
    return outputs.out;
  },
  examples: [
    example('answers a ping', request, { out: reply }),
    example('answers a ping of nothing but zeros', ping({ destination: 0x0a000001 }, { type: 8 }), { out: ping({ source: 0x0a000001, destination: 0x0a000002, ttl: 255 }, { type: 0 }) }),
    example('keeps a wrong checksum wrong', ping({ destination: 0x0a000001 }, { type: 8, checksum: 0x0900 }), { out: ping({ source: 0x0a000001, destination: 0x0a000002, ttl: 255 }, { type: 0, checksum: 0x1100 }) }),
    example('does not answer for many', ping({ destination: 0xffff_ffff }, { type: 8 }), { other: ping({ destination: 0xffff_ffff }, { type: 8 }) }),
    example('does not answer to many', ping({ source: 0xe000_0001 }, { type: 8 }), { other: ping({ source: 0xe000_0001 }, { type: 8 }) }),
    example('sorts out a message that is cut off', ipv4.make({ protocol: 1 }, Uint8Array.from([8, 0, 0, 0, 0, 0, 0])), { other: ipv4.make({ protocol: 1 }, Uint8Array.from([8, 0, 0, 0, 0, 0, 0])) }),
    example('sorts out replies', reply, { other: reply }),
    example('sorts out fragments', ipv4.make({ protocol: 1, more_fragments: 1 }, icmp.make({ type: 8 })), { other: ipv4.make({ protocol: 1, more_fragments: 1 }, icmp.make({ type: 8 })) }),
  ],
});
