/** The servers of load balancers, and what becomes of packets that go there and come back. */
import { checksum, IP_PROTOCOL, ipv4, ipv4Address, rest, tcp, transportAddressChanged, udp, type Packet, type u32 } from 'wirelet';

/** Source port * 65536 + destination port of TCP and UDP; 0 for all else and for fragments but the first. */
export function portsOf(packet: Packet): u32 {
  const header = ipv4.at(packet);
  if (header.fragment_offset !== 0 || packet.transportLength < 8) return 0;
  if (header.protocol !== IP_PROTOCOL.tcp && header.protocol !== IP_PROTOCOL.udp) return 0;
  const ports = udp.at(packet);
  return ports.source_port * 65_536 + ports.destination_port;
}

/** Sends a packet to another address: header, checksums and destination annotation. */
export function sendTo(packet: Packet, address: u32): void {
  const header = ipv4.at(packet);
  const before = header.destination;
  header.checksum = checksum.updateU32(header.checksum, before, address);
  transportAddressChanged(packet, before, address);
  header.destination = address;
  packet.destinationAddress = address;
}

/** Makes a packet come from another address. */
export function sendFrom(packet: Packet, address: u32): void {
  const header = ipv4.at(packet);
  const before = header.source;
  header.checksum = checksum.updateU32(header.checksum, before, address);
  transportAddressChanged(packet, before, address);
  header.source = address;
}

/** Gives the source port of TCP or UDP another value. */
export function setSourcePort(packet: Packet, port: number): void {
  const header = ipv4.at(packet);
  if (header.protocol === IP_PROTOCOL.tcp) {
    const segment = tcp.at(packet);
    segment.checksum = checksum.update(segment.checksum, segment.source_port, port & 0xffff);
    segment.source_port = port & 0xffff;
  } else {
    const segment = udp.at(packet);
    if (segment.checksum !== 0) {
      const sum = checksum.update(segment.checksum, segment.source_port, port & 0xffff);
      segment.checksum = sum === 0 ? 0xffff : sum;
    }
    segment.source_port = port & 0xffff;
  }
}

/** Gives the destination port of TCP or UDP another value. */
export function setDestinationPort(packet: Packet, port: number): void {
  const header = ipv4.at(packet);
  if (header.protocol === IP_PROTOCOL.tcp) {
    const segment = tcp.at(packet);
    segment.checksum = checksum.update(segment.checksum, segment.destination_port, port & 0xffff);
    segment.destination_port = port & 0xffff;
  } else {
    const segment = udp.at(packet);
    if (segment.checksum !== 0) {
      const sum = checksum.update(segment.checksum, segment.destination_port, port & 0xffff);
      segment.checksum = sum === 0 ? 0xffff : sum;
    }
    segment.destination_port = port & 0xffff;
  }
}

/** Items are given by position, or each as `DST address`, as FastClick has it. */
export const serverArguments = {
  dst: rest(ipv4Address({ doc: 'The address of a server.' }), { min: 1, max: 256 }),
  vip: ipv4Address({ doc: 'The address that clients use.' }),
};
