/**
 * Copies an IPv4 address from the packet to its destination annotation, by which the route look-ups go.
 */
import { defineElement, example, integer, ipv4 } from 'wirelet';

export default defineElement({
  name: 'GetIPAddress',
  config: { offset: integer({ max: 9216, doc: 'Where the address stands, in bytes; 16 is the destination of an IPv4 packet.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, with the annotation.' } },
  process(packet, { config, outputs }) {
    packet.destinationAddress = packet.loadU32(config.offset);
    return outputs.out;
  },
  examples: [
    example('leaves the bytes alone', ipv4.make({}), { out: ipv4.make({}) }, { config: '16' }),
    example('drops what is too short', new Uint8Array(19), { drop: 'short_packet' }, { config: '16' }),
  ],
});
