/** ICMP messages that are made of packets one after the other, each with the next number, 1 to 65535 (Click's ICMPPingEncap, ICMPIPEncap). */
import { checksum, icmp, IP_PROTOCOL, ipv4, u16, type Packet, type u32 } from 'wirelet';

/** Of packets that begin here. */
const FRESH_TTL = 255;

interface Numbered {
  readonly config: { readonly src: u32; readonly dst: u32 };
  readonly state: { number: u16 };
}

/** Writes the IPv4 header of a packet whose room for both headers is there, and marks where they are. */
export function beginMessage(packet: Packet, { config, state }: Numbered): void {
  packet.markNetworkHeader(0);
  packet.markTransportHeader(ipv4.size);
  const header = ipv4.atOffset(packet, 0);
  header.version = 4;
  header.header_length = 5;
  header.total_length = u16(packet.length);
  header.identification = state.number;
  header.ttl = FRESH_TTL;
  header.protocol = IP_PROTOCOL.icmp;
  header.source = config.src;
  header.destination = config.dst;
  header.checksum = checksum.finish(checksum.sum(packet, 0, ipv4.size));
}

/** Writes the checksum of a message that is whole but for it, and goes on to the next number. */
export function endMessage(packet: Packet, { config, state }: Numbered): void {
  icmp.atOffset(packet, ipv4.size).checksum = checksum.finish(checksum.sum(packet, ipv4.size, Math.max(0, packet.length - ipv4.size)));
  state.number = state.number === 65_535 ? u16(1) : u16(state.number + 1);
  packet.destinationAddress = config.dst;
}
