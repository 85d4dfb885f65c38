/**
 * Connections over IPv6 (RFC 8200), where the argument IPV6 asks for them. They are found by a keyed hash of their addresses, in the place
 * where the others have theirs, and keep the addresses themselves, which are compared before anything else: nothing but these
 * functions sees longer addresses.
 */
import { checksum, IP_PROTOCOL, ipv6, pseudoHeaderSum6, tcp as layout, u16, u32, type Packet } from 'wirelet';
import { DESTINATION_6 } from '../ip6/destination-annotation.js';
import type { Tcp } from './connection.js';
import { keyedHash } from './keyed-hash.js';

/** What stands for another side's address begins with four ones: no host has such an IPv4 address (RFC 1112, 4). */
const ALIAS = 0xf000_0000;
/** Bytes of data in a segment: no path carries less, and none is asked for more, as nobody here looks for what it carries (RFC 8200, 5). */
export const DATA_BYTES_6 = 1220;
/** Its header is this much longer than one of IPv4. */
export const LONGER_BYTES = 20;
const HOP_LIMIT = 64;
const WORDS = 4;

/** Whether a connection goes over IPv6. */
export function isOver6(tcp: Tcp, c: number): boolean {
  return tcp.built.tcp.ipv6 && tcp.state.peer[c] >= ALIAS;
}

/** Whether the packet, whose TCP header is at `transport`, may be a whole segment that came from a host. */
export function isWhole6(packet: Packet, network: u16, transport: u16): boolean {
  const header = ipv6.at(packet);
  const length = header.payload_length;
  if (header.next_header !== IP_PROTOCOL.tcp || transport !== network + ipv6.size || length < layout.size || transport + length > packet.length) return false;
  return checksum.add(pseudoHeaderSum6(packet, network, IP_PROTOCOL.tcp, length), checksum.sum(packet, transport, length)) === 0xffff;
}

/** Whether the source can be the address of one host: neither unspecified, nor loopback, nor multicast. */
export function isHost6(packet: Packet): boolean {
  const header = ipv6.at(packet);
  return header.source_0 >>> 24 !== 0xff && (header.source_0 !== 0 || header.source_1 !== 0 || header.source_2 !== 0 || header.source_3 > 1);
}

/** The packet's destination in one word: whose addresses there are is not for others to choose. */
function folded(packet: Packet): u32 {
  const header = ipv6.at(packet);
  const high = Math.imul(header.destination_0, 0x9e37_79b1) ^ header.destination_1;
  return (Math.imul(Math.imul(high, 0x85eb_ca77) ^ header.destination_2, 0xc2b2_ae3d) ^ header.destination_3) >>> 0;
}

/** What stands for the other side's address. */
export function peerAlias(tcp: Tcp, packet: Packet): u32 {
  const { state } = tcp;
  const header = ipv6.at(packet);
  return ((keyedHash(state.secret0, state.secret1, header.source_0, header.source_1, header.source_2, header.source_3) >>> 4) | ALIAS) >>> 0;
}

/** What stands for the own address; the other's is in it, so that both together have 60 bits which nobody can foresee. */
export function ownAlias(tcp: Tcp, packet: Packet): u32 {
  const { state } = tcp;
  const header = ipv6.at(packet);
  return keyedHash(state.secret1, (state.secret0 ^ folded(packet)) >>> 0, header.source_0, header.source_1, header.source_2, header.source_3);
}

/** Notes the addresses of a new connection, which the packet brought. */
export function noteAddresses(tcp: Tcp, c: number, packet: Packet, network: u16): void {
  const { state } = tcp;
  for (let word = 0; word < WORDS; word += 1) {
    state.peer6[c * WORDS + word] = packet.loadU32(network + 8 + 4 * word);
    state.own6[c * WORDS + word] = packet.loadU32(network + 24 + 4 * word);
  }
}

/** Whether the packet is between the addresses of the connection. */
export function hasAddresses(tcp: Tcp, c: number, packet: Packet, network: u16): boolean {
  const { state } = tcp;
  let same = true;
  for (let word = 0; word < WORDS; word += 1) {
    if (state.peer6[c * WORDS + word] !== packet.loadU32(network + 8 + 4 * word) || state.own6[c * WORDS + word] !== packet.loadU32(network + 24 + 4 * word)) same = false;
  }
  return same;
}

/** Writes the addresses of a connection into the header at the front of the packet. */
export function writeAddresses(tcp: Tcp, c: number, packet: Packet): void {
  const { state } = tcp;
  for (let word = 0; word < WORDS; word += 1) {
    packet.storeU32(8 + 4 * word, state.own6[c * WORDS + word]);
    packet.storeU32(24 + 4 * word, state.peer6[c * WORDS + word]);
  }
}

/** Turns the addresses of the header at the front of the packet round. */
export function swapAddresses(packet: Packet): void {
  for (let at = 8; at < 24; at += 4) {
    const source = packet.loadU32(at);
    packet.storeU32(at, packet.loadU32(at + 16));
    packet.storeU32(at + 16, source);
  }
}

/** Writes the header of a segment that begins 40 bytes into the packet, but for the addresses, which are there, and its checksum. */
export function finishSegment6(packet: Packet): void {
  const bytes = u16(Math.max(0, packet.length - ipv6.size));
  packet.markNetworkHeader(0);
  packet.markTransportHeader(ipv6.size);
  packet.storeU32(0, 0x6000_0000);
  const header = ipv6.atOffset(packet, 0);
  header.payload_length = bytes;
  header.next_header = IP_PROTOCOL.tcp;
  header.hop_limit = HOP_LIMIT;
  const segment = layout.atOffset(packet, ipv6.size);
  segment.checksum = 0;
  segment.checksum = checksum.finish(checksum.add(pseudoHeaderSum6(packet, 0, IP_PROTOCOL.tcp, bytes), checksum.sum(packet, ipv6.size, bytes)));
  for (let at = 0; at < 16; at += 4) packet.setAnnotationU32(DESTINATION_6 + at, packet.loadU32(24 + at));
}
