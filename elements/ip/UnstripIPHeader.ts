/** Puts the IP header back that StripIPHeader took off: the packet begins with its marked network header again. */
import { defineElement, example, ipv4 } from 'wirelet';

const packet = ipv4.make({}, Uint8Array.from([1, 2, 3]));

export default defineElement({
  name: 'UnstripIPHeader',
  ports: { inputs: { in: 'Packets whose network header is marked.' }, outputs: { out: 'The same packets, with that header.' } },
  process(packet, { outputs }) {
    const offset = packet.networkHeaderOffset;
    if (offset < 0) packet.unstrip(-offset);
    return outputs.out;
  },
  examples: [
    example('puts the header back', packet, { out: packet }, { before: 'StripIPHeader' }),
    example('leaves packets alone that have it', packet, { out: packet }),
    example('drops what has no network header', packet.bytes, { drop: 'no_network_header' }),
  ],
});
