/**
 * Sets the ECN bits of IPv4 packets (RFC 3168) and updates the header checksum.
 */
import { argumentHandler, checksum, defineElement, example, ipv4 } from 'wirelet';
import { ecnArgument } from './ecn.js';

export default defineElement({
  name: 'SetIPECN',
  config: { ecn: ecnArgument },
  ports: { inputs: { in: 'IPv4 packets with a marked header.' }, outputs: { out: 'The same packets, marked so.' } },
  process(packet, { config, outputs }) {
    const header = ipv4.at(packet);
    const tos = header.tos;
    header.ecn = config.ecn.bits & 3;
    header.checksum = checksum.update(header.checksum, tos, header.tos);
    return outputs.out;
  },
  handlers: {
    ecn: argumentHandler('ecn', 'The value.'),
  },
  reconfigurable: true,
  examples: [
    example('sets the ECN bits, and leaves the DSCP', ipv4.make({ tos: 0xb8 }), { out: ipv4.make({ tos: 0xb9 }) }, { config: 'ect1' }),
    example('takes numbers', ipv4.make({ tos: 3 }), { out: ipv4.make({ tos: 2 }) }, { config: '2' }),
    example('takes them away', ipv4.make({ tos: 0xff }), { out: ipv4.make({ tos: 0xfc }) }, { config: 'no' }),
    example('drops what has no marked header', ipv4.make({}).bytes, { drop: 'no_network_header' }, { config: 'ce' }),
  ],
});
