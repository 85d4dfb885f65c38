/** DNS messages (RFC 1035, 4.1): what of a request the packet path reads before it looks anything up. */
import type { i32, Packet, u16 } from 'wirelet';

/** Bytes of the header. */
export const HEADER_BYTES = 12;

/** Flags of the header: it is a response, it was cut short, recursion is wanted, checks are not. */
export const FLAG = { response: 0x8000, truncated: 0x0200, recursion_desired: 0x0100, checking_disabled: 0x0010 } as const;

/** What `readOptions` found, besides the size of messages in its lowest 16 bits (RFC 6891, 6.1). */
export const OPTION = { present: 0x1_0000, dnssec_ok: 0x2_0000, other_version: 0x4_0000, signed: 0x8_0000 } as const;

/** Bytes of the record that says what the server can do: a name of one byte, type, size, code and flags, no data. */
export const OPT_BYTES = 11;

/** Types of records that mean something at the end of a request. */
const OPT = 41;
const SIG = 24;
const TSIG = 250;

/** Bits of a request's header that its response repeats: the operation, and two wishes. */
export const REPEATED = 0x7800 | FLAG.recursion_desired | FLAG.checking_disabled;

/** Records behind the question, at most; resolvers send one or two. */
const RECORDS_MAX = 8;

/** Labels of a name at most: 255 bytes have room for as many, and the root. */
export const LABELS_MAX = 127;

/** Where the labels of a name begin, and how many there are. */
export interface Labels {
  label_starts: { readonly length: number; [index: number]: number };
  label_count: number;
}

/**
 * Reads the name at `at` into `labels`, offsets from there, the root not counted; returns its bytes, or -1 when it is not
 * whole, too long, or compressed, which the first name of a message cannot be.
 */
export function readName(packet: Packet, at: u16, end: u16, labels: Labels): i32 {
  let count = 0;
  for (let offset = 0; offset < 255; offset += 1) {
    if (at + offset >= end || count > LABELS_MAX) return -1;
    const size = packet.loadU8(at + offset);
    if (size === 0) {
      labels.label_count = count;
      return offset + 1;
    }
    if (size > 63) return -1;
    if (count < LABELS_MAX) labels.label_starts[count] = offset;
    count += 1;
    offset += size;
  }
  return -1;
}

/** The end of the name at `at` of a record, or -1. What a pointer leads to does not matter. */
function skipName(packet: Packet, at: u16, end: u16): i32 {
  for (let place: number = at; place < end; place += 1) {
    const size = packet.loadU8(place);
    if (size === 0) return place + 1;
    if (size >= 0xc0) return place + 2;
    if (size > 63) return -1;
    place += size;
  }
  return -1;
}

/**
 * Reads the records from `at` on, `count` of them, for what they say about the answer; returns bits of OPTION and a size,
 * or -1 when they are malformed.
 */
export function readOptions(packet: Packet, at: u16, end: u16, count: u16): i32 {
  if (count > RECORDS_MAX) return -1;
  let found: i32 = 0;
  let place: u16 = at;
  for (let record = 0; record < count; record += 1) {
    const name = skipName(packet, place, end);
    if (name < 0 || name + 10 > end) return -1;
    const type = packet.loadU16(name);
    const next = name + 10 + packet.loadU16(name + 8);
    if (next > end) return -1;
    if (type === OPT) {
      // There is one, and it belongs to the root (RFC 6891, 6.1.1).
      if (found >= OPTION.present || name !== place + 1 || !areOptions(packet, name + 10, next)) return -1;
      found = packet.loadU16(name + 2) | OPTION.present;
      if (packet.loadU8(name + 5) !== 0) found = found | OPTION.other_version;
      if ((packet.loadU16(name + 6) & 0x8000) !== 0) found = found | OPTION.dnssec_ok;
    }
    if (type === TSIG || type === SIG) found = found | OPTION.signed;
    place = next;
  }
  return found;
}

/** Whether the options of an OPT record fill its data. */
function areOptions(packet: Packet, at: u16, end: u16): boolean {
  let place: number = at;
  for (let option: number = at; option < end - 3; option += 4) {
    const size = packet.loadU16(option + 2);
    option += size;
    place = option + 4;
  }
  return place === end;
}

/** Writes the record that says which messages the server takes (RFC 6891, 6.1), with the upper bits of a code. */
export function writeOptions(packet: Packet, at: u16, size: u16, upperCode: number, options: number): void {
  packet.storeU8(at, 0);
  packet.storeU16(at + 1, OPT);
  packet.storeU16(at + 3, size);
  packet.storeU16(at + 5, upperCode * 256);
  packet.storeU16(at + 7, (options & OPTION.dnssec_ok) !== 0 ? 0x8000 : 0);
  packet.storeU16(at + 9, 0);
}
