/**
 * Marks IPv4 packets of ECN-capable transports as having met congestion (RFC 3168), and updates the header checksum. Others
 * are dropped: their senders learn of congestion in no other way. With FORCE they are marked, too.
 */
import { bool, checksum, counterHandler, defineElement, drop, example, ipv4 } from 'wirelet';

export default defineElement({
  name: 'MarkIPCE',
  config: { force: bool({ default: false, doc: 'Mark packets of other transports, too.' }) },
  ports: { inputs: { in: 'IPv4 packets.' }, outputs: { out: 'The same packets, marked.' } },
  counters: { refused: 'Packets that could not be marked.' },
  drops: { not_capable: 'Not IPv4, or its transport is not ECN-capable.' },
  process(packet, { config, counters, outputs }) {
    if (!packet.hasNetworkHeader || packet.networkLength < ipv4.size) {
      counters.refused.add(1);
      return drop('not_capable');
    }
    const header = ipv4.at(packet);
    if (!config.force && header.ecn === 0) {
      counters.refused.add(1);
      return drop('not_capable');
    }
    const tos = header.tos;
    header.ecn = 3;
    header.checksum = checksum.update(header.checksum, tos, header.tos);
    return outputs.out;
  },
  handlers: { drops: counterHandler('refused', 'Packets that could not be marked.') },
  reconfigurable: true,
  examples: [
    example('marks packets of capable transports', [ipv4.make({ tos: 0xb9 }), ipv4.make({ tos: 2 }), ipv4.make({ tos: 3 })], { out: [ipv4.make({ tos: 0xbb }), ipv4.make({ tos: 3 }), ipv4.make({ tos: 3 })] }),
    example('drops those of others', ipv4.make({}), { drop: 'not_capable' }, { counters: { refused: 1 } }),
    example('marks those of others when told to', ipv4.make({}), { out: ipv4.make({ tos: 3 }) }, { config: 'true' }),
    example('drops what has no header, or half of one', [ipv4.make({ tos: 1 }).bytes, { bytes: ipv4.make({ tos: 1 }).bytes.subarray(0, 19), networkHeader: 0 }], { drop: ['not_capable', 'not_capable'] }),
  ],
});
