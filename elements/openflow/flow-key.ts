/**
 * What flows are told apart by, as 14 words of 32 bits: the fields of OpenFlow's matches that a packet has, at fixed places, so that
 * a match is 14 values under 14 masks, and two packets of one flow have equal words.
 *
 * | word | is |
 * |---|---|
 * | 0 | port it came by (16 bits); VLAN: priority (3), whether there is a tag (1), identifier (12) |
 * | 1, 2, 3 | Ethernet destination (48), source (48) |
 * | 4 | EtherType (16), protocol or ARP operation (8), type of service (8) |
 * | 5 | ports, or ICMP type and code (16 each) |
 * | 6 to 9 | source: IPv6 address, or in word 6 the IPv4 or ARP sender's address |
 * | 10 to 13 | destination, likewise |
 */
import { ETHERTYPE, IP_PROTOCOL, u16, type Packet, type u32 } from 'wirelet';

export const WORDS = 14;

/** Numbers of words. */
export const WORD = Object.freeze({ port: 0, destination: 1, middle: 2, source: 3, type: 4, transport: 5, from: 6, to: 10 });
/** There is a VLAN tag (OpenFlow 1.3.5, 7.2.3.7: OFPVID_PRESENT). */
export const TAGGED = 0x1000;
/** EtherType of frames of IEEE 802.3 that have a length instead (OpenFlow 1.0, 3.4: OFP_DL_TYPE_NOT_ETH_TYPE). */
export const NO_ETHERTYPE = 0x05ff;
const SCTP = 132;
const ICMP6 = 58;

/** Cells of an array of state. */
export interface Cells {
  readonly length: number;
  [index: number]: any;
}

/** Where what follows the Ethernet header begins. */
export function payloadOffset(packet: Packet): number {
  return packet.loadU16(12) === ETHERTYPE.vlan ? 18 : 14;
}

/** Ports, or ICMP type and code, at `at`. */
function transportWord(packet: Packet, at: number, protocol: number): u32 {
  if (protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp || protocol === SCTP) return packet.length >= at + 4 ? packet.loadU32(at) : 0;
  if (protocol === IP_PROTOCOL.icmp || protocol === ICMP6) return packet.length >= at + 2 ? packet.loadU8(at) * 65_536 + packet.loadU8(at + 1) : 0;
  return 0;
}

/** Writes the words of a frame that came by port `port` to `key`. Fields that it does not have are 0. Traps if it is no frame. */
export function readKey(packet: Packet, key: Cells, port: u16): void {
  const length = packet.length;
  let type = packet.loadU16(12);
  let at = 14;
  let tag = 0;
  if (type === ETHERTYPE.vlan && length >= 18) {
    const control = packet.loadU16(14);
    tag = (control & 0xefff) | TAGGED;
    type = packet.loadU16(16);
    at = 18;
  }
  if (type < 0x600) type = NO_ETHERTYPE;
  key[WORD.port] = port * 65_536 + tag;
  key[WORD.destination] = packet.loadU32(0);
  key[WORD.middle] = packet.loadU32(4);
  key[WORD.source] = packet.loadU32(8);
  let protocol = 0;
  let service = 0;
  let transport = 0;
  let from = 0;
  let to = 0;
  let wide = false;
  if (type === ETHERTYPE.ipv4 && length >= at + 20) {
    const first = packet.loadU8(at);
    protocol = packet.loadU8(at + 9);
    service = packet.loadU8(at + 1);
    from = packet.loadU32(at + 12);
    to = packet.loadU32(at + 16);
    // Later fragments have no ports.
    if ((packet.loadU16(at + 6) & 0x1fff) === 0) transport = transportWord(packet, at + (first & 15) * 4, protocol);
  } else if (type === ETHERTYPE.arp && length >= at + 28) {
    protocol = packet.loadU8(at + 7);
    from = packet.loadU32(at + 14);
    to = packet.loadU32(at + 24);
  } else if (type === ETHERTYPE.ipv6 && length >= at + 40) {
    wide = true;
    protocol = packet.loadU8(at + 6);
    service = (packet.loadU16(at) >>> 4) & 0xff;
    transport = transportWord(packet, at + 40, protocol);
  }
  key[WORD.type] = type * 65_536 + protocol * 256 + service;
  key[WORD.transport] = transport;
  key[6] = wide ? packet.loadU32(at + 8) : from;
  key[7] = wide ? packet.loadU32(at + 12) : 0;
  key[8] = wide ? packet.loadU32(at + 16) : 0;
  key[9] = wide ? packet.loadU32(at + 20) : 0;
  key[10] = wide ? packet.loadU32(at + 24) : to;
  key[11] = wide ? packet.loadU32(at + 28) : 0;
  key[12] = wide ? packet.loadU32(at + 32) : 0;
  key[13] = wide ? packet.loadU32(at + 36) : 0;
}
