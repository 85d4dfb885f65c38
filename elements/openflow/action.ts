/**
 * What a flow does with packets, whatever version of OpenFlow asked for it: a number for the operation, and one for its argument.
 * Ports are as OpenFlow 1.0 numbers them; 1.3's reserved ports are the same with more ones in front.
 */
import { checksum, copyBytes, ETHERTYPE, IP_PROTOCOL, u16, u32, u8, type Packet } from 'wirelet';
import { payloadOffset } from './flow-key.js';

/** Operations. The argument of `output` is port + 65536 * bytes for the controller at most. */
export const OP = Object.freeze({
  output: 1, set_vlan: 2, set_vlan_priority: 3, pop_vlan: 4, push_vlan: 5, set_source: 6, set_destination: 7, set_from: 8, set_to: 9,
  set_dscp: 10, set_ecn: 11, set_source_port: 12, set_destination_port: 13, set_ttl: 14, decrement_ttl: 15,
});

/** Reserved ports (OpenFlow 1.0, 5.2.1). */
export const PORT = Object.freeze({ max: 0xff00, in_port: 0xfff8, table: 0xfff9, normal: 0xfffa, flood: 0xfffb, all: 0xfffc, controller: 0xfffd, local: 0xfffe, none: 0xffff });

/** `OFPCML_NO_BUFFER`: the whole packet. */
export const WHOLE_PACKET = 0xffff;

/** Puts an empty VLAN tag behind the addresses. */
function pushTag(packet: Packet): void {
  packet.prepend(4);
  copyBytes(packet, 0, packet, 4, 12);
  packet.storeU16(12, ETHERTYPE.vlan);
  packet.storeU16(14, 0);
}

function setTag(packet: Packet, value: u16, kept: number): void {
  if (packet.loadU16(12) !== ETHERTYPE.vlan) pushTag(packet);
  packet.storeU16(14, u16((packet.loadU16(14) & kept) | value));
}

/** Where the header of the next protocol begins in the IPv4 packet at `at`; -1: there is none, it is a later fragment. */
function transportOffset(packet: Packet, at: number): number {
  return (packet.loadU16(at + 6) & 0x1fff) !== 0 ? -1 : at + (packet.loadU8(at) & 15) * 4;
}

/** Offset of the checksum of a transport protocol's header; 0: it has none that covers ports and addresses. */
function checksumPlace(protocol: number): number {
  return protocol === IP_PROTOCOL.tcp ? 16 : protocol === IP_PROTOCOL.udp ? 6 : 0;
}

/** Takes account in the transport checksum of a 16-bit word that changed. */
function adjustTransport(packet: Packet, at: number, protocol: number, before: u16, after: u16): void {
  const place = checksumPlace(protocol);
  if (at < 0 || place === 0 || packet.length < at + place + 2) return;
  const sum = packet.loadU16(at + place);
  // A UDP checksum of 0 says that there is none (RFC 768).
  if (protocol === IP_PROTOCOL.udp && sum === 0) return;
  const updated = checksum.update(sum, before, after);
  packet.storeU16(at + place, protocol === IP_PROTOCOL.udp && updated === 0 ? 0xffff : updated);
}

/** Sets the 16-bit word at `place` of the IPv4 header at `at`. */
function setHeaderWord(packet: Packet, at: number, place: number, value: u16): void {
  packet.storeU16(at + 10, checksum.update(packet.loadU16(at + 10), packet.loadU16(at + place), value));
  packet.storeU16(at + place, value);
}

/** Sets fields of an IPv4 packet, and of what it carries. */
function changeIpv4(packet: Packet, at: number, op: number, argument: number): void {
  const protocol = packet.loadU8(at + 9);
  if (op === OP.set_from || op === OP.set_to) {
    const base = op === OP.set_from ? 12 : 16;
    const transport = transportOffset(packet, at);
    for (let half = 0; half < 2; half += 1) {
      const place = base + half * 2;
      const value = u16(half === 0 ? u32(argument) >>> 16 : argument);
      const before = packet.loadU16(at + place);
      setHeaderWord(packet, at, place, value);
      adjustTransport(packet, transport, protocol, before, value);
    }
  } else if (op === OP.set_dscp || op === OP.set_ecn) {
    const word = packet.loadU16(at);
    const service = op === OP.set_dscp ? (u32(argument) & 63) * 4 + (word & 3) : (word & 0xfc) + (u32(argument) & 3);
    setHeaderWord(packet, at, 0, u16((word & 0xff00) + service));
  } else if (op === OP.set_ttl || op === OP.decrement_ttl) {
    const word = packet.loadU16(at + 8);
    const ttl = op === OP.set_ttl ? u8(argument) : Math.max(0, (word >>> 8) - 1);
    setHeaderWord(packet, at, 8, u16(ttl * 256 + (word & 0xff)));
  } else if (checksumPlace(protocol) !== 0) {
    const transport = transportOffset(packet, at);
    if (transport < 0 || packet.length < transport + 4) return;
    const place = op === OP.set_source_port ? transport : transport + 2;
    const before = packet.loadU16(place);
    packet.storeU16(place, u16(argument));
    adjustTransport(packet, transport, protocol, before, u16(argument));
  }
}

/** Whether a packet may not live on: its time to live would become 0. */
export function expires(packet: Packet): boolean {
  const at = payloadOffset(packet);
  return packet.loadU16(at - 2) === ETHERTYPE.ipv4 && packet.length >= at + 20 && packet.loadU8(at + 8) <= 1;
}

/** Changes the packet as an operation other than `output` says. What it has not is not changed. */
export function change(packet: Packet, op: number, argument: number): void {
  if (op === OP.set_source) packet.storeU48(6, argument);
  else if (op === OP.set_destination) packet.storeU48(0, argument);
  else if (op === OP.set_vlan) setTag(packet, u16(argument & 0xfff), 0xf000);
  else if (op === OP.set_vlan_priority) setTag(packet, u16((argument & 7) << 13), 0x1fff);
  else if (op === OP.push_vlan) pushTag(packet);
  else if (op === OP.pop_vlan) {
    if (packet.loadU16(12) !== ETHERTYPE.vlan || packet.length < 18) return;
    copyBytes(packet, 4, packet, 0, 12);
    packet.strip(4);
  } else {
    const at = payloadOffset(packet);
    if (packet.loadU16(at - 2) === ETHERTYPE.ipv4 && packet.length >= at + 20) changeIpv4(packet, at, op, argument);
  }
}
