/** What changes when IPv6 packets become IPv4 packets and the other way round (RFC 7915). */
import { checksum, IP_PROTOCOL, IPV6_NEXT_HEADER, type Packet } from 'wirelet';

/** The types of echo request and reply in ICMP, and those in ICMPv6 (RFC 7915, 4.2 and 5.2). */
const ECHO_4 = 8;
const ECHO_REPLY_4 = 0;
const ECHO_6 = 128;
const ECHO_REPLY_6 = 129;

/** The type that an echo message has in the other protocol; -1: it is none. */
export function echoType(type: number, to4: boolean): number {
  if (to4) return type === ECHO_6 ? ECHO_4 : type === ECHO_REPLY_6 ? ECHO_REPLY_4 : -1;
  return type === ECHO_4 ? ECHO_6 : type === ECHO_REPLY_4 ? ECHO_REPLY_6 : -1;
}

/**
 * Brings the checksum of the transport header at `at` in line with other addresses: `before` and `after` are their sums. UDP over IPv4 may have
 * none: then one is made, which `pseudo`, the whole sum of the new pseudo-header, is for.
 */
export function moveChecksum(packet: Packet, at: number, length: number, protocol: number, before: number, after: number, pseudo: number): void {
  const place = protocol === IP_PROTOCOL.tcp ? at + 16 : at + 6;
  if ((protocol !== IP_PROTOCOL.tcp && protocol !== IP_PROTOCOL.udp) || length < place - at + 2) return;
  const old = packet.loadU16(place);
  if (protocol === IP_PROTOCOL.udp && old === 0) {
    const whole = checksum.finish(checksum.add(pseudo, checksum.sum(packet, at, length)));
    packet.storeU16(place, whole === 0 ? 0xffff : whole);
    return;
  }
  const moved = checksum.apply(old, (before ^ 0xffff) + after);
  packet.storeU16(place, protocol === IP_PROTOCOL.udp && moved === 0 ? 0xffff : moved);
}

/** Gives an echo message at `at` its other type; `pseudo` is the sum of the IPv6 pseudo-header, which ICMPv6 covers and ICMP does not. */
export function moveEcho(packet: Packet, at: number, type: number, pseudo: number, to4: boolean): void {
  const old = packet.loadU16(at);
  packet.storeU8(at, type & 0xff);
  const typed = (old ^ 0xffff) + packet.loadU16(at);
  packet.storeU16(at + 2, checksum.apply(packet.loadU16(at + 2), typed + (to4 ? pseudo ^ 0xffff : pseudo)));
}

/** The sum of the pseudo-header of IPv6 whose addresses begin at `at` (RFC 8200, 8.1). */
export function pseudo6(packet: Packet, at: number, length: number, protocol: number): number {
  return checksum.add(checksum.add(checksum.sum(packet, at, 32), length & 0xffff), protocol & 0xff);
}

export const ICMP6 = IPV6_NEXT_HEADER.icmp6;
