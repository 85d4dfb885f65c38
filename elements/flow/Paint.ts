/**
 * Gives packets a colour, a number from 0 to 255, which other elements can ask for: PaintSwitch, PaintTee.
 */
import { defineElement, ethernet, example, integer } from 'wirelet';

export default defineElement({
  name: 'Paint',
  config: { color: integer({ max: 255, doc: 'The colour.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, painted.' } },
  process(packet, { config, outputs }) {
    packet.paint = config.color;
    return outputs.out;
  },
  handlers: { color: { doc: 'The colour.', read: ({ config }) => String(config.color) } },
  examples: [example('leaves the bytes alone', ethernet.make({}), { out: ethernet.make({}) }, { config: '7' })],
});
