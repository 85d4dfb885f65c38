/** Sets six annotation bytes of packets to an Ethernet address, for StoreEtherAddress and others. */
import { annotation, defineElement, example, macAddress, u8, valueHandler } from 'wirelet';

const byte = Uint8Array.from([9]);

export default defineElement({
  name: 'SetEtherAddress',
  config: { addr: macAddress({ doc: 'The address.' }), anno: annotation({ size: 6, doc: 'The annotation bytes where it goes.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, with the annotation.' } },
  process(packet, { config, outputs }) {
    packet.setAnnotationU8(config.anno, u8(Math.trunc(config.addr / 1_099_511_627_776)));
    packet.setAnnotationU8(config.anno + 1, u8(Math.trunc(config.addr / 4_294_967_296)));
    packet.setAnnotationU8(config.anno + 2, u8(Math.trunc(config.addr / 16_777_216)));
    packet.setAnnotationU8(config.anno + 3, u8(Math.trunc(config.addr / 65_536)));
    packet.setAnnotationU8(config.anno + 4, u8(Math.trunc(config.addr / 256)));
    packet.setAnnotationU8(config.anno + 5, u8(config.addr));
    return outputs.out;
  },
  handlers: { addr: valueHandler('addr', 'The address.', 'Ethernet address') },
  reconfigurable: true,
  examples: [
    example('notes the address', byte, { out: Uint8Array.from([1, 2, 3, 4, 5, 6, 9]) }, { config: '01:02:03:04:05:06, 20', after: 'ExampleAnnotations(20, 6)' }),
    example('notes it for StoreEtherAddress', new Uint8Array(6), { out: Uint8Array.from([1, 2, 3, 4, 5, 6]) }, { config: '01:02:03:04:05:06, 32', after: 'StoreEtherAddress(OFFSET dst, ANNO 32)' }),
  ],
});
