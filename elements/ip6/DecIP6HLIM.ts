/**
 * Decrements the hop limit of IPv6 packets (RFC 8200, 3). Packets on their last hop leave by `expired` as they came.
 *
 * Use it in a router, after the route look-up. The input must have its IPv6 header marked (CheckIP6Header, MarkIP6Header).
 */
import { counterHandler, defineElement, example, ipv6, optional, push, u8 } from 'wirelet';

export default defineElement({
  name: 'DecIP6HLIM',
  ports: { inputs: { in: 'IPv6 packets with a marked header.' }, outputs: { out: 'Packets with hops left.', expired: optional(push('Packets on their last hop, untouched.')) } },
  counters: { packets_expired: 'Packets that arrived on their last hop.' },
  process(packet, { counters, outputs }) {
    const header = ipv6.at(packet);
    if (header.hop_limit <= 1) {
      counters.packets_expired.add(1);
      return outputs.expired;
    }
    header.hop_limit = u8(header.hop_limit - 1);
    return outputs.out;
  },
  handlers: { drops: counterHandler('packets_expired', 'Packets that arrived on their last hop.') },
  examples: [
    example('spends one hop', ipv6.make({ hop_limit: 255 }), { out: ipv6.make({ hop_limit: 254 }) }),
    example('spends the last but one', ipv6.make({ hop_limit: 2 }), { out: ipv6.make({ hop_limit: 1 }) }),
    example('gives the last hop back', [ipv6.make({ hop_limit: 1 }), ipv6.make({ hop_limit: 0 })], { expired: [ipv6.make({ hop_limit: 1 }), ipv6.make({ hop_limit: 0 })] }, { counters: { packets_expired: 2 } }),
    example('drops a header that is cut off', { bytes: ipv6.make({}).bytes.subarray(0, 7), networkHeader: 0 }, { drop: 'short_packet' }),
    example('drops what has no marked header', ipv6.make({}).bytes, { drop: 'no_network_header' }),
  ],
});
