/** What the elements have in common that put UDP and IPv4 headers in front of packets (RFC 768, RFC 791). */
import { checksum, IP_PROTOCOL, ipv4, type Packet, pseudoHeaderSum, u16, udp, type u32 } from 'wirelet';

export const HEADERS = ipv4.size + udp.size;

/** Puts both headers in front of the packet, and marks them. */
export function encapsulate(packet: Packet, source: u32, sport: u16, destination: u32, dport: u16, identification: u16, checked: boolean): void {
  packet.prepend(HEADERS);
  packet.markNetworkHeader(0);
  packet.markTransportHeader(ipv4.size);
  const header = ipv4.atOffset(packet, 0);
  header.version = 4;
  header.header_length = 5;
  header.total_length = u16(packet.length);
  header.identification = identification;
  header.ttl = 250;
  header.protocol = IP_PROTOCOL.udp;
  header.source = source;
  header.destination = destination;
  header.checksum = checksum.finish(checksum.sum(packet, 0, ipv4.size));
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
