/**
 * Writes an Ethernet address into packets: a given one, or the one in six annotation bytes. A packet that does not reach so
 * far leaves by the second output or, where nothing is connected, is dropped.
 */
import { annotation, defineElement, ethernet, example, macAddress, optional, push, valueHandler } from 'wirelet';
import { addressOffset } from './address-offset.js';

const frame = ethernet.make({ source: 5, destination: 6 });

export default defineElement({
  name: 'StoreEtherAddress',
  config: {
    addr: macAddress({ required: false, doc: 'The address.' }),
    offset: addressOffset,
    anno: annotation({ size: 6, required: false, keyword: true, doc: 'The annotation that holds the address, instead of ADDR.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets with the address.', short: optional(push('Packets that are too short.')) } },
  build({ config, fail }) {
    if ((config.addr === undefined) === (config.anno === undefined)) fail('must specify exactly one of ADDR/ANNO');
    return undefined;
  },
  process(packet, { config, outputs }) {
    if (packet.length < config.offset + 6) return outputs.short;
    if (config.anno === undefined) {
      packet.storeU48(config.offset, config.addr!);
    } else {
      for (let index = 0; index < 6; index += 1) packet.storeU8(config.offset + index, packet.annotationU8(config.anno + index));
    }
    return outputs.out;
  },
  handlers: { addr: valueHandler('addr', 'The address.', 'Ethernet address', 0) },
  reconfigurable: true,
  examples: [
    example('writes the source', frame, { out: ethernet.make({ source: 0x0200_0000_0007, destination: 6 }) }, { config: '02:00:00:00:00:07, src' }),
    example('writes anywhere', new Uint8Array(7), { out: Uint8Array.from([0, 2, 0, 0, 0, 0, 7]) }, { config: '02:00:00:00:00:07, 1' }),
    example('writes what the annotation holds', new Uint8Array(6), { out: Uint8Array.from([0, 0, 0, 0, 9, 0]) }, { config: 'OFFSET dst, ANNO 40', before: 'SetAnnoByte(44, 9)' }),
    example('sorts short packets out', new Uint8Array(6), { short: new Uint8Array(6) }, { config: '02:00:00:00:00:07, 1' }),
    example('drops them when nothing takes them', new Uint8Array(6), { drop: 'short' }, { config: '02:00:00:00:00:07, 1', outputs: 1 }),
  ],
});
