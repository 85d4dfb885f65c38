/** Sets the aggregate annotation of IPv4 packets to Click's hash of their addresses and ports; those that have no ports have 0 for each. */
import { ANNOTATIONS, defineElement, example, integer, ipv4, udp, unmarked } from 'wirelet';
import { flowHash } from '../balance/balance.js';

const datagram = ipv4.make({ source: 0x0102_0304, destination: 0x0506_0708, protocol: 17 }, udp.make({ source_port: 4, destination_port: 15 }));
const ping = ipv4.make({ source: 0x0102_0304, destination: 0, protocol: 1 }, new Uint8Array(8));
const after = 'ExampleAnnotations(20, 4)';

export default defineElement({
  name: 'AggregateHash',
  config: { bits: integer({ default: 8, min: -0x8000_0000, max: 0x7fff_ffff, doc: 'Accepted for compatibility with FastClick, 1 to 8: the hash has 32 bits anyway.' }) },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'The same packets.' } },
  build({ config, fail }) {
    if (config.bits < 1 || config.bits > 8) fail('BITS is 1 to 8', undefined, 'bad number of bits');
    return undefined;
  },
  process(packet, { outputs }) {
    packet.setAnnotationU32(ANNOTATIONS.aggregate.offset, flowHash(packet));
    return outputs.out;
  },
  examples: [
    // The source in the other order of bytes, 04 03 02 01, turned by 4 bits; the destination, 08 07 06 05, by 16; both ports.
    example('hashes addresses and ports', datagram, { out: Uint8Array.from([0x40 ^ 0x06 ^ 0x00, 0x30 ^ 0x05 ^ 0x0f, 0x20 ^ 0x08 ^ 0x00, 0x10 ^ 0x07 ^ 0x04, ...datagram.bytes]) }, { after }),
    example('hashes addresses where there are no ports', ping, { out: Uint8Array.from([4, 3, 2, 1, ...ping.bytes]) }, { after }),
    example('drops what is no IP packet', unmarked(datagram), { drop: 'no_network_header' }),
  ],
});
