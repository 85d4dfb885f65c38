/** Sets the DSCP of IPv4 packets (RFC 2474) and updates the header checksum. */
import { argumentHandler, checksum, defineElement, example, integer, ipv4 } from 'wirelet';

export default defineElement({
  name: 'SetIPDSCP',
  config: { dscp: integer({ doc: 'The value, from 0 to 63.' }) },
  ports: { inputs: { in: 'IPv4 packets with a marked header.' }, outputs: { out: 'The same packets, marked so.' } },
  build({ config, fail }) {
    if (config.dscp > 63) return fail(`expected a DSCP from 0 to 63, got ${config.dscp}`, undefined, 'diffserv code point out of range');
    return undefined;
  },
  process(packet, { config, outputs }) {
    const header = ipv4.at(packet);
    const tos = header.tos;
    header.dscp = config.dscp & 63;
    header.checksum = checksum.update(header.checksum, tos, header.tos);
    return outputs.out;
  },
  handlers: { dscp: argumentHandler('dscp', 'The value.') },
  reconfigurable: true,
  examples: [
    example('sets the DSCP, and leaves the ECN bits', ipv4.make({ tos: 0x03 }), { out: ipv4.make({ tos: 0xbb }) }, { config: '46' }),
    example('sets it to nothing', ipv4.make({ dscp: 63 }), { out: ipv4.make({}) }, { config: '0' }),
    example('keeps a wrong checksum wrong', ipv4.make({ checksum: 1 }), { out: ipv4.make({ tos: 4, checksum: 0xfffc }) }, { config: '1' }),
    example('drops what has no marked header', ipv4.make({}).bytes, { drop: 'no_network_header' }, { config: '1' }),
  ],
});
