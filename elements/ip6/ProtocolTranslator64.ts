/**
 * Makes IPv4 packets of IPv6 packets (RFC 7915, 5): the last four bytes of each address are the IPv4 addresses. TCP, UDP and ICMP echo messages
 * keep right checksums; other ICMPv6 messages and extension headers have no counterpart here, and are dropped.
 *
 * The new destination becomes the destination annotation. Its counterpart is ProtocolTranslator46.
 */
import { checksum, checksummed, defineElement, drop, example, icmp, IP_PROTOCOL, ipv4, ipv6, register, tcp, u16, u8, udp } from 'wirelet';
import { icmp6 } from './neighbour-example.js';
import { echoType, ICMP6, moveChecksum, moveEcho, pseudo6 } from './translate.js';
import { six } from './translate-example.js';

/** Longer packets must not be fragmented on their way: every IPv6 link carries them (RFC 7915, 5.1). */
const UNFRAGMENTED_BYTES = 1260;
const outer = { source: 0x0a00_0001, destination: 0x0a00_0002 };
const segment = tcp.make({ source_port: 1, destination_port: 2, flags: 2 }, Uint8Array.from([1, 2, 3]));
const datagram = udp.make({ source_port: 3, destination_port: 4 }, Uint8Array.from([5, 6]));
const ping = [8, 0, 0, 0, 0, 7, 0, 1, 65, 66];

export default defineElement({
  name: 'ProtocolTranslator64',
  ports: { inputs: { in: 'IPv6 packets with a marked header.' }, outputs: { out: 'IPv4 packets.' } },
  drops: { bad_header: 'The packet is no whole IPv6 packet.', untranslated: 'It has extension headers, or is an ICMPv6 message that IPv4 does not have.' },
  state: { identification: register('u16', 1) },
  process(packet, { state, outputs }) {
    const header = ipv6.at(packet);
    const start = packet.networkHeaderOffset;
    const length = header.payload_length;
    if (start < 0 || header.version !== 6 || packet.networkLength < ipv6.size + length || length > 9176) return drop('bad_header');
    const next = header.next_header;
    if (next !== IP_PROTOCOL.tcp && next !== IP_PROTOCOL.udp && (next !== ICMP6 || length < 8)) return drop('untranslated');
    const protocol = next === ICMP6 ? IP_PROTOCOL.icmp : next;
    const source = header.source_3;
    const destination = header.destination_3;
    const tos = u8(header.traffic_class);
    const ttl: u8 = header.hop_limit;
    const before = checksum.sum(packet, start + 8, 32);
    const pseudo = pseudo6(packet, start + 8, length, next);
    packet.strip(start);
    packet.truncate(ipv6.size + length);
    if (next === ICMP6) {
      const type = echoType(packet.loadU8(ipv6.size), true);
      if (type < 0) return drop('untranslated');
      moveEcho(packet, ipv6.size, type, pseudo, true);
    }
    const after = checksum.addU32(checksum.addU32(0, source), destination);
    packet.strip(ipv6.size - ipv4.size);
    moveChecksum(packet, ipv4.size, length, protocol, before, after, 0);
    packet.markNetworkHeader(0);
    packet.markTransportHeader(ipv4.size);
    const outer = ipv4.atOffset(packet, 0);
    outer.version = 4;
    outer.header_length = 5;
    outer.tos = tos;
    outer.total_length = u16(ipv4.size + length);
    outer.fragment = 0;
    if (ipv4.size + length > UNFRAGMENTED_BYTES) {
      outer.identification = 0;
      outer.dont_fragment = 1;
    } else {
      outer.identification = state.identification;
      state.identification = u16(state.identification + 1);
    }
    outer.ttl = ttl;
    outer.protocol = protocol;
    outer.source = source;
    outer.destination = destination;
    outer.checksum = 0;
    outer.checksum = checksum.finish(checksum.sum(packet, 0, ipv4.size));
    packet.destinationAddress = destination;
    return outputs.out;
  },
  examples: [
    example('makes IPv4 of TCP', six(6, segment), { out: checksummed(ipv4.make({ ...outer, protocol: 6, identification: 1 }, segment)) }),
    example('makes IPv4 of UDP', six(17, datagram), { out: checksummed(ipv4.make({ ...outer, protocol: 17, identification: 1 }, datagram)) }),
    example('makes a ping of a ping', icmp6('::ffff:10.0.0.1', '::ffff:10.0.0.2', [128, 0, ...ping.slice(2)], { hop_limit: 64 }), { out: ipv4.make({ ...outer, protocol: 1, identification: 1 }, icmp.make({ type: 8, identifier: 7, sequence: 1 }, Uint8Array.from([65, 66]))) }),
    example('drops other messages', icmp6('::ffff:10.0.0.1', '::ffff:10.0.0.2', [135, 0, 0, 0, 0, 0, 0, 0]), { drop: 'untranslated' }),
    example('drops extension headers', ipv6.make({ next_header: 0 }, new Uint8Array(8)), { drop: 'untranslated' }),
    example('drops what is not whole', { ...ipv6.make({ payload_length: 9 }, new Uint8Array(8)) }, { drop: 'bad_header' }),
  ],
});
