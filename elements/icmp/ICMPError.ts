/**
 * Answers a packet with an ICMP error (RFC 792): the packet's beginning behind a new IP and ICMP header, to its
 * source, from address SRC.
 *
 * As RFC 1812, 4.3.2.7 demands there is none about ICMP errors, about fragments but the first, about packets
 * with a wrong header, to or from addresses that are not one host's, or sent to many on the link. As much of the
 * packet is quoted as fits into MTU bytes (4.3.2.3).
 *
 * Put a route look-up behind it: its destination annotation is the packet's source. A FixIPSrc behind the
 * look-up replaces SRC by the address of the interface by which the error leaves, unless SET_FIX_ANNO is false.
 *
 * A redirect names the gateway that is the packet's destination annotation. A parameter problem, erroratptr,
 * is about the byte that the annotation `icmp_parameter` names (see IPGWOptions). The error goes back by the source route
 * that the packet came by, unless it is about a mistake in there (4.3.2.6); such packets are not redirected (5.2.7.2).
 */
import { ANNOTATIONS, argumentHandler, bool, checksum, defineElement, drop, example, icmp, ICMP_TYPE, icmpTypeName, integer, IP_PROTOCOL, ipv4, ipv4Address, Packet, PACKET_TYPE, register, u16, u32, u8, words } from 'wirelet';
import { codeOf, icmpCode, icmpType } from './type-argument.js';

const ERRORS: readonly number[] = [ICMP_TYPE.unreachable, ICMP_TYPE.source_quench, ICMP_TYPE.redirect, ICMP_TYPE.time_exceeded, ICMP_TYPE.parameter_problem];
const LOOSE_SOURCE_ROUTE = 131;
const STRICT_SOURCE_ROUTE = 137;
/** Of a header with a route in it that is reversed: 15 words. */
const ROUTE_BYTES_MAX = 40;

/** As Click has it. */
const FRESH_TTL = 200;

const late = ipv4.make({ ttl: 1, protocol: 17, source: 0x0a000002, destination: 0x0a010001 }, new Uint8Array(12));
const error = (values: Parameters<typeof icmp.make>[0], quoted: Uint8Array) =>
  ipv4.make({ identification: 1, ttl: FRESH_TTL, protocol: 1, source: 0x0a000001, destination: 0x0a000002 }, icmp.make(values, quoted));
const answer = (quoted: Uint8Array) => error({ type: 11, code: 0 }, quoted);

/** On a loose source route by 1.1.1.1, 2.2.2.2 and 3.3.3.3. */
const routed = (pointer: number) => ipv4.make({ ttl: 1, source: 0x0a000002, destination: 0x0a010001 }, new Uint8Array(8), Uint8Array.from([131, 15, pointer, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 0]));

/** Where a right source route begins in the header of `length` bytes at `offset`, counted from there; -1: there is none. */
function sourceRoute(packet: Packet, offset: u32, length: number): number {
  for (let at = ipv4.size; at < length; at += 1) {
    const type = packet.loadU8(offset + at);
    if (type === 0) break;
    if (type !== 1) {
      if (at + 2 >= length) break;
      const size = packet.loadU8(offset + at + 1);
      if (size < 2 || at + size > length) break;
      const pointer = packet.loadU8(offset + at + 2);
      if ((type === LOOSE_SOURCE_ROUTE || type === STRICT_SOURCE_ROUTE) && pointer >= 4 && pointer % 4 === 0 && pointer <= size + 1) return at;
      at += size - 1;
    }
  }
  return -1;
}

/** The four bytes behind the checksum: what they mean depends on the error (RFC 792, RFC 1191). */
function restOf(packet: Packet, type: number, code: number, pmtu: number): u32 {
  if (type === ICMP_TYPE.redirect) return packet.destinationAddress;
  if (type === ICMP_TYPE.parameter_problem && code === 0) return u32(packet.annotationU8(ANNOTATIONS.icmp_parameter.offset) << 24);
  return type === ICMP_TYPE.unreachable && code === 4 ? pmtu : 0;
}

