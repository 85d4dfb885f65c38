/** Sets one byte of the annotations of packets. */
import { annotation, defineElement, example, integer, valueHandler } from 'wirelet';

const byte = Uint8Array.from([1]);

export default defineElement({
  name: 'SetAnnoByte',
  config: {
    anno: annotation({ size: 1, doc: 'The annotation, by name or by the number of its byte.' }),
    value: integer({ max: 255, doc: 'Its value.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  build({ chatter, warn }) {
    if (chatter !== '') warn('Paint does the same', 'Write Paint(VALUE, ANNO).', undefined, 'SetAnnoByte(ANNO, VALUE) is obsolete, use Paint(VALUE, ANNO) instead');
    return undefined;
  },
  process(packet, { config, outputs }) {
    packet.setAnnotationU8(config.anno, config.value);
    return outputs.out;
  },
  handlers: {
    anno: { doc: 'The number of the annotation byte.', read: ({ config }) => String(config.anno) },
    value: valueHandler('value', 'Its value.', 'uint8_t'),
  },
  reconfigurable: true,
  examples: [
    example('sets the colour', byte, { out: Uint8Array.from([7, 1]) }, { config: 'PAINT, 7', after: 'ExampleAnnotations(16, 1)' }),
    example('sets the last byte', byte, { out: Uint8Array.from([0, 255, 1]) }, { config: 'ANNO 47, VALUE 0xff', after: 'ExampleAnnotations(46, 2)' }),
  ],
});
