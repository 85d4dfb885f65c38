/**
 * Makes IPv6 packets of IPv4 packets (RFC 7915, 4): the stateless half of a translator. An address a.b.c.d becomes the one of PREFIX that
 * ends in it, ::ffff:a.b.c.d unless said. Options of the IPv4 header are left out, as 4.1 demands.
 *
 * Translated are TCP, UDP, pings, and ICMP errors about these with what they quote; an error that tells no MTU becomes one of 1280 bytes. Fragments, other ICMP messages and
 * other protocols are dropped as `not_translated`. The input must have a checked header; what lies in front of it, where it is marked, is stripped.
 */
import { checksum, defineElement, drop, example, icmp, icmp6, ICMP6_TYPE, ICMP_TYPE, IP_PROTOCOL, ipv4, ipv6, IPV6_NEXT_HEADER, checksummed, checksummed6, pseudoHeaderSum6, tcp, u16, udp } from 'wirelet';
import { DESTINATION_6 } from '../ip6/destination-annotation.js';
import { addressSum4, addressSum6, storeAddresses6, transportTranslated, translationPrefix } from './translation.js';
import { errorTo6, LEAST_MTU } from './translated-errors.js';

const ping = ipv4.make({ protocol: 1, ttl: 9, dont_fragment: 1 }, icmp.make({ type: 8, identifier: 7, sequence: 1 }, new Uint8Array(5)));
const datagram = checksummed(ipv4.make({ protocol: 17, tos: 0x12 }, udp.make({ source_port: 1, destination_port: 2 }, new Uint8Array(3).fill(9))));
const mapped = { source: '::ffff:10.0.0.1', destination: '::ffff:10.0.0.2' };
const error = (values: Parameters<typeof icmp.make>[0], quoted: Uint8Array) => ipv4.make({ protocol: 1 }, icmp.make(values, quoted));
const datagram6 = checksummed6(ipv6.make({ ...mapped, traffic_class: 0x12, next_header: 17 }, datagram.bytes.subarray(20)));
const ping6 = icmp6.makeIn({ ...mapped, hop_limit: 9 }, { type: 128, identifier: 7, sequence: 1 }, new Uint8Array(5));

