/**
 * Copies the IPv6 address at OFFSET in the packet to its destination annotation, of 16 bytes, by which IPv6 route look-ups go. It lies where
 * the IPv4 one does: a packet has either.
 */
import { defineElement, example, integer, ipv6 } from 'wirelet';
import { DESTINATION_6 } from './destination-annotation.js';

const packet = ipv6.make({ destination: '2001:db8:1:2:3:4:5:6' }).bytes;

export default defineElement({
  name: 'GetIP6Address',
  config: { offset: integer({ max: 9216, doc: 'Where the address stands, in bytes; 24 is the destination of an IPv6 packet.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, with the annotation.' } },
  process(packet, { config, outputs }) {
    for (let at = 0; at < 16; at += 4) packet.setAnnotationU32(DESTINATION_6 + at, packet.loadU32(config.offset + at));
    return outputs.out;
  },
  examples: [
    example('leaves the bytes alone', packet, { out: packet }, { config: '24' }),
    example('sets the annotation', packet, { out: Uint8Array.from([...packet.subarray(24), ...packet]) }, { config: '24', after: 'ExampleAnnotations(0, 16)' }),
    example('drops what is too short', packet.subarray(0, 39), { drop: 'short_packet' }, { config: '24' }),
  ],
});
