/**
 * Takes the IP header off, and what lies in front of it: the packet then begins with what the header was for.
 */
import { defineElement, drop, ethernet, example, ipv4 } from 'wirelet';

const payload = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'StripIPHeader',
  ports: { inputs: { in: 'Packets with a marked IP header.' }, outputs: { out: 'What was in it.' } },
  drops: { no_transport: 'Where the header ends is not marked, or lies in front of the packet.' },
  process(packet, { outputs }) {
    const end = packet.hasTransportHeader ? packet.transportHeaderOffset : -1;
    if (end < 0) return drop('no_transport');
    packet.strip(end);
    return outputs.out;
  },
  examples: [
    example('leaves the payload', ipv4.make({}, payload), { out: payload }),
    example('takes options off too', ipv4.make({}, payload, new Uint8Array(8)), { out: payload }),
    example('takes off what lies in front of it', { ...ethernet.make({}, ipv4.make({}, payload)), networkHeader: 14, transportHeader: 34 }, { out: payload }),
    example('drops what is not marked', { bytes: payload }, { drop: 'no_transport' }),
  ],
});
