/**
 * Answers an IPv6 packet with an ICMPv6 error (RFC 4443): as much of the packet as fits into 1280 bytes behind a new header, to its source,
 * from address SRC.
 *
 * As RFC 4443, 2.4 demands there is none about ICMPv6 errors and redirects, to sources that are not one host's, or about what was sent to
 * many, but for packets that are too big and for a parameter problem of code 2. Put a route look-up behind it: the packet's source is its
 * destination annotation. A redirect (RFC 4861, 4.5) names the gateway that is the packet's destination annotation, and its destination; a parameter
 * problem of code 0 is about the byte that the annotation `icmp_parameter` names.
 */
import { ANNOTATIONS, checksum, copyBytes, defineElement, drop, example, icmp6, ICMP6_TYPE, integer, ipv6, ipv6Address, IPV6_NEXT_HEADER, PACKET_TYPE, parsed, parseInteger, pseudoHeaderSum6, u16 } from 'wirelet';
import { DESTINATION_6 } from './destination-annotation.js';
import { upperHeader } from './upper-layer.js';

const TYPES: Readonly<Record<string, number>> = { unreachable: 1, packettoobig: 2, toobig: 2, timeexceeded: 3, parameterproblem: 4, paramprob: 4, redirect: 137 };
const CODES: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  1: { noroute: 0, adminprohibited: 1, beyondscope: 2, addr: 3, port: 4, ingresspolicy: 5, rejectroute: 6 },
  3: { transit: 0, hoplimit: 0, reassembly: 1 },
  4: { erroneousheader: 0, nextheader: 1, option: 2 },
};
/** All links carry so much (RFC 8200, 5): an error is no longer. */
const ERROR_BYTES_MAX = 1280;
const HEADERS = ipv6.size + icmp6.size;
const ADDRESS_BYTES = 16;
/** Where the destination is in an IPv6 header. */
const DESTINATION_OFFSET = 24;

const source = '2001:db8::99';
const late = ipv6.make({ hop_limit: 1, next_header: 17 }, new Uint8Array(12));
const error = (type: number, code: number, quoted: Uint8Array, rest = 0) => icmp6.makeIn({ source, destination: '2001:db8::1', hop_limit: 255 }, { type, code, rest }, quoted);
const addressBytes = (last: number) => [0x20, 0x01, 0x0d, 0xb8, ...new Uint8Array(11), last];
const multicast = ipv6.make({ destination: 'ff02::5' });

