/**
 * Makes IPv6 packets of IPv4 packets (RFC 7915, 4): addresses become ::ffff:A.B.C.D. TCP, UDP and ICMP echo messages keep right checksums; other ICMP
 * messages and fragments are dropped. IPv4 options are left out.
 *
 * The new destination becomes the destination annotation. Its counterpart is ProtocolTranslator64.
 */
import { checksum, checksummed, defineElement, drop, example, icmp, IP_PROTOCOL, ipv4, ipv6, tcp, u16, udp } from 'wirelet';
import { DESTINATION_6 } from './destination-annotation.js';
import { icmp6 } from './neighbour-example.js';
import { echoType, ICMP6, moveChecksum, moveEcho, pseudo6 } from './translate.js';
import { six } from './translate-example.js';

/** The third word of an address that stands for an IPv4 address (RFC 4291, 2.5.5.2). */
const MAPPED = 0xffff;
/** More fragments, or an offset. */
const FRAGMENT = 0x3fff;
const outer = { source: 0x0a00_0001, destination: 0x0a00_0002 };
const segment = tcp.make({ source_port: 1, destination_port: 2, flags: 2 }, Uint8Array.from([1, 2, 3]));
const datagram = udp.make({ source_port: 3, destination_port: 4 }, Uint8Array.from([5, 6]));

export default defineElement({
  name: 'ProtocolTranslator46',
  ports: { inputs: { in: 'IPv4 packets with a checked header.' }, outputs: { out: 'IPv6 packets.' } },
  drops: { bad_header: 'The packet is no whole IPv4 packet.', untranslated: 'It is a fragment, or an ICMP message that IPv6 does not have.' },
  process(packet, { outputs }) {
    const header = ipv4.at(packet);
    const start = packet.networkHeaderOffset;
    const size = header.header_length * 4;
    const length = header.total_length - size;
    if (start < 0 || header.version !== 4 || size < ipv4.size || length < 0 || packet.networkLength < size + length) return drop('bad_header');
    const protocol = header.protocol;
    if ((header.fragment & FRAGMENT) !== 0 || (protocol !== IP_PROTOCOL.tcp && protocol !== IP_PROTOCOL.udp && (protocol !== IP_PROTOCOL.icmp || length < 8))) return drop('untranslated');
    const next = protocol === IP_PROTOCOL.icmp ? ICMP6 : protocol;
    const source = header.source;
    const destination = header.destination;
    const tos = header.tos;
    const ttl = header.ttl;
    packet.strip(start + size);
    packet.truncate(length);
    packet.prepend(ipv6.size);
    packet.markNetworkHeader(0);
    packet.markTransportHeader(ipv6.size);
    const outer = ipv6.atOffset(packet, 0);
    outer.version = 6;
    outer.traffic_class = tos;
    outer.payload_length = u16(length);
    outer.next_header = next;
    outer.hop_limit = ttl;
    outer.source_2 = MAPPED;
    outer.source_3 = source;
    outer.destination_2 = MAPPED;
    outer.destination_3 = destination;
    const pseudo = pseudo6(packet, 8, length, next);
    if (next === ICMP6) {
      const type = echoType(packet.loadU8(ipv6.size), false);
      if (type < 0) return drop('untranslated');
      moveEcho(packet, ipv6.size, type, pseudo, false);
    } else {
      moveChecksum(packet, ipv6.size, length, protocol, checksum.addU32(checksum.addU32(0, source), destination), checksum.sum(packet, 8, 32), pseudo);
    }
    packet.setAnnotationU32(DESTINATION_6, 0);
    packet.setAnnotationU32(DESTINATION_6 + 4, 0);
    packet.setAnnotationU32(DESTINATION_6 + 8, MAPPED);
    packet.setAnnotationU32(DESTINATION_6 + 12, destination);
    return outputs.out;
  },
  examples: [
    example('makes IPv6 of TCP', checksummed(ipv4.make({ ...outer, protocol: 6 }, segment)), { out: six(6, segment) }),
    example('makes IPv6 of UDP', checksummed(ipv4.make({ ...outer, protocol: 17 }, datagram)), { out: six(17, datagram) }),
    example('makes a checksum where UDP has none', ipv4.make({ ...outer, protocol: 17 }, udp.make({ source_port: 3, destination_port: 4, checksum: 0 }, Uint8Array.from([5, 6]))), { out: six(17, datagram) }),
    example('makes a ping of a ping', ipv4.make({ ...outer, protocol: 1 }, icmp.make({ type: 8, identifier: 7, sequence: 1 }, Uint8Array.from([65, 66]))), { out: icmp6('::ffff:10.0.0.1', '::ffff:10.0.0.2', [128, 0, 0, 0, 0, 7, 0, 1, 65, 66], { hop_limit: 64 }) }),
    example('drops other messages', ipv4.make({ ...outer, protocol: 1 }, icmp.make({ type: 3 })), { drop: 'untranslated' }),
    example('drops fragments', ipv4.make({ ...outer, protocol: 17, fragment_offset: 1 }, new Uint8Array(8)), { drop: 'untranslated' }),
    example('drops what is not whole', ipv4.make({ total_length: 99, protocol: 17 }), { drop: 'bad_header' }),
  ],
});
