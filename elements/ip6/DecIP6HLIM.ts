/**
 * Decrements the hop limit of IPv6 packets. Packets on their last hop leave by `expired` as they came; connect it to an ICMP6Error to tell
 * their senders (RFC 4443, 3.3). Use it in a router, behind the route look-up.
 */
import { counterHandler, defineElement, example, ipv6, optional, u8 } from 'wirelet';

export default defineElement({
  name: 'DecIP6HLIM',
  ports: { inputs: { in: 'IPv6 packets with a marked header.' }, outputs: { out: 'Packets with hops left.', expired: optional('Packets on their last hop, untouched.') } },
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
    example('spends one hop', ipv6.make({ hop_limit: 64 }), { out: ipv6.make({ hop_limit: 63 }) }),
    example('gives the last hop back', [ipv6.make({ hop_limit: 1 }), ipv6.make({ hop_limit: 0 })], { expired: [ipv6.make({ hop_limit: 1 }), ipv6.make({ hop_limit: 0 })] }, { counters: { packets_expired: 2 } }),
    example('drops it where nothing takes it', ipv6.make({ hop_limit: 1 }), { drop: 'expired' }, { outputs: 1 }),
    example('drops a header that is cut off', { bytes: ipv6.make({}).bytes.subarray(0, 7), networkHeader: 0 }, { drop: 'short_packet' }),
  ],
});
