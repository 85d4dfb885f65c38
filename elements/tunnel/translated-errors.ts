/**
 * ICMP errors that protocol translators make of each other (RFC 7915, 4.2 and 5.2), with the packets that they quote (4.3 and 5.3). Quoted are TCP, UDP and pings that are no
 * fragments; checksums in what is quoted are updated as far as they are there.
 */
import { checksum, icmp, ICMP_TYPE, ICMP6_TYPE, IP_PROTOCOL, ipv4, ipv6, IPV6_NEXT_HEADER, u16, u8, type Packet, type u32 } from 'wirelet';
import { addressSum4, addressSum6, storeAddresses6, type Translating } from './translation.js';

const ICMP_BYTES = 8;
/** What IPv6 headers have more bytes than IPv4's. */
const GROWTH_BYTES = 20;
/** What every link of IPv6 carries (RFC 8200, 5): no error is longer (RFC 4443, 2.4 c), and none speaks of less. */
export const LEAST_MTU = 1280;
const MTU_MAX = 65_535;
const CODE_HOST_UNREACHABLE = 1;

/** 256 times the type of ICMPv6, and its code, that an error of ICMP becomes; -1: none. */
function meaning6(type: number, code: number): number {
  if (type === ICMP_TYPE.time_exceeded) return 0x300 + code;
  if (type === ICMP_TYPE.parameter_problem) return code === 0 || code === 2 ? 0x400 : -1;
  if (type !== ICMP_TYPE.unreachable || code === 14 || code > 15) return -1;
  if (code === 2) return 0x401;
  if (code === 3) return 0x104;
  if (code === 4) return 0x200;
  return code === 9 || code === 10 || code === 13 || code === 15 ? 0x101 : 0x100;
}

/** The same from ICMPv6 to ICMP. */
function meaning4(type: number, code: number): number {
  if (type === ICMP6_TYPE.time_exceeded) return ICMP_TYPE.time_exceeded * 256 + code;
  if (type === ICMP6_TYPE.packet_too_big) return ICMP_TYPE.unreachable * 256 + 4;
  if (type === ICMP6_TYPE.parameter_problem) {
    if (code === 1) return ICMP_TYPE.unreachable * 256 + 2;
    return code === 0 ? ICMP_TYPE.parameter_problem * 256 : -1;
  }
  if (type !== ICMP6_TYPE.unreachable || code > 4) return -1;
  if (code === 1) return ICMP_TYPE.unreachable * 256 + 10;
  return ICMP_TYPE.unreachable * 256 + (code === 4 ? 3 : CODE_HOST_UNREACHABLE);
}

/** Where in an IPv6 header stands what byte `pointer` of an IPv4 header says; -1: nowhere. */
function pointer6(pointer: number): number {
  if (pointer < 2) return pointer;
  if (pointer < 4) return 4;
  if (pointer === 8) return 7;
  if (pointer === 9) return 6;
  if (pointer < 12 || pointer > 19) return -1;
  return pointer < 16 ? 8 : 24;
}

/** The same from IPv6 to IPv4. */
function pointer4(pointer: number): number {
  if (pointer < 2) return pointer;
  if (pointer === 4 || pointer === 5) return 2;
  if (pointer === 6) return 9;
  if (pointer === 7) return 8;
  if (pointer < 8 || pointer > 39) return -1;
  return pointer < 24 ? 12 : 16;
}

/** The second word of the message; -1: the error cannot be told. */
function rest6(meaning: number, rest: u32): number {
  if (meaning === 0x401) return 6;
  if (meaning === 0x400) return pointer6(rest >>> 24);
  // Routers before RFC 1191 tell no MTU.
  return meaning === 0x200 ? Math.max(LEAST_MTU, (rest & 0xffff) + GROWTH_BYTES) : 0;
}

function rest4(type: number, meaning: number, rest: u32): number {
  if (type === ICMP6_TYPE.packet_too_big) return Math.min(MTU_MAX, Math.max(LEAST_MTU, rest) - GROWTH_BYTES);
  if (meaning !== ICMP_TYPE.parameter_problem * 256) return 0;
  const pointer = pointer4(rest);
  return pointer < 0 ? -1 : pointer * 0x100_0000;
}

/** Updates the checksum at `at`, if it is there, by what its pseudo-header changed. */
function quotedChecksum(packet: Packet, at: number, before: number, after: number): void {
  if (at + 2 > packet.length) return;
  packet.storeU16(at, checksum.update(packet.loadU16(at), u16(before), u16(after)));
}

/** Translates what stands behind the quoted header, at `at`; `pseudo`: the sum of the pseudo-header of ICMPv6. False: it cannot be. */
function quotedTranslated(packet: Packet, at: number, protocol: number, before: number, after: number, pseudo: number): boolean {
  if (protocol === IP_PROTOCOL.tcp) {
    quotedChecksum(packet, at + 16, before, after);
    return true;
  }
  if (protocol === IP_PROTOCOL.udp) {
    if (at + 8 <= packet.length && packet.loadU16(at + 6) !== 0) quotedChecksum(packet, at + 6, before, after);
    return true;
  }
  if (at + 4 > packet.length) return false;
  const type = packet.loadU8(at);
  const old = packet.loadU16(at);
  const sum = packet.loadU16(at + 2);
  if (protocol === IP_PROTOCOL.icmp && (type === ICMP_TYPE.echo || type === ICMP_TYPE.echo_reply)) {
    packet.storeU8(at, u8(type === ICMP_TYPE.echo ? ICMP6_TYPE.echo : ICMP6_TYPE.echo_reply));
    packet.storeU16(at + 2, checksum.apply(sum, (old ^ 0xffff) + packet.loadU16(at) + pseudo));
    return true;
  }
  if (protocol === IPV6_NEXT_HEADER.icmp6 && (type === ICMP6_TYPE.echo || type === ICMP6_TYPE.echo_reply)) {
    packet.storeU8(at, u8(type === ICMP6_TYPE.echo ? ICMP_TYPE.echo : ICMP_TYPE.echo_reply));
    packet.storeU16(at + 2, checksum.apply(sum, (old ^ 0xffff) + packet.loadU16(at) + (pseudo ^ 0xffff)));
    return true;
  }
  return false;
}

