/** Neighbour discovery for IPv6 over Ethernet (RFC 4861): messages, and what they say. */
import { checksum, ethernet, ipv6, IPV6_NEXT_HEADER, type Ipv6Address, type Packet, type u32, type u48 } from 'wirelet';

export const SOLICITATION = 135;
export const ADVERTISEMENT = 136;
/** Options that carry a link-layer address: of the sender, of the target. */
export const SOURCE_OPTION = 1;
export const TARGET_OPTION = 2;
/** Flags of an advertisement: it was asked for, and takes the place of what was known. */
const SOLICITED_OVERRIDE = 0x6000_0000;
/** Messages come from the link itself: no router has lowered their hop limit. */
export const HOP_LIMIT = 255;
/** Ethernet and IPv6 headers in front of a message. */
const MESSAGE = ethernet.size + ipv6.size;
/** Type, code, checksum, flags, target, and an option with a MAC address. */
const MESSAGE_BYTES = 32;
export const FRAME_BYTES = MESSAGE + MESSAGE_BYTES;
export const ETHERTYPE_IPV6 = 0x86dd;
/** 33:33 and the last 32 bits of a group: its MAC address (RFC 2464, 7). */
const GROUP_MAC = 0x3333_0000_0000;

/** The sum of the pseudo-header of an ICMPv6 message at the end of a packet whose IPv6 header is at `base` (RFC 4443, 2.3). */
export function pseudoSum(packet: Packet, base: number, length: number): number {
  return checksum.add(checksum.add(checksum.sum(packet, base + 8, 32), length & 0xffff), IPV6_NEXT_HEADER.icmp6);
}

/** Whether a frame carries a whole message of that type with a right checksum that came from the link itself. */
export function isMessage(packet: Packet, type: number): boolean {
  if (packet.length < MESSAGE + 24) return false;
  const header = ipv6.atOffset(packet, ethernet.size);
  const length = header.payload_length;
  if (ethernet.at(packet).type !== ETHERTYPE_IPV6 || header.version !== 6 || header.next_header !== IPV6_NEXT_HEADER.icmp6) return false;
  if (header.hop_limit !== HOP_LIMIT || length < 24 || MESSAGE + length > packet.length) return false;
  if (packet.loadU8(MESSAGE) !== type || packet.loadU8(MESSAGE + 1) !== 0) return false;
  return checksum.add(pseudoSum(packet, ethernet.size, length), checksum.sum(packet, MESSAGE, length)) === 0xffff;
}

/** A word of the address that the message is about. */
export function targetWord(packet: Packet, word: number): u32 {
  return packet.loadU32(MESSAGE + 8 + word * 4);
}

/** The MAC address in the message's option of that type, else that the frame came from. */
export function linkAddress(packet: Packet, option: number): u48 {
  const end = Math.min(packet.length, MESSAGE + ipv6.atOffset(packet, ethernet.size).payload_length);
  let found = ethernet.at(packet).source;
  let at = MESSAGE + 24;
  for (let count = 0; count < 8; count += 1) {
    if (at + 8 > end) break;
    const size = packet.loadU8(at + 1) * 8;
    if (size === 0) break;
    if (packet.loadU8(at) === option) {
      found = packet.loadU48(at + 2);
      break;
    }
    at += size;
  }
  return found;
}

/** Writes the header of a message into a frame of zeros; its addresses and target are to be written before `finishMessage`. */
function beginMessage(packet: Packet, to: u48, mac: u48, type: number, option: number): void {
  const frame = ethernet.at(packet);
  frame.destination = to;
  frame.source = mac;
  frame.type = ETHERTYPE_IPV6;
  const header = ipv6.atOffset(packet, ethernet.size);
  header.version = 6;
  header.payload_length = MESSAGE_BYTES;
  header.next_header = IPV6_NEXT_HEADER.icmp6;
  header.hop_limit = HOP_LIMIT;
  packet.storeU8(MESSAGE, type & 0xff);
  packet.storeU8(MESSAGE + 24, option & 0xff);
  packet.storeU8(MESSAGE + 25, 1);
  packet.storeU48(MESSAGE + 26, mac);
}

function finishMessage(packet: Packet): void {
  packet.storeU16(MESSAGE + 2, checksum.finish(checksum.add(pseudoSum(packet, ethernet.size, MESSAGE_BYTES), checksum.sum(packet, MESSAGE, MESSAGE_BYTES))));
  packet.markMacHeader(0);
  packet.markNetworkHeader(ethernet.size);
  packet.markTransportHeader(MESSAGE);
}

/** Asks, into a frame of zeros, for the MAC address of an address: all stations whose address ends alike hear it (RFC 4291, 2.7.1). */
export function writeSolicitation(packet: Packet, mac: u48, own: Ipv6Address, word0: u32, word1: u32, word2: u32, word3: u32): void {
  const group = (0xff00_0000 | (word3 & 0xff_ffff)) >>> 0;
  beginMessage(packet, GROUP_MAC + group, mac, SOLICITATION, SOURCE_OPTION);
  const header = ipv6.atOffset(packet, ethernet.size);
  header.source_0 = own[0];
  header.source_1 = own[1];
  header.source_2 = own[2];
  header.source_3 = own[3];
  header.destination_0 = 0xff02_0000;
  header.destination_2 = 1;
  header.destination_3 = group;
  packet.storeU32(MESSAGE + 8, word0);
  packet.storeU32(MESSAGE + 12, word1);
  packet.storeU32(MESSAGE + 16, word2);
  packet.storeU32(MESSAGE + 20, word3);
  finishMessage(packet);
}

/** Makes the answer of a solicitation: `mac` is that of its target. Who asks without an address of its own is told by all-nodes. */
export function writeAdvertisement(answer: Packet, asked: Packet, mac: u48): void {
  const question = ipv6.atOffset(asked, ethernet.size);
  const nobody = question.source_0 === 0 && question.source_1 === 0 && question.source_2 === 0 && question.source_3 === 0;
  beginMessage(answer, nobody ? GROUP_MAC + 1 : linkAddress(asked, SOURCE_OPTION), mac, ADVERTISEMENT, TARGET_OPTION);
  const header = ipv6.atOffset(answer, ethernet.size);
  header.source_0 = targetWord(asked, 0);
  header.source_1 = targetWord(asked, 1);
  header.source_2 = targetWord(asked, 2);
  header.source_3 = targetWord(asked, 3);
  header.destination_0 = nobody ? 0xff02_0000 : question.source_0;
  header.destination_1 = question.source_1;
  header.destination_2 = question.source_2;
  header.destination_3 = nobody ? 1 : question.source_3;
  answer.storeU32(MESSAGE + 4, nobody ? 0x2000_0000 : SOLICITED_OVERRIDE);
  answer.storeU32(MESSAGE + 8, targetWord(asked, 0));
  answer.storeU32(MESSAGE + 12, targetWord(asked, 1));
  answer.storeU32(MESSAGE + 16, targetWord(asked, 2));
  answer.storeU32(MESSAGE + 20, targetWord(asked, 3));
  finishMessage(answer);
}
