/**
 * Notes an Ethernet address of the frame, or of any place in it, in six annotation bytes. A packet that ends before it
 * leaves by the second output or, where nothing is connected, is dropped.
 */
import { annotation, defineElement, ethernet, example, optional, push } from 'wirelet';
import { addressOffset } from './address-offset.js';

const frame = ethernet.make({ source: 0x0102_0304_0506, destination: 0x0a0b_0c0d_0e0f });
const behind = (bytes: readonly number[]) => Uint8Array.from([...bytes, ...frame.bytes]);

export default defineElement({
  name: 'GetEtherAddress',
  config: { anno: annotation({ size: 6, doc: 'The annotation bytes where the address goes.' }), offset: addressOffset },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, with the annotation.', short: optional(push('Packets that are too short.')) } },
  process(packet, { config, outputs }) {
    if (packet.length < config.offset + 6) return outputs.short;
    for (let index = 0; index < 6; index += 1) packet.setAnnotationU8(config.anno + index, packet.loadU8(config.offset + index));
    return outputs.out;
  },
  reconfigurable: true,
  examples: [
    example('notes the source', frame, { out: behind([1, 2, 3, 4, 5, 6]) }, { config: '20, src', after: 'ExampleAnnotations(20, 6)' }),
    example('notes the destination', frame, { out: behind([10, 11, 12, 13, 14, 15]) }, { config: '20, DST', after: 'ExampleAnnotations(20, 6)' }),
    example('sorts short packets out', new Uint8Array(5), { short: new Uint8Array(5) }, { config: '20, 0' }),
    example('drops them when nothing takes them', new Uint8Array(5), { drop: 'short' }, { config: '20, 0', outputs: 1 }),
  ],
});
