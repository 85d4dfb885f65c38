/**
 * Computes the checksum of the IPv4 header anew (RFC 791, 3.1): of the marked one or, where none is marked, of what the packet begins with.
 */
import { checksum, complainOnce, defineElement, drop, example, ipv4, register } from 'wirelet';

const COMPLAINT = 'SetIPChecksum: bad input packet';

const right = ipv4.make({ ttl: 9 });

export default defineElement({
  name: 'SetIPChecksum',
  ports: { inputs: { in: 'Packets with a marked IP header, or one at their beginning.' }, outputs: { out: 'The same packets with a right checksum.' } },
  drops: { bad_header_length: 'The header is said to be shorter than 20 bytes, or longer than the packet.' },
  split: 'each',
  state: { complaints: register('u8') },
  build: ({ chatter }) => ({ chatter }),
  process(packet, { built, state, log, outputs }) {
    const offset = packet.hasNetworkHeader ? packet.networkHeaderOffset : 0;
    if (offset < 0 || packet.length < offset + ipv4.size) {
      if (built.chatter.length > 0) complainOnce(log, state, COMPLAINT);
      return drop('bad_header_length');
    }
    const header = ipv4.atOffset(packet, offset);
    const length = header.header_length * 4;
    if (length < ipv4.size || offset + length > packet.length) {
      if (built.chatter.length > 0) complainOnce(log, state, COMPLAINT);
      return drop('bad_header_length');
    }
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
    example('takes the header at the beginning where none is marked', ipv4.make({ ttl: 9, checksum: 0x1234 }).bytes, { out: right.bytes }),
  ],
});
