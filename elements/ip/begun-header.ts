/** The IPv4 header that a packet begins with which is made or wrapped here (RFC 791, 3.1). */
import { checksum, ipv4, u16, type Packet, type u32, type u8 } from 'wirelet';

/** Writes a header without options over all of a packet whose room for it is there and holds zeros, and marks it and what follows. */
export function beginHeader(packet: Packet, identification: u16, ttl: u8, protocol: u8, source: u32, destination: u32): void {
  packet.markNetworkHeader(0);
  packet.markTransportHeader(ipv4.size);
  const header = ipv4.atOffset(packet, 0);
  header.version = 4;
  header.header_length = 5;
  header.total_length = u16(packet.length);
  header.identification = identification;
  header.ttl = ttl;
  header.protocol = protocol;
  header.source = source;
  header.destination = destination;
  header.checksum = checksum.finish(checksum.sum(packet, 0, ipv4.size));
}
