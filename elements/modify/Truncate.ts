/**
 * Cuts packets off behind LENGTH bytes. What was cut off is added to the packet's extra length annotation, so that counters
 * can tell how long it was, but for EXTRA_LENGTH false.
 */
import { ANNOTATIONS, bool, defineElement, example, integer, u32, valueHandler } from 'wirelet';

const bytes = Uint8Array.from([1, 2, 3, 4, 5]);

export default defineElement({
  name: 'Truncate',
  config: {
    length: integer({ doc: 'Bytes that a packet may have.' }),
    extra_length: bool({ default: true, keyword: true, doc: 'Whether the extra length annotation says how much was cut off.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets that are no longer than that.' } },
  process(packet, { config, outputs }) {
    const cut = packet.length - config.length;
    if (cut <= 0) return outputs.out;
    if (config.extra_length) {
      const { offset } = ANNOTATIONS.extra_length;
      packet.setAnnotationU32(offset, u32(packet.annotationU32(offset) + cut));
    }
    packet.truncate(config.length);
    return outputs.out;
  },
  handlers: { nbytes: valueHandler('length', 'Bytes that a packet may have.', 'integer') },
  reconfigurable: true,
  examples: [
    example('cuts packets off', bytes, { out: Uint8Array.from([1, 2]) }, { config: '2' }),
    example('leaves shorter ones alone', bytes, { out: bytes }, { config: '5' }),
    example('leaves nothing at length 0', bytes, { out: new Uint8Array() }, { config: 'LENGTH 0' }),
    example('notes what it cut off', bytes, { out: Uint8Array.from([0, 0, 0, 3, 1, 2]) }, { config: '2', after: 'ExampleAnnotations(28, 4)' }),
    example('does not note it when told not to', bytes, { out: Uint8Array.from([0, 0, 0, 0, 1, 2]) }, { config: '2, EXTRA_LENGTH false', after: 'ExampleAnnotations(28, 4)' }),
  ],
});
