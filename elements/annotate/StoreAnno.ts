/** Writes a byte of the annotations of packets over the byte at OFFSET. Packets that do not reach so far stay as they are. */
import { annotation, ANNOTATIONS, bool, defineElement, example, integer } from 'wirelet';

const bytes = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'StoreAnno',
  config: {
    offset: integer({ max: 9215, doc: 'Where the byte goes, in bytes from the start of the packet.' }),
    anno: annotation({ size: 1, default: ANNOTATIONS.paint.offset, doc: 'The annotation, by name or by the number of its byte.' }),
    grow: bool({ default: false, keyword: true, doc: 'Accepted for compatibility with FastClick, which makes no packet longer with it, either.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, changed.' } },
  process(packet, { config, outputs }) {
    if (packet.length > config.offset) packet.storeU8(config.offset, packet.annotationU8(config.anno));
    return outputs.out;
  },
  examples: [
    example('writes the colour', { bytes, paint: 9 }, { out: Uint8Array.from([1, 9, 3]) }, { config: '1' }),
    example('writes another annotation', bytes, { out: Uint8Array.from([1, 2, 7]) }, { config: '2, 20', before: 'Paint(7, 20)' }),
    example('leaves short packets alone', { bytes, paint: 9 }, { out: bytes }, { config: '3, GROW true' }),
  ],
});
