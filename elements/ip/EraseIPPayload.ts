/**
 * Overwrites what IPv4 packets carry by zeros: everything behind the headers of TCP, UDP and ICMP, or behind the IP header. Traces that shall be shown to
 * others lose what people wrote. Checksums of the transport stay as they were, and so are wrong.
 */
import { defineElement, drop, example, IP_PROTOCOL, ipv4, tcp, udp } from 'wirelet';

const data = Uint8Array.from([1, 2, 3]);
const ofProtocol = (protocol: number, header: ReturnType<typeof udp.make>) => ipv4.make({ protocol }, header);

export default defineElement({
  name: 'EraseIPPayload',
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'The same packets without what they carried.' } },
  drops: { bad_header: 'The packet has no whole IPv4 header.' },
  process(packet, { outputs }) {
    if (packet.networkLength < ipv4.size) return drop('bad_header');
    const header = ipv4.at(packet);
    const start = packet.networkHeaderOffset;
    if (start < 0) return drop('bad_header');
    let from = start + header.header_length * 4;
    if (header.fragment_offset === 0) {
      if (header.protocol === IP_PROTOCOL.tcp && packet.length >= from + tcp.size) from += Math.max(tcp.size, (packet.loadU8(from + 12) >>> 4) * 4);
      else if (header.protocol === IP_PROTOCOL.udp || header.protocol === IP_PROTOCOL.icmp) from += 8;
    }
    for (let at = from; at < packet.length; at += 1) packet.storeU8(at, 0);
    return outputs.out;
  },
  examples: [
    example('keeps the header of UDP', ofProtocol(17, udp.make({ length: 11, checksum: 7 }, data)), { out: ofProtocol(17, udp.make({ length: 11, checksum: 7 }, new Uint8Array(3))) }),
    example('keeps the header of TCP', ofProtocol(6, tcp.make({ checksum: 7 }, data)), { out: ofProtocol(6, tcp.make({ checksum: 7 }, new Uint8Array(3))) }),
    example('keeps nothing of other protocols', ipv4.make({ protocol: 50 }, data), { out: ipv4.make({ protocol: 50 }, new Uint8Array(3)) }),
    example('drops what is cut off', { bytes: ipv4.make({}).bytes.subarray(0, 19), networkHeader: 0 }, { drop: 'bad_header' }),
  ],
});
