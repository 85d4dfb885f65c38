/** Marks where the MAC header of packets begins. */
import { defineElement, ethernet, example, integer } from 'wirelet';

const frame = ethernet.make({});

export default defineElement({
  name: 'MarkMACHeader',
  config: {
    offset: integer({ default: 0, max: 9216, doc: 'Where it begins, in bytes from the start.' }),
    length: integer({ default: 0, max: 9216, doc: 'How long it is: behind it the network header is marked; 0: that stays as it was.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  process(packet, { config, outputs }) {
    packet.markMacHeader(config.offset);
    if (config.length > 0) packet.markNetworkHeader(config.offset + config.length);
    return outputs.out;
  },
  examples: [
    example('marks the start', frame, { out: frame }),
    example('drops what is shorter', new Uint8Array(3), { drop: 'short_packet' }, { config: '4' }),
  ],
});
