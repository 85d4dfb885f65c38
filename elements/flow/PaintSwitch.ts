/**
 * Sends each packet to the output whose number is the packet's colour (see Paint). Colours without an output
 * are dropped.
 */
import { defineElement, drop, ethernet, example, many, push } from 'wirelet';

const frame = ethernet.make({});

export default defineElement({
  name: 'PaintSwitch',
  ports: {
    inputs: { in: push('Painted packets; one that was never painted has colour 0.') },
    outputs: push(many('Packets of the colour of that number.', { min: 1, max: 256 })),
  },
  drops: { other_color: 'The packet has a colour for which there is no output.' },
  process(packet, { outputs }) {
    const color = packet.paint;
    if (color >= outputs.length) return drop('other_color');
    return outputs[color];
  },
  examples: [
    example('goes by the colour', [{ ...frame, paint: 1 }, frame], { 0: frame, 1: frame }, { outputs: 2 }),
    example('drops other colours', { ...frame, paint: 2 }, { drop: 'other_color' }, { outputs: 2 }),
  ],
});
