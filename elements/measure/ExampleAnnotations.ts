/**
 * Puts annotation bytes of packets in front of their data, where the examples of elements can see them; of no use in an
 * appliance.
 */
import { defineElement, example, integer } from 'wirelet';

export default defineElement({
  name: 'ExampleAnnotations',
  config: {
    offset: integer({ max: 47, doc: 'The first annotation byte.' }),
    length: integer({ min: 1, max: 48, doc: 'How many.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets with annotation bytes in front.' } },
  build({ config, fail }) {
    if (config.offset + config.length > 48) fail('a packet has 48 annotation bytes');
    return undefined;
  },
  process(packet, { config, outputs }) {
    packet.prepend(config.length);
    for (let index = 0; index < config.length; index += 1) packet.storeU8(index, packet.annotationU8(config.offset + index));
    return outputs.out;
  },
  examples: [
    example('shows the colour', { bytes: Uint8Array.from([1]), paint: 9 }, { out: Uint8Array.from([9, 1]) }, { config: '16, 1' }),
    example('shows many', { bytes: Uint8Array.from([1]), paint: 9, destinationAddress: 0x0a000001 }, { out: Uint8Array.from([10, 0, 0, 1, ...new Array(12).fill(0), 9, 0, 1]) }, { config: '0, 18' }),
  ],
});