export default defineElement({
  name: 'ProtocolTranslator46',
  config: { prefix: translationPrefix({ doc: 'The network whose addresses end in IPv4 addresses.' }) },
  ports: { inputs: { in: 'IPv4 packets with a checked header.' }, outputs: { out: 'The same as IPv6 packets, with their destination annotation.' } },
  drops: { bad_header: 'There is no whole IPv4 header.', not_translated: 'It is a fragment, or neither TCP, UDP, a ping nor an error.' },
  process(packet, context) {
    const { config, outputs } = context;
    const offset = packet.hasNetworkHeader ? packet.networkHeaderOffset : 0;
    if (offset < 0) return drop('bad_header');
    packet.strip(offset);
    if (packet.length < ipv4.size) return drop('bad_header');
    const old = ipv4.atOffset(packet, 0);
    const size = old.header_length * 4;
    const total = old.total_length;
    if (old.version !== 4 || size < ipv4.size || total < size || total > packet.length) return drop('bad_header');
    if (old.more_fragments === 1 || old.fragment_offset !== 0) return drop('not_translated');
    packet.truncate(total);
    const protocol = old.protocol;
    const tos = old.tos;
    const ttl = old.ttl;
    const source = old.source;
    const destination = old.destination;
    const before = addressSum4(packet, 0);
    let error = false;
    if (protocol === IP_PROTOCOL.icmp) {
      if (size + icmp.size > packet.length) return drop('not_translated');
      const message = icmp.atOffset(packet, size);
      error = message.type !== ICMP_TYPE.echo && message.type !== ICMP_TYPE.echo_reply;
    } else if (protocol !== IP_PROTOCOL.tcp && protocol !== IP_PROTOCOL.udp) {
      return drop('not_translated');
    }
    if (error) {
      if (!errorTo6(packet, context, size)) return drop('not_translated');
      if (packet.length > LEAST_MTU) packet.truncate(LEAST_MTU);
    } else {
      packet.strip(size);
      packet.prepend(ipv6.size);
    }
    packet.markNetworkHeader(0);
    packet.markTransportHeader(ipv6.size);
    const header = ipv6.atOffset(packet, 0);
    const length = u16(packet.length - ipv6.size);
    header.version = 6;
    header.traffic_class = tos;
    header.payload_length = length;
    header.next_header = protocol === IP_PROTOCOL.icmp ? IPV6_NEXT_HEADER.icmp6 : protocol;
    header.hop_limit = ttl;
    storeAddresses6(packet, context, 0, source, destination);
    if (protocol === IP_PROTOCOL.icmp) {
      const message = icmp6.atOffset(packet, ipv6.size);
      if (!error) message.type = message.type === ICMP_TYPE.echo ? ICMP6_TYPE.echo : ICMP6_TYPE.echo_reply;
      message.checksum = 0;
      message.checksum = checksum.finish(checksum.add(pseudoHeaderSum6(packet, 0, IPV6_NEXT_HEADER.icmp6, length), checksum.sum(packet, ipv6.size, length)));
    } else if (!transportTranslated(packet, ipv6.size, protocol, before, addressSum6(packet, 0))) {
      return drop('not_translated');
    }
    packet.setAnnotationU32(DESTINATION_6, config.prefix[0]);
    packet.setAnnotationU32(DESTINATION_6 + 4, config.prefix[1]);
    packet.setAnnotationU32(DESTINATION_6 + 8, config.prefix[2]);
    packet.setAnnotationU32(DESTINATION_6 + 12, destination);
    return outputs.out;
  },
  examples: [
    example('translates pings', ping, { out: ping6 }),
    example('translates datagrams and their checksums', datagram, { out: datagram6 }),
    example('leaves options out', checksummed(ipv4.make({ protocol: 6 }, tcp.make({ source_port: 5 }), Uint8Array.from([1, 1, 1, 0]))), { out: checksummed6(ipv6.make({ source: '64:ff9b::10.0.0.1', destination: '64:ff9b::10.0.0.2', next_header: 6 }, tcp.make({ source_port: 5 }))) }, { config: 'PREFIX 64:ff9b::/96' }),
    example('does not translate fragments', ipv4.make({ more_fragments: 1 }), { drop: 'not_translated' }),
    example('gives datagrams a checksum that have none', ipv4.make({}, udp.make({ source_port: 1, checksum: 0 }, Uint8Array.from([9]))), { out: checksummed6(ipv6.make({ ...mapped, next_header: 17 }, udp.make({ source_port: 1 }, Uint8Array.from([9])))) }),
    example('does not translate other protocols', ipv4.make({ protocol: 47 }), { drop: 'not_translated' }),
    example('translates errors with the datagram that they quote', error({ type: 11, code: 0 }, datagram.bytes), { out: icmp6.makeIn(mapped, { type: 3 }, datagram6.bytes) }),
    example('translates what quotes a ping', error({ type: 3, code: 3 }, ping.bytes), { out: icmp6.makeIn(mapped, { type: 1, code: 4 }, ping6.bytes) }),
    example('tells how long packets may be over IPv6', error({ type: 3, code: 4, next_hop_mtu: 1400 }, datagram.bytes), { out: icmp6.makeIn(mapped, { type: 2, rest: 1420 }, datagram6.bytes) }),
    example('tells which field is wrong', error({ type: 12, code: 0, pointer: 9 }, datagram.bytes), { out: icmp6.makeIn(mapped, { type: 4, rest: 6 }, datagram6.bytes) }),
    example('tells of a protocol that is not there', error({ type: 3, code: 2 }, datagram.bytes.subarray(0, 28)), { out: icmp6.makeIn(mapped, { type: 4, code: 1, rest: 6 }, datagram6.bytes.subarray(0, 48)) }),
    example('does not translate errors about fields that IPv6 has not', error({ type: 12, pointer: 4 }, datagram.bytes), { drop: 'not_translated' }),
    example('does not translate redirects', error({ type: 5, code: 1 }, datagram.bytes), { drop: 'not_translated' }),
    example('does not translate errors that quote nothing', ipv4.make({ protocol: 1 }, icmp.make({ type: 3 })), { drop: 'not_translated' }),
    example('drops a header that is cut off', { bytes: ping.bytes.subarray(0, 19), networkHeader: 0 }, { drop: 'bad_header' }),
  ],
});
