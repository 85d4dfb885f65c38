/**
 * Sends each packet to the output whose number is the packet's colour (see Paint), and a copy of those with colour 255 to
 * every output. Colours without an output are dropped.
 */
import { annotation, ANNOTATIONS, defineElement, drop, ethernet, example, many, push } from 'wirelet';

/** The colour of all outputs. */
const EVERYWHERE = 255;
const frame = ethernet.make({});

export default defineElement({
  name: 'PaintSwitch',
  config: { anno: annotation({ size: 1, default: ANNOTATIONS.paint.offset, doc: 'The annotation that holds the colour.' }) },
  ports: {
    inputs: { in: push('Painted packets; one that was never painted has colour 0.') },
    outputs: push(many('Packets of the colour of that number, and copies of those for all.', { min: 1, max: 255 })),
  },
  drops: { other_color: 'The packet has a colour for which there is no output.' },
  process(packet, { config, outputs, emitCopy }) {
    const color = packet.annotationU8(config.anno);
    if (color === EVERYWHERE) {
      for (let port = 0; port < outputs.length - 1; port += 1) emitCopy(outputs[port], packet);
      return outputs[outputs.length - 1];
    }
    if (color >= outputs.length) return drop('other_color');
    return outputs[color];
  },
  examples: [
    example('goes by the colour', [{ ...frame, paint: 1 }, frame], { 0: frame, 1: frame }, { outputs: 2 }),
    example('drops other colours', { ...frame, paint: 2 }, { drop: 'other_color' }, { outputs: 2 }),
    example('sends colour 255 everywhere', { ...frame, paint: 255 }, { 0: frame, 1: frame, 2: frame }, { outputs: 3 }),
    example('looks at another annotation', frame, { 1: frame }, { config: '20', before: 'Paint(1, 20)', outputs: 2 }),
  ],
});
