/** What the checksums of TCP and UDP depend on in the IPv4 header in front of them. */
import { ipv4, type Packet, type u32 } from 'wirelet';

const LOOSE_SOURCE_ROUTE = 131;
const STRICT_SOURCE_ROUTE = 137;

/** More fragments, and the offset of a fragment, in the header's word `fragment`: a packet is whole when none of these bits is set. */
export const FRAGMENT_BITS = 0x3fff;

/**
 * The address that the pseudo-header has as destination: while a packet is on a source route, the last one of that route
 * (RFC 1122, 4.1.3.4), for its IP header names the next hop. The network header has to be marked and whole.
 */
export function finalDestination(packet: Packet): u32 {
  const header = ipv4.at(packet);
  const start = Math.max(0, packet.networkHeaderOffset);
  const end = start + header.header_length * 4;
  for (let at = start + ipv4.size; at + 2 < end; at += 1) {
    const type = packet.loadU8(at);
    if (type === 0) break;
    if (type !== 1) {
      const size = packet.loadU8(at + 1);
      if (size < 2 || at + size > end) break;
      const routed = type === LOOSE_SOURCE_ROUTE || type === STRICT_SOURCE_ROUTE;
      if (routed && size >= 7 && packet.loadU8(at + 2) + 3 <= size) return packet.loadU32(at + size - 4);
      at += size - 1;
    }
  }
  return header.destination;
}

/** A loose source route that goes on to `address`, for examples; with a pointer of 8 it has come to its end. */
export function sourceRoute(address: u32, pointer = 4): Uint8Array {
  return Uint8Array.from([LOOSE_SOURCE_ROUTE, 7, pointer, address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255, 0]);
}
