/**
 * Sets the aggregate annotation of packets to the lowest BITS of their colour; with INCREMENTAL these are put behind what the
 * annotation is.
 */
import { ANNOTATIONS, bool, defineElement, example, integer, u32 } from 'wirelet';

const painted = { bytes: Uint8Array.from([1]), paint: 0x35 };

export default defineElement({
  name: 'AggregatePaint',
  config: {
    bits: integer({ default: 8, min: -0x8000_0000, max: 0x7fff_ffff, doc: 'Bits of the colour, 1 to 8.' }),
    incremental: bool({ default: false, keyword: true, doc: 'Whether the annotation is kept in front of them.' }),
  },
  ports: { inputs: { in: 'Painted packets.' }, outputs: { out: 'The same packets.' } },
  build({ config, fail }) {
    if (config.bits < 1 || config.bits > 8) fail('a colour has 1 to 8 bits', undefined, 'bad number of bits');
    return { size: 2 ** config.bits };
  },
  process(packet, { config, built, outputs }) {
    const { offset } = ANNOTATIONS.aggregate;
    const color = packet.paint % built.size;
    packet.setAnnotationU32(offset, config.incremental ? u32(packet.annotationU32(offset) * built.size + color) : color);
    return outputs.out;
  },
  examples: [
    example('takes the colour', painted, { out: Uint8Array.from([0, 0, 0, 0x35, 1]) }, { after: 'ExampleAnnotations(20, 4)' }),
    example('takes some bits', painted, { out: Uint8Array.from([0, 0, 0, 5, 1]) }, { config: '4', after: 'ExampleAnnotations(20, 4)' }),
    example('puts bits behind others', painted, { out: Uint8Array.from([0, 0, 0x03, 0x55, 1]) }, { config: '4, INCREMENTAL true', before: 'AggregatePaint', after: 'ExampleAnnotations(20, 4)' }),
  ],
});
