/** Sets the hop limit of IPv6 packets (RFC 8200, 3). */
import { argumentHandler, defineElement, example, integer, ipv6 } from 'wirelet';

export default defineElement({
  name: 'SetIP6Hlim',
  config: { hlim: integer({ max: 255, doc: 'Hops that packets may still go, 0 to 255.' }) },
  ports: { inputs: { in: 'IPv6 packets with a marked header.' }, outputs: { out: 'The same packets, with that hop limit.' } },
  process(packet, { config, outputs }) {
    ipv6.at(packet).hop_limit = config.hlim;
    return outputs.out;
  },
  handlers: { hopLimit: argumentHandler('hlim', 'The hop limit.') },
  reconfigurable: true,
  examples: [
    example('sets the hop limit', ipv6.make({ hop_limit: 3 }), { out: ipv6.make({ hop_limit: 255 }) }, { config: '255' }),
    example('sets it to nothing', ipv6.make({ hop_limit: 64 }), { out: ipv6.make({ hop_limit: 0 }) }, { config: '0' }),
    example('drops what has no marked header', ipv6.make({}).bytes, { drop: 'no_network_header' }, { config: '1' }),
  ],
});
