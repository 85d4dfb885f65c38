/** Echo requests (RFC 792) as the elements have them that send such. */
import { checksum, icmp, ICMP_TYPE, IP_PROTOCOL, ipv4, type Packet, u16, type u32 } from 'wirelet';

export const PING_HEADERS = ipv4.size + icmp.size;
const FRESH_TTL = 200;

/** Puts the headers of an echo request in front of its data, and marks them. The sequence number is the packet's identification, too. */
export function makePing(packet: Packet, source: u32, destination: u32, identifier: u16, sequence: u16): void {
  packet.prepend(PING_HEADERS);
  packet.markNetworkHeader(0);
  packet.markTransportHeader(ipv4.size);
  const header = ipv4.atOffset(packet, 0);
  header.version = 4;
  header.header_length = 5;
  header.total_length = u16(packet.length);
  header.identification = sequence;
  header.ttl = FRESH_TTL;
  header.protocol = IP_PROTOCOL.icmp;
  header.source = source;
  header.destination = destination;
  header.checksum = checksum.finish(checksum.sum(packet, 0, ipv4.size));
  const message = icmp.atOffset(packet, ipv4.size);
  message.type = ICMP_TYPE.echo;
  message.identifier = identifier;
  message.sequence = sequence;
  message.checksum = checksum.finish(checksum.sum(packet, ipv4.size, Math.max(0, packet.length - ipv4.size)));
  packet.destinationAddress = destination;
}

/** For examples: such a request. */
export function pingOf(source: number, destination: number, identifier: number, sequence: number, data: Uint8Array) {
  return ipv4.make({ protocol: 1, ttl: FRESH_TTL, source, destination, identification: sequence }, icmp.make({ type: 8, identifier, sequence }, data));
}
