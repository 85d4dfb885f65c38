/**
 * Passes packets of one colour (see Paint). All others leave by the second output or, where nothing is connected there,
 * are dropped.
 */
import { annotation, ANNOTATIONS, defineElement, ethernet, example, integer, optional, push, register } from 'wirelet';
import { writtenInteger } from '../written-value.js';

const frame = ethernet.make({});

export default defineElement({
  name: 'CheckPaint',
  config: {
    color: integer({ max: 255, doc: 'The colour of packets that pass.' }),
    anno: annotation({ size: 1, default: ANNOTATIONS.paint.offset, doc: 'The annotation that holds the colour.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets of the colour.', other: optional(push('Packets of other colours.')) } },
  state: ({ config }) => ({ color: register('u8', config.color) }),
  process: (packet, { config, state, outputs }) => (packet.annotationU8(config.anno) === state.color ? outputs.out : outputs.other),
  handlers: {
    color: {
      doc: 'The colour of packets that pass.',
      read: ({ state }) => String(state.color),
      write: ({ state }, value) => void (state.color = writtenInteger(value, 0, 255)),
    },
  },
  examples: [
    example('tells its colour from others', [{ ...frame, paint: 3 }, frame], { out: frame, other: frame }, { config: '3' }),
    example('drops other colours when nothing takes them', { ...frame, paint: 4 }, { drop: 'other' }, { config: '3', outputs: 1 }),
    example('looks at another annotation', { ...frame, paint: 3 }, { other: frame }, { config: '3, 20' }),
  ],
});
