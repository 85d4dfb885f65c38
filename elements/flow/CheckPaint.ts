/**
 * Passes packets of one colour (see Paint). All others leave by the second output or, where nothing is connected there,
 * are dropped.
 */
import { annotation, ANNOTATIONS, defineElement, ethernet, example, integer, optional, push, valueHandler } from 'wirelet';

const frame = ethernet.make({});

export default defineElement({
  name: 'CheckPaint',
  config: {
    color: integer({ max: 255, doc: 'The colour of packets that pass.' }),
    anno: annotation({ size: 1, default: ANNOTATIONS.paint.offset, doc: 'The annotation that holds the colour.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets of the colour.', other: optional(push('Packets of other colours.')) } },
  process: (packet, { config, outputs }) => (packet.annotationU8(config.anno) === config.color ? outputs.out : outputs.other),
  handlers: {
    color: valueHandler('color', 'The colour of packets that pass.', 'uint8_t'),
  },
  reconfigurable: true,
  examples: [
    example('tells its colour from others', [{ ...frame, paint: 3 }, frame], { out: frame, other: frame }, { config: '3' }),
    example('drops other colours when nothing takes them', { ...frame, paint: 4 }, { drop: 'other' }, { config: '3', outputs: 1 }),
    example('looks at another annotation', { ...frame, paint: 3 }, { other: frame }, { config: '3, 20' }),
  ],
});
