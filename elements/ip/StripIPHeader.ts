/**
 * Takes the IP header off: the packet then begins with what the header was for.
 */
import { defineElement, drop, example, ipv4 } from 'wirelet';

export default defineElement({
  name: 'StripIPHeader',
  ports: { inputs: { in: 'Packets that begin with a marked IP header.' }, outputs: { out: 'What was in them.' } },
  drops: { not_at_front: 'The packet does not begin with its IP header.' },
  process(packet, { outputs }) {
    const header = ipv4.at(packet);
    if (packet.networkHeaderOffset !== 0) return drop('not_at_front');
    packet.strip(header.header_length * 4);
    return outputs.out;
  },
  examples: [example('leaves the payload', ipv4.make({}, Uint8Array.from([1, 2, 3])), { out: Uint8Array.from([1, 2, 3]) })],
});
