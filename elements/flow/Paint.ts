/**
 * Gives packets a colour, a number from 0 to 255, which other elements can ask for: PaintSwitch, PaintTee, CheckPaint.
 */
import { annotation, ANNOTATIONS, defineElement, ethernet, example, integer, valueHandler } from 'wirelet';

const byte = Uint8Array.from([1]);

export default defineElement({
  name: 'Paint',
  config: {
    color: integer({ max: 255, doc: 'The colour.' }),
    anno: annotation({ size: 1, default: ANNOTATIONS.paint.offset, doc: 'The annotation that holds the colour.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, painted.' } },
  process(packet, { config, outputs }) {
    packet.setAnnotationU8(config.anno, config.color);
    return outputs.out;
  },
  handlers: { color: valueHandler('color', 'The colour.', 'uint8_t') },
  reconfigurable: true,
  examples: [
    example('leaves the bytes alone', ethernet.make({}), { out: ethernet.make({}) }, { config: '7' }),
    example('sets the colour', byte, { out: Uint8Array.from([7, 1]) }, { config: '7', after: 'ExampleAnnotations(16, 1)' }),
    example('sets another annotation', byte, { out: Uint8Array.from([7, 1]) }, { config: '7, ANNO 20', after: 'ExampleAnnotations(20, 1)' }),
  ],
});
