/** Checksums of TCP and UDP, which cover a pseudo-header of IPv4 fields (RFC 768; RFC 9293, 3.1), and of ICMP (RFC 792). */
import { checksum, sumOfBytes } from './checksum.js';
import { IP_PROTOCOL, ipv4 } from './headers/ipv4.js';
import { ipv6, IPV6_NEXT_HEADER } from './headers/ipv6.js';
import { tcp } from './headers/tcp.js';
import { udp } from './headers/udp.js';
import type { u16, u32, u8 } from './integers.js';
import { readU32, writeU16, type Packet } from './packet.js';
import type { PacketTemplate } from './template.js';

/** The sum of the pseudo-header for `length` bytes of transport header and data. */
export function pseudoHeaderSum(source: u32, destination: u32, protocol: u8, length: u16): u16 {
  return checksum.addU32(checksum.addU32(checksum.add(protocol, length), source), destination);
}

/**
 * The sum of the pseudo-header (RFC 8200, 8.1) of the IPv6 header at `base`, in bytes from the start of the data, for `length` bytes
 * of `protocol` behind it. Traps when the header is not all there.
 */
export function pseudoHeaderSum6(packet: Packet, base: u16, protocol: u8, length: u16): u16 {
  return checksum.add(checksum.add(checksum.sum(packet, base + 8, 32), length), protocol);
}

/**
 * Updates the checksum of TCP or UDP, if the packet has one, after an address of the pseudo-header changed from `before` to
 * `after` (RFC 1624, equation 3). Fragments but the first have none.
 */
export function transportAddressChanged(packet: Packet, before: u32, after: u32): void {
  const header = ipv4.at(packet);
  if (header.fragment_offset !== 0) return;
  if (header.protocol === IP_PROTOCOL.tcp && packet.transportLength >= 18) {
    const segment = tcp.at(packet);
    segment.checksum = checksum.updateU32(segment.checksum, before, after);
  } else if (header.protocol === IP_PROTOCOL.udp && packet.transportLength >= 8) {
    const segment = udp.at(packet);
    if (segment.checksum === 0) return;
    const sum = checksum.updateU32(segment.checksum, before, after);
    // Zero would say that there is none.
    segment.checksum = sum === 0 ? 0xffff : sum;
  }
}

/** Where the checksum lies in the transport header of each protocol. */
const CHECKSUM_OFFSET: Readonly<Record<number, number>> = { [IP_PROTOCOL.icmp]: 2, [IP_PROTOCOL.tcp]: 16, [IP_PROTOCOL.udp]: 6, [IPV6_NEXT_HEADER.icmp6]: 2 };

/** The IPv4 packet with a right transport checksum, for examples and tests. */
export function checksummed(packet: PacketTemplate): PacketTemplate {
  const bytes = Uint8Array.from(packet.bytes);
  const network = packet.networkHeader ?? 0;
  const protocol = bytes[network + 9]!;
  const start = network + (bytes[network]! & 15) * 4;
  const place = CHECKSUM_OFFSET[protocol];
  if (place === undefined) throw new RangeError(`no checksum is known for protocol ${protocol}`);
  const segment = bytes.subarray(start, network + ((bytes[network + 2]! << 8) | bytes[network + 3]!));
  writeU16(segment, place, 0);
  const outer = protocol === IP_PROTOCOL.icmp ? 0 : pseudoHeaderSum(readU32(bytes, network + 12), readU32(bytes, network + 16), protocol, segment.length);
  const sum = checksum.finish(checksum.add(outer, sumOfBytes(segment)));
  writeU16(segment, place, protocol === IP_PROTOCOL.udp && sum === 0 ? 0xffff : sum);
  return { ...packet, bytes };
}

/** The same for an IPv6 packet without extension headers. */
export function checksummed6(packet: PacketTemplate): PacketTemplate {
  const bytes = Uint8Array.from(packet.bytes);
  const network = packet.networkHeader ?? 0;
  const protocol = bytes[network + 6]!;
  const place = CHECKSUM_OFFSET[protocol];
  if (place === undefined) throw new RangeError(`no checksum is known for protocol ${protocol}`);
  const segment = bytes.subarray(network + ipv6.size);
  writeU16(segment, place, 0);
  const addresses = sumOfBytes(bytes.subarray(network + 8, network + ipv6.size));
  const sum = checksum.finish(checksum.add(checksum.add(addresses, checksum.add(segment.length, protocol)), sumOfBytes(segment)));
  writeU16(segment, place, protocol === IP_PROTOCOL.udp && sum === 0 ? 0xffff : sum);
  return { ...packet, bytes };
}
