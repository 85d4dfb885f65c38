/**
 * Notes a MAC address of the frame, or of any place in it, in annotation bytes. Frames that end before it pass as they are.
 */
import { annotation, defineElement, ethernet, example, parsed, parseInteger } from 'wirelet';

const PLACES: Readonly<Record<string, number>> = { dst: 0, src: 6 };
const frame = ethernet.make({ source: 0x0102_0304_0506, destination: 0x0a0b_0c0d_0e0f });
const behind = (bytes: readonly number[]) => Uint8Array.from([...bytes, ...frame.bytes]);

export default defineElement({
  name: 'GetEtherAddress',
  config: {
    offset: parsed<number>('place of a MAC address', { doc: 'src, dst, or a number of bytes.' }, (text) => {
      const value = PLACES[text.toLowerCase()] ?? parseInteger(text);
      return value !== undefined && value >= 0 && value < 9216 ? { value } : { error: `expected src, dst or a number of bytes, got "${text}"` };
    }, String),
    anno: annotation({ size: 6, doc: 'The annotation byte where the address goes.' }),
  },
  ports: { inputs: { in: 'Ethernet frames.' }, outputs: { out: 'The same frames, with the annotation.' } },
  process(packet, { config, outputs }) {
    if (packet.length < config.offset + 6) return outputs.out;
    for (let index = 0; index < 6; index += 1) packet.setAnnotationU8(config.anno + index, packet.loadU8(config.offset + index));
    return outputs.out;
  },
  examples: [
    example('notes the source', frame, { out: behind([1, 2, 3, 4, 5, 6]) }, { config: 'src, 20', after: 'ExampleAnnotations(20, 6)' }),
    example('notes the destination', frame, { out: behind([10, 11, 12, 13, 14, 15]) }, { config: 'dst, 20', after: 'ExampleAnnotations(20, 6)' }),
    example('passes what is too short', new Uint8Array(5), { out: new Uint8Array(5) }, { config: '0, 20' }),
  ],
});
