/** Sets the DSCP of IPv6 packets (RFC 2474), the upper six bits of their traffic class (RFC 8200, 7). */
import { argumentHandler, defineElement, example, integer, ipv6 } from 'wirelet';

export default defineElement({
  name: 'SetIP6DSCP',
  config: { dscp: integer({ doc: 'The value, from 0 to 63.' }) },
  ports: { inputs: { in: 'IPv6 packets with a marked header.' }, outputs: { out: 'The same packets, marked so.' } },
  build({ config, fail }) {
    if (config.dscp > 63) return fail(`expected a DSCP from 0 to 63, got ${config.dscp}`, undefined, 'diffserv code point out of range');
    return undefined;
  },
  process(packet, { config, outputs }) {
    const header = ipv6.at(packet);
    header.traffic_class = ((config.dscp & 63) << 2) | (header.traffic_class & 3);
    return outputs.out;
  },
  handlers: { dscp: argumentHandler('dscp', 'The value.') },
  reconfigurable: true,
  examples: [
    example('sets the DSCP, and leaves the ECN bits', ipv6.make({ traffic_class: 0xff }), { out: ipv6.make({ traffic_class: 0xbb }) }, { config: '46' }),
    example('sets it to nothing', ipv6.make({ traffic_class: 0xfc }), { out: ipv6.make({}) }, { config: '0' }),
    example('drops what has no marked header', ipv6.make({}).bytes, { drop: 'no_network_header' }, { config: '1' }),
  ],
});
