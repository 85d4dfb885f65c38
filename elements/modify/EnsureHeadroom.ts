/**
 * Makes sure that packets have HEADROOM bytes in front for headers to come. All packets have 116 bytes to begin with; one that has less left is dropped as
 * `no_headroom`.
 */
import { defineElement, example, integer } from 'wirelet';

const packet = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'EnsureHeadroom',
  config: { headroom: integer({ default: 28, max: 116, doc: 'Bytes in front of the data.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  process(packet, { config, outputs }) {
    packet.unstrip(config.headroom);
    packet.strip(config.headroom);
    return outputs.out;
  },
  examples: [
    example('passes packets with room', packet, { out: packet }, { config: '64' }),
    example('drops packets without', packet, { drop: 'no_headroom' }, { config: '100', before: 'Unstrip(80)' }),
  ],
});
