/** ICMP messages that are made of packets one after the other, each with the next number, 1 to 65535 (Click's ICMPPingEncap, ICMPIPEncap). */
import { checksum, icmp, IP_PROTOCOL, ipv4, u16, type Packet, type u32 } from 'wirelet';
import { beginHeader } from '../ip/begun-header.js';

/** Of packets that begin here. */
const FRESH_TTL = 255;

interface Numbered {
  readonly config: { readonly src: u32; readonly dst: u32 };
  readonly state: { number: u16 };
}

/** Writes the IPv4 header of a packet whose room for both headers is there, and marks where they are. */
export function beginMessage(packet: Packet, { config, state }: Numbered): void {
  beginHeader(packet, state.number, FRESH_TTL, IP_PROTOCOL.icmp, config.src, config.dst);
}

/** Writes the checksum of a message that is whole but for it, and goes on to the next number. */
export function endMessage(packet: Packet, { config, state }: Numbered): void {
  icmp.atOffset(packet, ipv4.size).checksum = checksum.finish(checksum.sum(packet, ipv4.size, Math.max(0, packet.length - ipv4.size)));
  state.number = state.number === 65_535 ? u16(1) : u16(state.number + 1);
  packet.destinationAddress = config.dst;
}
