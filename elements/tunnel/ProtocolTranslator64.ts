/**
 * Makes IPv4 packets of IPv6 packets (RFC 7915, 5): the other half of ProtocolTranslator46. Both addresses must be of PREFIX, ::ffff:0:0/96
 * unless said; their last 32 bits are the IPv4 addresses.
 *
 * Translated are TCP, UDP, pings, and ICMPv6 errors about these with what they quote. Packets with extension headers, other ICMPv6 messages, other protocols and other addresses
 * are dropped as `not_translated`. The input must have a checked header; what lies in front of it, where it is marked, is stripped.
 */
import { checksum, checksummed, defineElement, drop, example, icmp, icmp6, ICMP6_TYPE, ICMP_TYPE, IP_PROTOCOL, ipv4, ipv6, IPV6_NEXT_HEADER, register, tcp, u16, u8 } from 'wirelet';
import { addressSum4, addressSum6, transportTranslated, translationPrefix } from './translation.js';
import { errorTo4 } from './translated-errors.js';

/** Longer packets may be split on their way, shorter ones not (RFC 7915, 5.1). */
const FRAGMENTED_FROM_BYTES = 1260;
const mapped = { source: '::ffff:10.0.0.1', destination: '::ffff:10.0.0.2' };
const reply = icmp6.makeIn({ ...mapped, hop_limit: 9, traffic_class: 3 }, { type: 129, identifier: 7, sequence: 1 }, new Uint8Array(5));
/** A segment whose checksum is right over IPv6: over IPv4 it differs by the sum of ::ffff twice. */
const segment4 = checksummed(ipv4.make({ protocol: 6, identification: 0 }, tcp.make({ source_port: 5 })));
const segment6 = (): Uint8Array => {
  const bytes = Uint8Array.from(segment4.bytes.subarray(20));
  const word = bytes[16]! * 256 + bytes[17]!;
  // Adding 0xffff twice changes nothing in one's complement.
  bytes.set([word >>> 8, word & 0xff], 16);
  return bytes;
};

const reply4 = ipv4.make({ protocol: 1, ttl: 9, tos: 3, identification: 0 }, icmp.make({ type: 0, identifier: 7, sequence: 1 }, new Uint8Array(5)));
const error = (values: Parameters<typeof icmp6.makeIn>[1], quoted: { bytes: Uint8Array }) => icmp6.makeIn(mapped, values, quoted.bytes);
const quoting = (values: Parameters<typeof icmp.make>[0], quoted: Uint8Array) => ipv4.make({ protocol: 1, identification: 0 }, icmp.make(values, quoted));

