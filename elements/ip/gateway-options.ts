/** What a router does for the options of an IPv4 header (RFC 791, 3.1; RFC 1812, 4.2.2.2), for the elements that do so. */
import { ANNOTATIONS, checksum, type Clock, ipv4, type Packet, u8, type u32 } from 'wirelet';

const END = 0;
const NO_OPERATION = 1;
const RECORD_ROUTE = 7;
const TIMESTAMP = 68;

/** What a Timestamp option asks for: the low four bits of its fourth byte. */
const TIMES_ONLY = 0;
const ADDRESS_AND_TIME = 1;
const TIME_AT_ADDRESSES = 3;

const OVERFLOW_MAX = 15;
const DAY_MS = 86_400_000;

/** The first byte of the header, counted from its beginning, at which an option is wrong; -1: none is. */
function wrongByte(packet: Packet, header: number, length: number): number {
  for (let at = ipv4.size; at < length; at += 1) {
    const type = packet.loadU8(header + at);
    if (type === END) return -1;
    if (type !== NO_OPERATION) {
      if (at + 1 >= length) return at;
      const size = packet.loadU8(header + at + 1);
      if (size < 2 || at + size > length) return at + 1;
      if (type === RECORD_ROUTE) {
        if (size < 3) return at + 1;
        const pointer = packet.loadU8(header + at + 2);
        if (pointer < 4 || pointer > size + 1 || (pointer <= size && pointer + 3 > size)) return at + 2;
      }
      if (type === TIMESTAMP) {
        if (size < 4) return at + 1;
        const pointer = packet.loadU8(header + at + 2);
        const overflow = packet.loadU8(header + at + 3) >>> 4;
        const flag = packet.loadU8(header + at + 3) & 15;
        if (pointer < 5) return at + 2;
        const fits = pointer + (flag === TIMES_ONLY ? 3 : 7) <= size;
        if (flag === TIMES_ONLY || flag === ADDRESS_AND_TIME) {
          if (!fits && overflow === OVERFLOW_MAX) return at + 3;
        } else if (flag !== TIME_AT_ADDRESSES || !fits) {
          return at + 3;
        }
      }
      at += size - 1;
    }
  }
  return -1;
}

/** Writes `address` into the Record Route option at `option`, if it has room. Returns whether it had. */
function recordRoute(packet: Packet, option: number, address: u32): boolean {
  const pointer = packet.loadU8(option + 2);
  if (pointer > packet.loadU8(option + 1)) return false;
  packet.storeU32(option + pointer - 1, address);
  packet.storeU8(option + 2, u8(pointer + 4));
  return true;
}

/** Writes the time into the Timestamp option at `option`, or counts that it had no room; whether it did either. */
function recordTime(packet: Packet, option: number, address: u32, own: readonly u32[], milliseconds: u32): boolean {
  const pointer = packet.loadU8(option + 2);
  const flags = packet.loadU8(option + 3);
  const flag = flags & 15;
  if (pointer + (flag === TIMES_ONLY ? 3 : 7) > packet.loadU8(option + 1)) {
    packet.storeU8(option + 3, u8(flags + 16));
    return true;
  }
  let place = option + pointer - 1;
  if (flag === TIME_AT_ADDRESSES) {
    const wanted = packet.loadU32(place);
    let mine = false;
    for (const one of own) if (wanted === one) mine = true;
    if (!mine) return false;
  }
  if (flag === ADDRESS_AND_TIME) packet.storeU32(place, address);
  if (flag !== TIMES_ONLY) place += 4;
  packet.storeU32(place, milliseconds);
  packet.storeU8(option + 2, u8(pointer + (flag === TIMES_ONLY ? 4 : 8)));
  return true;
}

/** What answerOptions found and did. */
export const ANSWER = Object.freeze({ nothing: 0, written: 1, wrong: 2, no_header: 3 });

/**
 * Writes `address` and the time into the options of the packet's header that ask for them. Of a wrong option the annotation
 * `icmp_parameter` tells the byte, and nothing is written.
 */
export function answerOptions(packet: Packet, address: u32, own: readonly u32[], clock: Clock): number {
  const header = ipv4.at(packet);
  const length = header.header_length * 4;
  const base = packet.networkHeaderOffset;
  if (length === ipv4.size) return ANSWER.nothing;
  if (base < 0 || length < ipv4.size || packet.networkLength < length) return ANSWER.no_header;
  const wrong = wrongByte(packet, base, length);
  if (wrong >= 0) {
    packet.setAnnotationU8(ANNOTATIONS.icmp_parameter.offset, u8(wrong));
    return ANSWER.wrong;
  }
  const before = checksum.sum(packet, base, length);
  const milliseconds = Math.trunc(clock.microseconds / 1000) % DAY_MS;
  let written = false;
  for (let at = ipv4.size; at < length; at += 1) {
    const type = packet.loadU8(base + at);
    if (type === END) break;
    if (type !== NO_OPERATION) {
      const size = packet.loadU8(base + at + 1);
      if (type === RECORD_ROUTE && recordRoute(packet, base + at, address)) written = true;
      if (type === TIMESTAMP && recordTime(packet, base + at, address, own, milliseconds)) written = true;
      at += Math.max(0, size - 1);
    }
  }
  if (!written) return ANSWER.nothing;
  // An option may begin at any byte: the sums of the whole header tell what changed.
  header.checksum = checksum.update(header.checksum, before, checksum.sum(packet, base, length));
  return ANSWER.written;
}
