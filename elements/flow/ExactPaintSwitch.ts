/**
 * Sends packets to the output that MAP gives their colour (see Paint): the first MAP names the colour of output 0, the next that of output 1,
 * and so on. Other colours leave by the output DEFAULT, or are dropped.
 */
import { annotation, ANNOTATIONS, defineElement, drop, ethernet, example, integer, many, push, rest } from 'wirelet';

const COLORS = 256;
const frame = ethernet.make({});

export default defineElement({
  name: 'ExactPaintSwitch',
  config: {
    anno: annotation({ size: 1, default: ANNOTATIONS.paint.offset, doc: 'The annotation that holds the colour.' }),
    default: integer({ default: -1, min: -1, max: 0x7fff_ffff, keyword: true, doc: 'The output of colours that no MAP names; -1: none.' }),
    map: rest(integer({ max: 0x7fff_ffff, doc: 'A colour, 0 to 255: that of the next output.' })),
  },
  ports: { inputs: { in: push('Painted packets; one that was never painted has colour 0.') }, outputs: push(many('Packets of the colour of that MAP.', { min: 1, max: 256 })) },
  drops: { other_color: 'The packet has a colour for which there is no output.' },
  build({ config, outputs, fail }) {
    if (config.default >= outputs.length) return fail(`DEFAULT is ${config.default}, there are ${outputs.length} outputs`, undefined, 'Default port cannot be higher than the number of ports!');
    const ports = new Array<number>(COLORS).fill(config.default);
    for (const [port, color] of config.map.entries()) {
      if (color >= COLORS) return fail(`expected a colour from 0 to 255, got ${color}`, undefined, `Invalid Paint offset ${color}`);
      ports[color] = port < outputs.length ? port : -1;
    }
    return { ports };
  },
  process(packet, { config, built, outputs }) {
    const port = built.ports[packet.annotationU8(config.anno)]!;
    if (port < 0 || port >= outputs.length) return drop('other_color');
    return outputs[port]!;
  },
  examples: [
    example('goes by the colour', [{ ...frame, paint: 7 }, { ...frame, paint: 200 }], { 0: frame, 1: frame }, { config: 'MAP 200, MAP 7', outputs: 2 }),
    example('drops other colours', [frame, { ...frame, paint: 255 }], { drop: ['other_color', 'other_color'] }, { config: 'MAP 1, MAP 2', outputs: 2 }),
    example('sends other colours to DEFAULT', [frame, { ...frame, paint: 3 }], { 0: frame, 1: frame }, { config: 'DEFAULT 1, MAP 3', outputs: 2 }),
    example('drops colours whose MAP has no output', { ...frame, paint: 4 }, { drop: 'other_color' }, { config: 'MAP 3, MAP 4', outputs: 1 }),
    example('looks at another annotation', frame, { 1: frame }, { config: '20, MAP 0, MAP 9', before: 'Paint(9, 20)', outputs: 2 }),
  ],
});
