/** What the elements have in common that put UDP and IPv4 headers in front of packets (RFC 768, RFC 791). */
import { checksum, IP_PROTOCOL, ipv4, type Packet, pseudoHeaderSum, u16, udp, type u32 } from 'wirelet';
import { beginHeader } from '../ip/begun-header.js';

/** Of packets that begin here. */
const FRESH_TTL = 250;

export const HEADERS = ipv4.size + udp.size;

/** Puts both headers in front of the packet, and marks them. */
export function encapsulate(packet: Packet, source: u32, sport: u16, destination: u32, dport: u16, identification: u16, checked: boolean): void {
  packet.prepend(HEADERS);
  beginHeader(packet, identification, FRESH_TTL, IP_PROTOCOL.udp, source, destination);
  const segment = udp.atOffset(packet, ipv4.size);
  segment.source_port = sport;
  segment.destination_port = dport;
  const length = u16(packet.length - ipv4.size);
  segment.length = length;
  if (checked) {
    const outer = pseudoHeaderSum(source, destination, IP_PROTOCOL.udp, length);
    const sum = checksum.finish(checksum.add(outer, checksum.sum(packet, ipv4.size, length)));
    // Zero would say that there is none.
    segment.checksum = u16(sum === 0 ? 0xffff : sum);
  }
}
