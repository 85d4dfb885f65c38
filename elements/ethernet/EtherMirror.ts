/**
 * Swaps the source and destination addresses of Ethernet frames: what arrives goes back.
 */
import { defineElement, ethernet, example } from 'wirelet';

export default defineElement({
  name: 'EtherMirror',
  ports: { inputs: { in: 'Ethernet frames.' }, outputs: { out: 'The same frames, on their way back.' } },
  process(packet, { outputs }) {
    const header = ethernet.at(packet);
    const source = header.source;
    header.source = header.destination;
    header.destination = source;
    return outputs.out;
  },
  examples: [
    example('swaps the addresses', ethernet.make({ source: 1, destination: 2 }), { out: ethernet.make({ source: 2, destination: 1 }) }),
    example('drops what is no frame', new Uint8Array(11), { drop: 'short_packet' }),
  ],
});