/**
 * Makes the error of ICMP that begins at `at` one of ICMPv6, without its checksum, behind room for an IPv6 header; what stood before it is gone. False: it cannot be told, and
 * the packet may have been changed.
 */
export function errorTo6(packet: Packet, context: Translating, at: number): boolean {
  const quotedAt = at + ICMP_BYTES;
  if (quotedAt + ipv4.size > packet.length) return false;
  const message = icmp.atOffset(packet, at);
  const meaning = meaning6(message.type, message.code);
  const rest = rest6(meaning, message.rest);
  const quoted = ipv4.atOffset(packet, quotedAt);
  const size = quoted.header_length * 4;
  const total = quoted.total_length;
  if (meaning < 0 || rest < 0 || quoted.version !== 4 || size < ipv4.size || total < size || quotedAt + size > packet.length) return false;
  if (quoted.more_fragments === 1 || quoted.fragment_offset !== 0) return false;
  const protocol = quoted.protocol;
  const tos = quoted.tos;
  const ttl = quoted.ttl;
  const source = quoted.source;
  const destination = quoted.destination;
  const before = addressSum4(packet, quotedAt);
  packet.strip(quotedAt + size);
  packet.prepend(ipv6.size + ICMP_BYTES + ipv6.size);
  const header = ipv6.atOffset(packet, ipv6.size + ICMP_BYTES);
  header.version = 6;
  header.traffic_class = tos;
  header.payload_length = u16(total - size);
  header.next_header = protocol === IP_PROTOCOL.icmp ? IPV6_NEXT_HEADER.icmp6 : protocol;
  header.hop_limit = ttl;
  storeAddresses6(packet, context, ipv6.size + ICMP_BYTES, source, destination);
  const after = addressSum6(packet, ipv6.size + ICMP_BYTES);
  packet.storeU8(ipv6.size, u8(meaning >>> 8));
  packet.storeU8(ipv6.size + 1, u8(meaning & 255));
  packet.storeU32(ipv6.size + 4, rest);
  return quotedTranslated(packet, ipv6.size + ICMP_BYTES + ipv6.size, protocol, before, after, checksum.fold(after + IPV6_NEXT_HEADER.icmp6 + (total - size)));
}

/** The same for the error of ICMPv6 that begins behind an IPv6 header at the start of the packet: one of ICMP, behind room for an IPv4 header. */
export function errorTo4(packet: Packet, { config }: Translating): boolean {
  const quotedAt = ipv6.size + ICMP_BYTES;
  if (quotedAt + ipv6.size > packet.length) return false;
  const type = packet.loadU8(ipv6.size);
  const meaning = meaning4(type, packet.loadU8(ipv6.size + 1));
  const rest = rest4(type, meaning, packet.loadU32(ipv6.size + 4));
  const quoted = ipv6.atOffset(packet, quotedAt);
  if (meaning < 0 || rest < 0 || quoted.version !== 6) return false;
  if (quoted.source_0 !== config.prefix[0] || quoted.source_1 !== config.prefix[1] || quoted.source_2 !== config.prefix[2]) return false;
  if (quoted.destination_0 !== config.prefix[0] || quoted.destination_1 !== config.prefix[1] || quoted.destination_2 !== config.prefix[2]) return false;
  const length = quoted.payload_length;
  if (length > MTU_MAX - ipv4.size) return false;
  const next = quoted.next_header;
  const tos = quoted.traffic_class;
  const ttl = quoted.hop_limit;
  const source = quoted.source_3;
  const destination = quoted.destination_3;
  const before = addressSum6(packet, quotedAt);
  packet.strip(quotedAt + ipv6.size);
  packet.prepend(ipv4.size + ICMP_BYTES + ipv4.size);
  const header = ipv4.atOffset(packet, ipv4.size + ICMP_BYTES);
  header.version = 4;
  header.header_length = 5;
  header.tos = u8(tos);
  header.total_length = u16(ipv4.size + length);
  if (ipv4.size + length > LEAST_MTU - GROWTH_BYTES) header.dont_fragment = 1;
  header.ttl = ttl;
  header.protocol = next === IPV6_NEXT_HEADER.icmp6 ? IP_PROTOCOL.icmp : next;
  header.source = source;
  header.destination = destination;
  header.checksum = checksum.finish(checksum.sum(packet, ipv4.size + ICMP_BYTES, ipv4.size));
  const after = addressSum4(packet, ipv4.size + ICMP_BYTES);
  packet.storeU8(ipv4.size, u8(meaning >>> 8));
  packet.storeU8(ipv4.size + 1, u8(meaning & 255));
  packet.storeU32(ipv4.size + 4, rest);
  return quotedTranslated(packet, ipv4.size + ICMP_BYTES + ipv4.size, next, before, after, checksum.fold(before + IPV6_NEXT_HEADER.icmp6 + length));
}
