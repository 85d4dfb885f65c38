/**
 * Computes the checksum of the marked IPv4 header anew (RFC 791, 3.1), and with L4 that of the TCP or UDP packet in it: what FastClick leaves to the device that the packet
 * leaves by. Fragments keep the checksum of what was one packet, and so do datagrams that have none.
 */
import { bool, checksum, checksummed, defineElement, drop, example, IP_PROTOCOL, ipv4, pseudoHeaderSum, tcp, u16, udp } from 'wirelet';
import { finalDestination, FRAGMENT_BITS } from './transport-offset.js';

const segment = ipv4.make({ protocol: 6, checksum: 1 }, tcp.make({ source_port: 5, checksum: 2 }));
const datagram = ipv4.make({ protocol: 17, checksum: 1 }, udp.make({ source_port: 5, checksum: 2 }));
const withoutLast = ipv4.make({ protocol: 6, more_fragments: 1 }, tcp.make({ source_port: 5, checksum: 2 }));

export default defineElement({
  name: 'ResetIPChecksum',
  config: { l4: bool({ default: false, doc: 'Also that of TCP or UDP.' }) },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'The same packets with right checksums.' } },
  drops: { bad_header: 'The packet is shorter than its headers say.' },
  split: 'each',
  process(packet, { config, outputs }) {
    const header = ipv4.at(packet);
    const size = header.header_length * 4;
    const start = packet.networkHeaderOffset;
    if (size < ipv4.size || start < 0 || start + size > packet.length) return drop('bad_header');
    header.checksum = 0;
    header.checksum = checksum.finish(checksum.sum(packet, start, size));
    if (!config.l4 || (header.fragment & FRAGMENT_BITS) !== 0) return outputs.out;
    const length = header.total_length - size;
    const offset = start + size;
    if (header.protocol === IP_PROTOCOL.tcp) {
      if (length < tcp.size || offset + length > packet.length) return drop('bad_header');
      const inner = tcp.atOffset(packet, offset);
      inner.checksum = 0;
      inner.checksum = checksum.finish(checksum.add(pseudoHeaderSum(header.source, finalDestination(packet), IP_PROTOCOL.tcp, u16(length)), checksum.sum(packet, offset, u16(length))));
    } else if (header.protocol === IP_PROTOCOL.udp) {
      if (length < udp.size || offset + length > packet.length) return drop('bad_header');
      const inner = udp.atOffset(packet, offset);
      if (inner.checksum === 0) return outputs.out;
      inner.checksum = 0;
      const sum = checksum.finish(checksum.add(pseudoHeaderSum(header.source, finalDestination(packet), IP_PROTOCOL.udp, u16(length)), checksum.sum(packet, offset, u16(length))));
      inner.checksum = sum === 0 ? 0xffff : sum;
    }
    return outputs.out;
  },
  handlers: { drops: { doc: 'Packets dropped.', read: ({ drops }) => String(drops.bad_header ?? 0) } },
  examples: [
    example('computes the checksum of the header alone', segment, { out: ipv4.make({ protocol: 6 }, tcp.make({ source_port: 5, checksum: 2 })) }),
    example('computes those of segments and datagrams, too', [segment, datagram], { out: [checksummed(ipv4.make({ protocol: 6 }, tcp.make({ source_port: 5 }))), checksummed(ipv4.make({ protocol: 17 }, udp.make({ source_port: 5 })))] }, { config: 'L4 true' }),
    example('leaves datagrams without one alone', ipv4.make({ protocol: 17, checksum: 1 }, udp.make({ checksum: 0 })), { out: ipv4.make({ protocol: 17 }, udp.make({ checksum: 0 })) }, { config: 'L4 true' }),
    example('leaves that of fragments alone', withoutLast, { out: withoutLast }, { config: 'L4 true' }),
    example('drops what is cut off', { bytes: segment.bytes.subarray(0, 30), networkHeader: 0, transportHeader: 20 }, { drop: 'bad_header' }, { config: 'L4 true' }),
  ],
});
