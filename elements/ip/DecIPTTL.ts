/**
 * Decrements the IPv4 time-to-live and updates the header checksum incrementally. Packets whose TTL is 1
 * or less leave on `expired` as they came; connect it to an ICMPError to tell their senders.
 *
 * Use it in a router, after the route look-up and before the packet is sent on (RFC 1812, 5.3.1).
 * The input must have its IP header marked (CheckIPHeader, MarkIPHeader).
 */
import { argumentHandler, bool, checksum, counterHandler, defineElement, example, ipv4, optional, u8 } from 'wirelet';

export default defineElement({
  name: 'DecIPTTL',
  config: {
    active: bool({ default: true, keyword: true, doc: 'Whether it does anything.' }),
    multicast: bool({ default: true, keyword: true, doc: 'Decrement multicast packets too.' }),
  },
  ports: {
    inputs: { in: 'IPv4 packets with a checked header.' },
    outputs: { out: 'Packets with hops left.', expired: optional('Packets on their last hop, untouched.') },
  },
  counters: { packets_expired: 'Packets that arrived on their last hop.' },
  process(packet, { config, counters, outputs }) {
    if (!config.active) return outputs.out;
    const header = ipv4.at(packet);
    if (!config.multicast && ipv4.isMulticast(header.destination)) return outputs.out;
    if (header.ttl <= 1) {
      counters.packets_expired.add(1);
      return outputs.expired;
    }
    // The TTL is the high byte of its 16-bit word, so that word falls by 0x0100 (RFC 1624).
    header.checksum = checksum.subtract(header.checksum, 0x0100);
    header.ttl = u8(header.ttl - 1);
    return outputs.out;
  },
  handlers: {
    drops: counterHandler('packets_expired', 'Packets that arrived on their last hop.'),
    active: argumentHandler('active', 'Whether it does anything.'),
  },
  reconfigurable: true,
  examples: [
    example('does nothing when not active', ipv4.make({ ttl: 1 }), { out: ipv4.make({ ttl: 1 }) }, { config: 'ACTIVE false' }),
    example('spends one hop', ipv4.make({ ttl: 64 }), { out: ipv4.make({ ttl: 63 }) }),
    example('gives the last hop back', ipv4.make({ ttl: 1 }), { expired: ipv4.make({ ttl: 1 }) }),
    example(
      'leaves multicast alone when told to',
      ipv4.make({ ttl: 1, destination: 0xe000_0001 }),
      { out: ipv4.make({ ttl: 1, destination: 0xe000_0001 }) },
      { config: 'MULTICAST false' },
    ),
  ],
});
