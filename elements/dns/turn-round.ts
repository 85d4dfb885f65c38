/** A datagram's headers become those of its response, over IPv4 and over IPv6. */
import { checksum, IP_PROTOCOL, ipv4, ipv6, pseudoHeaderSum, pseudoHeaderSum6, u16, udp, type Packet } from 'wirelet';

/** What a host gives its own packets (RFC 1700). */
const FRESH_TTL = 64;

/** Makes the request's headers those of its response; UDP begins at `transport`. */
export function turnRound(packet: Packet, network: u16, transport: u16): void {
  const header = ipv4.at(packet);
  const length = u16(packet.length - transport);
  const source = header.source;
  header.source = header.destination;
  header.destination = source;
  header.tos = 0;
  header.total_length = u16(packet.length - network);
  // Never fragmented: it needs no identification (RFC 6864).
  header.identification = 0;
  header.fragment = 0x4000;
  header.ttl = FRESH_TTL;
  header.checksum = 0;
  header.checksum = checksum.finish(checksum.sum(packet, network, ipv4.size));
  answerPorts(packet, length);
  finishDatagram(packet, checksum.add(pseudoHeaderSum(header.source, source, IP_PROTOCOL.udp, length), checksum.sum(packet, transport, length)));
  packet.destinationAddress = source;
}

/** The same for a request over IPv6. */
export function turnRound6(packet: Packet, network: u16, transport: u16): void {
  const header = ipv6.at(packet);
  const length = u16(packet.length - transport);
  const source0 = header.source_0;
  const source1 = header.source_1;
  const source2 = header.source_2;
  const source3 = header.source_3;
  header.source_0 = header.destination_0;
  header.source_1 = header.destination_1;
  header.source_2 = header.destination_2;
  header.source_3 = header.destination_3;
  header.destination_0 = source0;
  header.destination_1 = source1;
  header.destination_2 = source2;
  header.destination_3 = source3;
  header.traffic_class = 0;
  header.payload_length = length;
  header.hop_limit = FRESH_TTL;
  answerPorts(packet, length);
  finishDatagram(packet, checksum.add(pseudoHeaderSum6(packet, network, IP_PROTOCOL.udp, length), checksum.sum(packet, transport, length)));
}

function answerPorts(packet: Packet, length: u16): void {
  const datagram = udp.at(packet);
  const port = datagram.source_port;
  datagram.source_port = datagram.destination_port;
  datagram.destination_port = port;
  datagram.length = length;
  datagram.checksum = 0;
}

function finishDatagram(packet: Packet, sum: u16): void {
  const finished = checksum.finish(sum);
  // Zero would say that there is none.
  udp.at(packet).checksum = finished === 0 ? 0xffff : finished;
  packet.paint = 0;
}
