/**
 * Computes the checksum of the IPv4 header anew (RFC 791, 3.1).
 */
import { checksum, defineElement, drop, example, ipv4 } from 'wirelet';

const right = ipv4.make({ ttl: 9 });

export default defineElement({
  name: 'SetIPChecksum',
  ports: { inputs: { in: 'Packets with a marked IP header.' }, outputs: { out: 'The same packets with a right checksum.' } },
  drops: { bad_header_length: 'The header is said to be shorter than 20 bytes, or longer than the packet.' },
  process(packet, { outputs }) {
    const header = ipv4.at(packet);
    const length = header.header_length * 4;
    const offset = packet.networkHeaderOffset;
    if (length < 20 || length > packet.networkLength || offset < 0) return drop('bad_header_length');
    header.checksum = 0;
    header.checksum = checksum.finish(checksum.sum(packet, offset, length));
    return outputs.out;
  },
  handlers: { drops: { doc: 'Packets dropped.', read: ({ drops }) => String(drops.bad_header_length ?? 0) } },
  examples: [
    example('mends a wrong checksum', ipv4.make({ ttl: 9, checksum: 0x1234 }), { out: right }),
    example('drops a header that cannot be one', ipv4.make({ header_length: 15 }), { drop: 'bad_header_length' }),
    example('drops a header shorter than one', ipv4.make({ header_length: 4 }), { drop: 'bad_header_length' }),
    example('drops a header that is cut off', { bytes: right.bytes.subarray(0, 19), networkHeader: 0 }, { drop: 'bad_header_length' }),
    example('drops what has no marked header', right.bytes, { drop: 'no_network_header' }),
  ],
});
