/**
 * Passes packets on, and sends a copy of those of one colour (see Paint) to its second output.
 */
import { annotation, ANNOTATIONS, defineElement, ethernet, example, integer, push, valueHandler } from 'wirelet';

const frame = ethernet.make({});

export default defineElement({
  name: 'PaintTee',
  config: {
    color: integer({ max: 255, doc: 'The colour of packets to copy.' }),
    anno: annotation({ size: 1, default: ANNOTATIONS.paint.offset, doc: 'The annotation that holds the colour.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'All packets.', copy: push('Copies of those of the colour.') } },
  process(packet, { config, outputs, emitCopy }) {
    if (packet.annotationU8(config.anno) === config.color) emitCopy(outputs.copy, packet);
    return outputs.out;
  },
  handlers: { color: valueHandler('color', 'The colour of packets to copy.', 'uint8_t') },
  reconfigurable: true,
  examples: [
    example('copies its colour', { ...frame, paint: 3 }, { out: frame, copy: frame }, { config: '3' }),
    example('does not copy others', { ...frame, paint: 4 }, { out: frame }, { config: '3' }),
    example('looks at another annotation', { ...frame, paint: 3 }, { out: frame }, { config: '3, 20' }),
  ],
});
