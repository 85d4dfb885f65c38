/**
 * Overwrites what TCP and UDP packets carry by zeros, and the checksum of their headers, too. Traces that shall be shown to others lose what people wrote.
 * ICMP packets pass as they are; packets of other protocols are dropped.
 */
import { defineElement, drop, example, IP_PROTOCOL, ipv4, tcp, udp } from 'wirelet';

const data = Uint8Array.from([1, 2, 3]);
const ofProtocol = (protocol: number, header: ReturnType<typeof udp.make>) => ipv4.make({ protocol }, header);

export default defineElement({
  name: 'EraseIPPayload',
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'The same packets without what they carried.' } },
  drops: { bad_header: 'The packet has no whole IPv4 header.', protocol: 'It is neither TCP, UDP nor ICMP.' },
  process(packet, { outputs }) {
    if (packet.networkLength < ipv4.size) return drop('bad_header');
    const header = ipv4.at(packet);
    const start = packet.networkHeaderOffset;
    if (start < 0) return drop('bad_header');
    const transport = start + header.header_length * 4;
    const isTcp = header.protocol === IP_PROTOCOL.tcp;
    if (!isTcp && header.protocol !== IP_PROTOCOL.udp) return header.protocol === IP_PROTOCOL.icmp ? outputs.out : drop('protocol');
    // Of a header that is cut off before it tells its length, nothing is payload.
    let from = transport + 8;
    if (isTcp) from = packet.length > transport + 12 ? transport + (packet.loadU8(transport + 12) >>> 4) * 4 : packet.length;
    for (let at = from; at < packet.length; at += 1) packet.storeU8(at, 0);
    const checksum = transport + (isTcp ? 16 : 6);
    if (checksum + 2 <= packet.length) packet.storeU16(checksum, 0);
    return outputs.out;
  },
  examples: [
    example('keeps the header of UDP', ofProtocol(17, udp.make({ length: 11, checksum: 7 }, data)), { out: ofProtocol(17, udp.make({ length: 11, checksum: 0 }, new Uint8Array(3))) }),
    example('keeps the header of TCP', ofProtocol(6, tcp.make({ checksum: 7 }, data)), { out: ofProtocol(6, tcp.make({ checksum: 0 }, new Uint8Array(3))) }),
    example('lets ICMP pass', ipv4.make({ protocol: 1 }, data), { out: ipv4.make({ protocol: 1 }, data) }),
    example('drops other protocols', ipv4.make({ protocol: 50 }, data), { drop: 'protocol' }),
    example('drops what is cut off', { bytes: ipv4.make({}).bytes.subarray(0, 19), networkHeader: 0 }, { drop: 'bad_header' }),
  ],
});