export default defineElement({
  name: 'ICMP6Error',
  config: {
    src: ipv6Address({ doc: 'The address that errors come from.' }),
    type: parsed<number>('ICMPv6 error type', { doc: `${Object.keys(TYPES).join(', ')}, or a number.` }, (text) => {
      const value = TYPES[text.toLowerCase()] ?? parseInteger(text);
      return value !== undefined ? { value } : { error: `expected a type of ICMPv6 errors such as timeexceeded, got "${text}"` };
    }, String),
    code: parsed<string>('ICMPv6 code', { default: '0', doc: 'A name such as noroute, port, transit, or a number.' }, (text) => ({ value: text.toLowerCase() }), String),
    mtu: integer({ default: 1280, min: 1280, max: 65_535, keyword: true, doc: 'For packettoobig: the MTU of the next hop, in bytes.' }),
  },
  ports: { inputs: { in: 'IPv6 packets with a marked header.' }, outputs: { out: 'Errors about them, as IPv6 packets.' } },
  drops: {
    bad_header: 'The packet has no whole IPv6 header.',
    about_icmp_error: 'The packet is an ICMPv6 error or a redirect itself.',
    bad_source: 'Its source is not one host.',
    bad_destination: 'It was sent to many.',
  },
  endsLoops: 'There are no ICMPv6 errors about ICMPv6 errors (RFC 4443, 2.4).',
  build({ config, fail }) {
    if (config.type < 0 || config.src.every((word) => word === 0)) return fail('it needs an address and a type', undefined, 'not configured -a');
    if ((config.type < 1 || config.type > 4) && config.type !== ICMP6_TYPE.redirect) return fail(`ICMPv6 type ${config.type} is no error that it makes`, `Types are ${Object.keys(TYPES).join(', ')}.`, `ICMP6 type ${config.type} is not an error or redirect type`);
    const code = parseInteger(config.code) ?? CODES[config.type]?.[config.code];
    if (code === undefined || code < 0 || code > 255) {
      const names = Object.keys(CODES[config.type] ?? {});
      return fail(`"${config.code}" is not a code of ICMPv6 type ${config.type}`, names.length > 0 ? `There are ${names.join(', ')}.` : 'Write its number.');
    }
    const toMany = config.type === ICMP6_TYPE.packet_too_big || (config.type === ICMP6_TYPE.parameter_problem && code === 2);
    const redirects = config.type === ICMP6_TYPE.redirect;
    return { code, toMany, redirects, bytes: HEADERS + (redirects ? 2 * ADDRESS_BYTES : 0) };
  },
  process(packet, { config, built, outputs }) {
    const header = ipv6.at(packet);
    const offset = packet.networkHeaderOffset;
    if (offset < 0 || header.version !== 6 || packet.networkLength < ipv6.size) return drop('bad_header');
    const source0 = header.source_0;
    const source1 = header.source_1;
    const source2 = header.source_2;
    const source3 = header.source_3;
    if (source0 >>> 24 === 0xff || (source0 === 0 && source1 === 0 && source2 === 0 && source3 === 0)) return drop('bad_source');
    if (!built.toMany && (header.destination_0 >>> 24 === 0xff || packet.annotationU8(ANNOTATIONS.packet_type.offset) !== PACKET_TYPE.host)) return drop('bad_destination');
    const upper = upperHeader(packet, IPV6_NEXT_HEADER.icmp6, IPV6_NEXT_HEADER.icmp6);
    if (upper >= 0) {
      // What cannot be told from an error counts as one.
      if (upper >= packet.length) return drop('about_icmp_error');
      const type = packet.loadU8(upper);
      if (type < 128 || type === ICMP6_TYPE.redirect) return drop('about_icmp_error');
    }
    packet.strip(offset);
    const gateway0 = packet.annotationU32(DESTINATION_6);
    const gateway1 = packet.annotationU32(DESTINATION_6 + 4);
    const gateway2 = packet.annotationU32(DESTINATION_6 + 8);
    const gateway3 = packet.annotationU32(DESTINATION_6 + 12);
    packet.truncate(ERROR_BYTES_MAX - built.bytes);
    packet.prepend(built.bytes);
    packet.markNetworkHeader(0);
    packet.markTransportHeader(ipv6.size);
    const outer = ipv6.atOffset(packet, 0);
    const length = u16(packet.length - ipv6.size);
    outer.version = 6;
    outer.payload_length = length;
    outer.next_header = IPV6_NEXT_HEADER.icmp6;
    outer.hop_limit = 255;
    outer.source_0 = config.src[0];
    outer.source_1 = config.src[1];
    outer.source_2 = config.src[2];
    outer.source_3 = config.src[3];
    outer.destination_0 = source0;
    outer.destination_1 = source1;
    outer.destination_2 = source2;
    outer.destination_3 = source3;
    const message = icmp6.atOffset(packet, ipv6.size);
    message.type = config.type & 0xff;
    message.code = built.code;
    if (config.type === ICMP6_TYPE.packet_too_big) message.mtu = config.mtu;
    if (config.type === ICMP6_TYPE.parameter_problem && built.code === 0) message.pointer = packet.annotationU8(ANNOTATIONS.icmp_parameter.offset);
    if (built.redirects) {
      message.target_0 = gateway0;
      message.target_1 = gateway1;
      message.target_2 = gateway2;
      message.target_3 = gateway3;
      copyBytes(packet, HEADERS + ADDRESS_BYTES, packet, built.bytes + DESTINATION_OFFSET, ADDRESS_BYTES);
    }
    message.checksum = checksum.finish(checksum.add(pseudoHeaderSum6(packet, 0, IPV6_NEXT_HEADER.icmp6, length), checksum.sum(packet, ipv6.size, length)));
    packet.setAnnotationU8(ANNOTATIONS.fix_ip_source.offset, 1);
    packet.setAnnotationU32(DESTINATION_6, source0);
    packet.setAnnotationU32(DESTINATION_6 + 4, source1);
    packet.setAnnotationU32(DESTINATION_6 + 8, source2);
    packet.setAnnotationU32(DESTINATION_6 + 12, source3);
    return outputs.out;
  },
  examples: [
    example('answers a packet on its last hop', late, { out: error(3, 0, late.bytes) }, { config: `${source}, timeexceeded, transit` }),
    example('tells that no route leads there', late, { out: error(1, 0, late.bytes) }, { config: `${source}, unreachable, noroute` }),
    example('tells how large a packet may be, also to one that sent to many', multicast, { out: error(2, 0, multicast.bytes, 1400) }, { config: `${source}, packettoobig, MTU 1400` }),
    example('quotes as much as fits', ipv6.make({}, new Uint8Array(1400)), { out: error(1, 4, ipv6.make({}, new Uint8Array(1400)).bytes.subarray(0, 1232)) }, { config: `${source}, unreachable, port` }),
    example('redirects to the gateway of the annotation', late, { out: icmp6.makeIn({ source, destination: '2001:db8::1', hop_limit: 255 }, { type: 137 }, Uint8Array.from([...addressBytes(0x77), ...addressBytes(2), ...late.bytes])) }, { config: `${source}, redirect`, before: 'SetIP6Address(2001:db8::77)' }),
    example('tells which byte is wrong', late, { out: error(4, 0, late.bytes, 7) }, { config: `${source}, paramprob`, before: 'SetAnnoByte(17, 7)' }),
    example('does not answer errors', error(3, 0, late.bytes), { drop: 'about_icmp_error' }, { config: `${source}, timeexceeded` }),
    example('answers pings', icmp6.makeIn({}, { type: 128 }), { out: error(3, 0, icmp6.makeIn({}, { type: 128 }).bytes) }, { config: `${source}, timeexceeded` }),
    example('does not answer what was sent to many', multicast, { drop: 'bad_destination' }, { config: `${source}, timeexceeded` }),
    example('does not answer nobody', ipv6.make({ source: '::' }), { drop: 'bad_source' }, { config: `${source}, timeexceeded` }),
    example('does not answer a header that is cut off', { bytes: late.bytes.subarray(0, 39), networkHeader: 0 }, { drop: 'bad_header' }, { config: `${source}, timeexceeded` }),
  ],
});
