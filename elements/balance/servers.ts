/** How load balancers choose a server, and what becomes of packets that go there and come back. */
import { checksum, IP_PROTOCOL, ipv4, ipv4Address, oneOf, rest, tcp, transportAddressChanged, udp, type Packet, type u32 } from 'wirelet';
import { hashOf } from '../nat/source-hash.js';

export const BALANCE_MODES = ['rr', 'hash', 'hash_ip', 'random'] as const;

/** A hash of what tells flows apart: addresses, protocol and ports. */
export function flowHash(packet: Packet, withPorts: boolean): u32 {
  const header = ipv4.at(packet);
  const ports = withPorts ? portsOf(packet) : 0;
  return hashOf((hashOf((hashOf(header.source) ^ header.destination) >>> 0) ^ ports ^ header.protocol) >>> 0);
}

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

export const serverArguments = {
  vip: ipv4Address({ doc: 'The address that clients use.' }),
  servers: rest(ipv4Address({ doc: 'The address of a server.' }), { min: 1, max: 256 }),
  lb_mode: oneOf(BALANCE_MODES, { default: 'rr', keyword: true, doc: 'How a server is chosen: in turn, by a hash of addresses and ports, by one of addresses, at random.' }),
};
