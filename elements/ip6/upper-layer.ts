/** What an IPv6 packet carries behind its extension headers (RFC 8200, 4). */
import { ipv6, IPV6_NEXT_HEADER, type Packet } from 'wirelet';

/** Extension headers that are followed at most; no packet has reason for more. */
const HEADERS_MAX = 8;

/**
 * Where the header of protocol `first` or `second` begins behind the marked IPv6 header, in bytes from the start of the data; -1
 * when the packet carries something else, is a fragment but the first, or ends before.
 */
export function upperHeader(packet: Packet, first: number, second: number): number {
  let next = ipv6.at(packet).next_header;
  const start = packet.networkHeaderOffset;
  if (start < 0) return -1;
  let at = start + ipv6.size;
  for (let count = 0; count < HEADERS_MAX; count += 1) {
    if (next === first || next === second) return at;
    if (at + 8 > packet.length) return -1;
    const size = packet.loadU8(at + 1);
    if (next === IPV6_NEXT_HEADER.fragment) {
      if (packet.loadU16(at + 2) >>> 3 !== 0) return -1;
      next = packet.loadU8(at);
      at += 8;
    } else if (next === IPV6_NEXT_HEADER.authentication) {
      next = packet.loadU8(at);
      // In words of four bytes, less two (RFC 4302, 2.2).
      at += (size + 2) * 4;
    } else if (next === IPV6_NEXT_HEADER.hop_by_hop || next === IPV6_NEXT_HEADER.routing || next === IPV6_NEXT_HEADER.destination_options) {
      next = packet.loadU8(at);
      at += (size + 1) * 8;
    } else {
      return -1;
    }
  }
  return -1;
}
