/** Copies the IPv6 address at OFFSET to the destination annotation, by which LookupIP6Route goes. */
import { defineElement, example, integer, ipv6 } from 'wirelet';
import { setDestination } from './address-annotation.js';

const packet = ipv6.make({ destination: [0x2001_0db8, 1, 2, 3] });

export default defineElement({
  name: 'GetIP6Address',
  config: { offset: integer({ max: 9216, doc: 'Where the address stands, in bytes; 24 is the destination of an IPv6 packet.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, with the annotation.' } },
  process(packet, { config, outputs }) {
    const { offset } = config;
    setDestination(packet, packet.loadU32(offset), packet.loadU32(offset + 4), packet.loadU32(offset + 8), packet.loadU32(offset + 12));
    return outputs.out;
  },
  examples: [
    example('copies the destination', packet, { out: Uint8Array.from([...packet.bytes.subarray(24, 40), ...packet.bytes]) }, { config: '24', after: 'ExampleAnnotations(0, 16)' }),
    example('drops what is too short', packet.bytes.subarray(0, 39), { drop: 'short_packet' }, { config: '24' }),
  ],
});