export default defineElement({
  name: 'ProtocolTranslator64',
  config: { prefix: translationPrefix({ doc: 'The network whose addresses end in IPv4 addresses.' }) },
  ports: { inputs: { in: 'IPv6 packets with a checked header.' }, outputs: { out: 'The same as IPv4 packets, with their destination annotation.' } },
  drops: { bad_header: 'There is no whole IPv6 header.', not_translated: 'An address is not of the prefix, or it is neither TCP, UDP, a ping nor an error.' },
  state: { identification: register('u16') },
  process(packet, context) {
    const { config, state, outputs } = context;
    const offset = packet.hasNetworkHeader ? packet.networkHeaderOffset : 0;
    if (offset < 0) return drop('bad_header');
    packet.strip(offset);
    if (packet.length < ipv6.size) return drop('bad_header');
    const old = ipv6.atOffset(packet, 0);
    const total = ipv6.size + old.payload_length;
    if (old.version !== 6 || total > packet.length) return drop('bad_header');
    packet.truncate(total);
    if (old.source_0 !== config.prefix[0] || old.source_1 !== config.prefix[1] || old.source_2 !== config.prefix[2]) return drop('not_translated');
    if (old.destination_0 !== config.prefix[0] || old.destination_1 !== config.prefix[1] || old.destination_2 !== config.prefix[2]) return drop('not_translated');
    const next = old.next_header;
    const protocol = next === IPV6_NEXT_HEADER.icmp6 ? IP_PROTOCOL.icmp : next;
    const tos = old.traffic_class;
    const ttl = old.hop_limit;
    const source = old.source_3;
    const destination = old.destination_3;
    const before = addressSum6(packet, 0);
    let error = false;
    if (next === IPV6_NEXT_HEADER.icmp6) {
      if (ipv6.size + icmp6.size > packet.length) return drop('not_translated');
      const message = icmp6.atOffset(packet, ipv6.size);
      error = message.type !== ICMP6_TYPE.echo && message.type !== ICMP6_TYPE.echo_reply;
    } else if (next !== IP_PROTOCOL.tcp && next !== IP_PROTOCOL.udp) {
      return drop('not_translated');
    }
    if (error) {
      if (!errorTo4(packet, context)) return drop('not_translated');
    } else {
      packet.strip(ipv6.size);
      packet.prepend(ipv4.size);
    }
    packet.markNetworkHeader(0);
    packet.markTransportHeader(ipv4.size);
    const header = ipv4.atOffset(packet, 0);
    header.version = 4;
    header.header_length = 5;
    header.tos = u8(tos);
    header.total_length = u16(packet.length);
    if (packet.length > FRAGMENTED_FROM_BYTES) {
      header.dont_fragment = 1;
    } else {
      header.identification = state.identification;
      state.identification = u16(state.identification + 1);
    }
    header.ttl = ttl;
    header.protocol = protocol;
    header.source = source;
    header.destination = destination;
    header.checksum = checksum.finish(checksum.sum(packet, 0, ipv4.size));
    if (next === IPV6_NEXT_HEADER.icmp6) {
      const message = icmp.atOffset(packet, ipv4.size);
      if (!error) message.type = message.type === ICMP6_TYPE.echo ? ICMP_TYPE.echo : ICMP_TYPE.echo_reply;
      message.checksum = 0;
      message.checksum = checksum.finish(checksum.sum(packet, ipv4.size, Math.max(0, packet.length - ipv4.size)));
    } else if (!transportTranslated(packet, ipv4.size, next, before, addressSum4(packet, 0))) {
      return drop('not_translated');
    }
    packet.destinationAddress = destination;
    return outputs.out;
  },
  examples: [
    example('translates pings', reply, { out: reply4 }),
    example('translates segments and their checksums', ipv6.make({ ...mapped, next_header: 6 }, segment6()), { out: segment4 }),
    example('does not translate other addresses', ipv6.make({ next_header: 6 }, segment6()), { drop: 'not_translated' }),
    example('does not translate extension headers', ipv6.make({ ...mapped, next_header: 0 }, new Uint8Array(8)), { drop: 'not_translated' }),
    example('does not translate neighbour discovery', icmp6.makeIn(mapped, { type: 135 }), { drop: 'not_translated' }),
    example('translates errors with the segment that they quote', error({ type: 3 }, ipv6.make({ ...mapped, next_header: 6 }, segment6())), { out: quoting({ type: 11 }, segment4.bytes) }),
    example('translates what quotes a ping', error({ type: 1, code: 4 }, reply), { out: quoting({ type: 3, code: 3 }, reply4.bytes) }),
    example('tells how long packets may be over IPv4', error({ type: 2, rest: 1420 }, reply), { out: quoting({ type: 3, code: 4, next_hop_mtu: 1400 }, reply4.bytes) }),
    example('tells which field is wrong', error({ type: 4, rest: 6 }, reply), { out: quoting({ type: 12, pointer: 9 }, reply4.bytes) }),
    example('tells of a protocol that is not there', error({ type: 4, code: 1, rest: 6 }, reply), { out: quoting({ type: 3, code: 2 }, reply4.bytes) }),
    example('does not translate errors about fields that IPv4 has not', error({ type: 4, rest: 2 }, reply), { drop: 'not_translated' }),
    example('does not translate errors about packets of others', error({ type: 3 }, ipv6.make({ next_header: 6 }, segment6())), { drop: 'not_translated' }),
    example('drops a length that lies', ipv6.make({ ...mapped, payload_length: 9 }), { drop: 'bad_header' }),
  ],
});
