/**
 * Takes bytes off the front of packets, such as the 14 of an Ethernet header. Unstrip puts them back.
 *
 * A packet that is shorter is dropped as `short_packet`.
 */
import { defineElement, ethernet, example, integer, ipv4 } from 'wirelet';

export default defineElement({
  name: 'Strip',
  config: { length: integer({ max: 9216, doc: 'Bytes to take off.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets without their first bytes.' } },
  process(packet, { config, outputs }) {
    packet.strip(config.length);
    return outputs.out;
  },
  examples: [
    example('takes an Ethernet header off', ethernet.make({}, ipv4.make({}).bytes), { out: ipv4.make({}).bytes }, { config: '14' }),
    example('leaves nothing of a packet of that length', new Uint8Array(14), { out: new Uint8Array(0) }, { config: '14' }),
    example('drops what is shorter', new Uint8Array(13), { drop: 'short_packet' }, { config: '14' }),
  ],
});
