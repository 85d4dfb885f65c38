/**
 * Takes the IP header off: the packet then begins with what the header was for.
 */
import { defineElement, drop, ethernet, example, ipv4 } from 'wirelet';

const payload = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'StripIPHeader',
  ports: { inputs: { in: 'Packets that begin with a marked IP header.' }, outputs: { out: 'What was in them.' } },
  drops: {
    not_at_front: 'The packet does not begin with its IP header.',
    bad_header_length: 'The header is said to be shorter than 20 bytes.',
  },
  process(packet, { outputs }) {
    const header = ipv4.at(packet);
    if (packet.networkHeaderOffset !== 0) return drop('not_at_front');
    const length = header.header_length * 4;
    if (length < ipv4.size) return drop('bad_header_length');
    packet.strip(length);
    return outputs.out;
  },
  examples: [
    example('leaves the payload', ipv4.make({}, payload), { out: payload }),
    example('takes options off too', ipv4.make({}, payload, new Uint8Array(8)), { out: payload }),
    example('drops a header that is cut off', ipv4.make({ header_length: 6 }), { drop: 'short_packet' }),
    example('drops a header that cannot be one', ipv4.make({ header_length: 4 }, payload), { drop: 'bad_header_length' }),
    example('drops what has the header elsewhere', { ...ethernet.make({}, ipv4.make({})), networkHeader: 14 }, { drop: 'not_at_front' }),
  ],
});