export default defineElement({
  name: 'ICMPError',
  config: {
    src: ipv4Address({ doc: 'The address that errors come from.' }),
    type: icmpType('ICMP error type', 'unreachable, sourcequench, redirect, timeexceeded, parameterproblem, or a number.'),
    code: icmpCode('A name such as host, port, transit, or a number.', '0'),
    badaddrs: words(ipv4Address({ doc: 'Addresses that belong to no single host, such as broadcast addresses.' })),
    mtu: integer({ min: 56, max: 9216, default: 576, keyword: true, doc: 'Bytes of an error at most.' }),
    pmtu: integer({ max: 65_535, default: 0, keyword: true, doc: 'For unreachable, needfrag: the MTU of the next hop (RFC 1191).' }),
    set_fix_anno: bool({ default: true, keyword: true, doc: 'Ask FixIPSrc for the address of the interface by which the error leaves.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with a marked header.' }, outputs: { out: 'Errors about them, as IPv4 packets.' } },
  drops: {
    bad_header: 'The packet has no right IPv4 header.',
    source_routed: 'It has a source route, and is not to be redirected.',
    about_icmp_error: 'The packet is an ICMP error itself.',
    about_fragment: 'The packet is a fragment, not the first.',
    bad_source: 'Its source is not one host.',
    bad_destination: 'It was sent to many.',
  },
  endsLoops: 'There are no ICMP errors about ICMP errors (RFC 1812, 4.3.2.7).',
  split: 'each',
  state: { identification: register('u16', 1) },
  build({ config, fail }) {
    const { type } = config;
    if (type < 0 || type > 255) return fail(`an ICMP type is from 0 to 255, not ${type}`, undefined, 'ICMP type must be between 0 and 255');
    if (!ERRORS.includes(type)) return fail(`ICMP type ${type} is no error`, `Errors are ${ERRORS.map((error) => icmpTypeName(error)).join(', ')}.`, `ICMP type ${type} is not an error type`);
    const code = codeOf(type, config.code, fail, 'argument 2 takes ICMP code (integer between 0 and 255)');
    return { code, many: [...new Set([0xffff_ffff, ...config.badaddrs])] };
  },
  process(packet, { config, built, state, clock, outputs }) {
    const header = ipv4.at(packet);
    const offset = packet.networkHeaderOffset;
    const length = header.header_length * 4;
    if (offset < 0 || header.version !== 4 || length < 20 || packet.networkLength < length) return drop('bad_header');
    if (header.fragment_offset !== 0) return drop('about_fragment');
    const kind = packet.annotationU8(ANNOTATIONS.packet_type.offset);
    if (kind === PACKET_TYPE.group || kind === PACKET_TYPE.multicast) return drop('bad_destination');
    const source = header.source;
    const destination = header.destination;
    if (source >>> 24 === 0 || source >>> 24 === 127 || source >= 0xe000_0000) return drop('bad_source');
    for (const address of built.many) if (source === address) return drop('bad_source');
    if (ipv4.isMulticast(destination)) return drop('bad_destination');
    for (const address of built.many) if (destination === address) return drop('bad_destination');
    if (header.protocol === IP_PROTOCOL.icmp) {
      // What cannot be told from an error counts as one.
      if (packet.networkLength < length + 4) return drop('about_icmp_error');
      const type = packet.loadU8(offset + length);
      for (const error of ERRORS) if (type === error) return drop('about_icmp_error');
    }
    const rest = restOf(packet, config.type, built.code, config.pmtu);
    let route = sourceRoute(packet, offset, length);
    if (route >= 0) {
      if (config.type === ICMP_TYPE.redirect) return drop('source_routed');
      const wrong = packet.annotationU8(ANNOTATIONS.icmp_parameter.offset);
      if (config.type === ICMP_TYPE.parameter_problem && built.code === 0 && route <= wrong && wrong < route + packet.loadU8(offset + route + 1)) route = -1;
    }
    // The part of the route that is behind the packet, and the bytes that the new header has for it.
    const passed = route < 0 ? 0 : packet.loadU8(offset + route + 2) - 1;
    const words = Math.min(ROUTE_BYTES_MAX, (passed + 3) & 0xfc);
    const size = ipv4.size + words;
    const room = config.mtu - size - icmp.size;
    const place = size + icmp.size + Math.max(0, route);
    packet.strip(offset);
    packet.truncate(Math.max(room, length));
    packet.prepend(size + icmp.size);
    if (route >= 0) {
      packet.storeU8(ipv4.size, packet.loadU8(place));
      packet.storeU8(ipv4.size + 1, u8(passed));
      packet.storeU8(ipv4.size + 2, 4);
      for (let at = 3; at < ROUTE_BYTES_MAX; at += 4) {
        if (at + 4 > passed) break;
        packet.storeU32(ipv4.size + at, packet.loadU32(Math.max(0, place + passed - at - 1)));
      }
    }
    packet.truncate(size + icmp.size + Math.max(0, room));
    packet.markNetworkHeader(0);
    packet.markTransportHeader(size);
    const outer = ipv4.atOffset(packet, 0);
    outer.version = 4;
    outer.header_length = u8(size >>> 2);
    outer.total_length = u16(packet.length);
    outer.identification = state.identification;
    state.identification = u16(state.identification + 1);
    outer.ttl = FRESH_TTL;
    outer.protocol = IP_PROTOCOL.icmp;
    outer.source = config.src;
    outer.destination = source;
    outer.checksum = checksum.finish(checksum.sum(packet, 0, size));
    const message = icmp.atOffset(packet, size);
    message.type = config.type;
    message.code = built.code;
    message.rest = rest;
    message.checksum = checksum.finish(checksum.sum(packet, size, Math.max(0, packet.length - size)));
    packet.destinationAddress = source;
    packet.timestampSeconds = u32(clock.seconds);
    packet.timestampNanoseconds = u32((clock.microseconds % 1_000_000) * 1000);
    packet.paint = 0;
    packet.setAnnotationU8(ANNOTATIONS.icmp_parameter.offset, 0);
    packet.setAnnotationU8(ANNOTATIONS.fix_ip_source.offset, config.set_fix_anno ? 1 : 0);
    return outputs.out;
  },
  handlers: {
    src: argumentHandler('src', 'The address that errors come from.'),
    mtu: argumentHandler('mtu', 'Bytes of an error at most.'),
    pmtu: argumentHandler('pmtu', 'The MTU of the next hop that unreachable, needfrag tells.'),
  },
  reconfigurable: true,
  examples: [
    example('answers a packet on its last hop', late, { out: answer(late.bytes) }, { config: '10.0.0.1, timeexceeded, transit' }),
    example('quotes as much as fits', ipv4.make({ source: 0x0a000002, destination: 0x0a010001 }, new Uint8Array(1000)), { out: answer(ipv4.make({ source: 0x0a000002, destination: 0x0a010001 }, new Uint8Array(1000)).bytes.subarray(0, 548)) }, { config: '10.0.0.1, 11, 0' }),
    example('goes back by the source route', routed(12), { out: ipv4.make({ identification: 1, ttl: FRESH_TTL, protocol: 1, source: 0x0a000001, destination: 0x0a000002 }, icmp.make({ type: 11 }, routed(12).bytes), Uint8Array.from([131, 11, 4, 2, 2, 2, 2, 1, 1, 1, 1, 0])) }, { config: '10.0.0.1, timeexceeded' }),
    example('goes the plain way when the source route itself is wrong', { ...routed(12), icmpParameter: 22 }, { out: error({ type: 12, pointer: 22 }, routed(12).bytes) }, { config: '10.0.0.1, parameterproblem' }),
    example('does not redirect what has a source route', routed(12), { drop: 'source_routed' }, { config: '10.0.0.1, redirect, host' }),
    example('does not answer errors', answer(late.bytes), { drop: 'about_icmp_error' }, { config: '10.0.0.1, timeexceeded' }),
    example('does not answer fragments but the first', ipv4.make({ fragment_offset: 1 }), { drop: 'about_fragment' }, { config: '10.0.0.1, timeexceeded' }),
    example('does not answer what was sent to many', ipv4.make({ destination: 0xe0000001 }), { drop: 'bad_destination' }, { config: '10.0.0.1, unreachable, host' }),
    example('names the gateway in a redirect', { ...late, destinationAddress: 0x0a00_00fe }, { out: error({ type: 5, code: 1, gateway: 0x0a00_00fe }, late.bytes) }, { config: '10.0.0.1, redirect, host' }),
    example('points at the wrong byte', { ...late, icmpParameter: 21 }, { out: error({ type: 12, pointer: 21 }, late.bytes) }, { config: '10.0.0.1, parameterproblem' }),
    example('tells the MTU of the next hop', late, { out: error({ type: 3, code: 4, next_hop_mtu: 1400 }, late.bytes) }, { config: '10.0.0.1, unreachable, needfrag, PMTU 1400' }),
    example('does not answer what the link sent to many', { ...late, packetType: PACKET_TYPE.group }, { drop: 'bad_destination' }, { config: '10.0.0.1, unreachable, host' }),
    example('does not answer a header that is longer than the packet', ipv4.make({ header_length: 15 }), { drop: 'bad_header' }, { config: '10.0.0.1, timeexceeded' }),
    example('does not answer ICMP whose type is cut off', ipv4.make({ protocol: 1 }), { drop: 'about_icmp_error' }, { config: '10.0.0.1, timeexceeded' }),
    example('does not answer nobody', ipv4.make({ source: 0 }), { drop: 'bad_source' }, { config: '10.0.0.1, unreachable, host' }),
  ],
});
