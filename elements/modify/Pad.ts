/**
 * Makes packets longer, with zeros: to LENGTH bytes where they have less; without LENGTH by what their extra length
 * annotation says, which is 0 afterwards.
 */
import { ANNOTATIONS, bool, defineElement, example, integer } from 'wirelet';

const bytes = Uint8Array.from([1, 2, 3, 4]);

export default defineElement({
  name: 'Pad',
  config: {
    length: integer({ default: 0, max: 9216, doc: 'Bytes that a packet shall have at least; 0: what the annotation says.' }),
    zero: bool({ default: true, keyword: true, doc: 'Accepted for compatibility: what is added is always zero.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets that are at least that long.' } },
  process(packet, { config, outputs }) {
    const { offset } = ANNOTATIONS.extra_length;
    const missing = config.length === 0 ? packet.annotationU32(offset) : config.length - packet.length;
    if (missing > 0) packet.append(missing);
    packet.setAnnotationU32(offset, 0);
    return outputs.out;
  },
  reconfigurable: true,
  examples: [
    example('fills packets up', bytes, { out: Uint8Array.from([1, 2, 3, 4, 0, 0]) }, { config: '6' }),
    example('leaves longer ones alone', bytes, { out: bytes }, { config: '3' }),
    example('gives back the length that was cut off', bytes, { out: Uint8Array.from([0, 0, 0, 0, 1, 2, 0, 0]) }, { before: 'Truncate(2)', after: 'ExampleAnnotations(28, 4)' }),
    example('does not believe annotations beyond all room', bytes, { drop: 'no_tailroom' }, { before: 'SetAnnoByte(28, 255) -> SetAnnoByte(29, 255) -> SetAnnoByte(30, 255) -> SetAnnoByte(31, 255)' }),
    example('needs room behind the packet', bytes, { drop: 'no_tailroom' }, { config: '5000' }),
  ],
});
