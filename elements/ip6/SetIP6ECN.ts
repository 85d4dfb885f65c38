/** Sets the ECN bits of IPv6 packets (RFC 3168), the lower two of their traffic class (RFC 8200, 7). */
import { argumentHandler, defineElement, example, ipv6 } from 'wirelet';
import { ecnArgument } from '../ip/ecn.js';

export default defineElement({
  name: 'SetIP6ECN',
  config: { ecn: ecnArgument },
  ports: { inputs: { in: 'IPv6 packets with a marked header.' }, outputs: { out: 'The same packets, marked so.' } },
  process(packet, { config, outputs }) {
    const header = ipv6.at(packet);
    header.traffic_class = (header.traffic_class & 0xfc) | (config.ecn.bits & 3);
    return outputs.out;
  },
  handlers: { ecn: argumentHandler('ecn', 'The value.') },
  reconfigurable: true,
  examples: [
    example('sets the ECN bits, and leaves the DSCP', ipv6.make({ traffic_class: 0xb8 }), { out: ipv6.make({ traffic_class: 0xb9 }) }, { config: 'ect1' }),
    example('takes numbers', ipv6.make({ traffic_class: 3 }), { out: ipv6.make({ traffic_class: 2 }) }, { config: '2' }),
    example('takes them away', ipv6.make({ traffic_class: 0xff }), { out: ipv6.make({ traffic_class: 0xfc }) }, { config: '-' }),
    example('drops what has no marked header', ipv6.make({}).bytes, { drop: 'no_network_header' }, { config: 'ce' }),
  ],
});
