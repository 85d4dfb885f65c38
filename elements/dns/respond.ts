/** Turns a request that came in a datagram into its response, in place. The packet ends where the response does. */
import { copyConstant, RCODE, RESPONSE, u16, type i32, type Packet, type ZoneTables } from 'wirelet';
import { onlyCode, TRANSFER } from './look-up.js';
import { FLAG, HEADER_BYTES, OPT_BYTES, OPTION, REPEATED, writeOptions } from './message.js';
import { BARE, understand, type Request } from './understand.js';

/** A count that rises. */
interface Count {
  add(amount: number): void;
}

/** What responses are counted under. */
export interface ResponseCounts {
  readonly no_error: Count;
  readonly name_errors: Count;
  readonly format_errors: Count;
  readonly not_implemented: Count;
  readonly refused: Count;
  readonly other_versions: Count;
  readonly truncated: Count;
}

export interface Limits {
  /** Bytes of a response to a request that does not say what it takes. */
  readonly plain: u16;
  /** Bytes of a response at most, and of the requests that the server takes. */
  readonly largest: u16;
}

/**
 * Answers the message from `at` to `end`, which is no response and has a header. With `empty` the response has no records and
 * says that it was cut short.
 */
export function respond(packet: Packet, at: u16, end: u16, limits: Limits, empty: boolean, zone: ZoneTables, request: Request, counts: ResponseCounts): void {
  const flags = packet.loadU16(at + 2);
  const found = understand(packet, at, end, zone, request);
  if (found <= BARE) return bare(packet, at, flags, BARE - found, counts);
  // A whole zone has no room in a datagram (RFC 5936, 4.2).
  const chosen = found === TRANSFER ? onlyCode(RCODE.refused) : found;
  writeResponse(packet, at, request.question_length, flags, chosen, request.options, limits, empty, zone, counts);
}

/** The response to what cannot be understood: a header alone. */
function bare(packet: Packet, at: u16, flags: u16, code: number, counts: ResponseCounts): void {
  packet.truncate(at + HEADER_BYTES);
  packet.storeU16(at + 2, RESPONSE | (flags & REPEATED) | code);
  packet.storeU32(at + 4, 0);
  packet.storeU32(at + 8, 0);
  if (code === RCODE.not_implemented) counts.not_implemented.add(1);
  else counts.format_errors.add(1);
}

function writeResponse(
  packet: Packet, at: u16, length: u16, flags: u16, chosen: i32, options: number, limits: Limits, empty: boolean, zone: ZoneTables, counts: ResponseCounts,
): void {
  const hasOptions = (options & OPTION.present) !== 0;
  const limit = hasOptions ? Math.max(limits.plain, Math.min(limits.largest, options & 0xffff)) : limits.plain;
  const before = HEADER_BYTES + length + 4;
  const room = limit - before - (hasOptions ? OPT_BYTES : 0);
  const body = at + before;
  let head: number = RESPONSE;
  let bytes: u16 = 0;
  let answers: u16 = 0;
  let authorities: u16 = 0;
  let additionals: u16 = 0;
  if (chosen < 0) head = RESPONSE | ((-1 - chosen) & 15);
  else {
    head = zone.answer_flags[chosen]!;
    bytes = zone.answer_length[chosen]!;
    answers = zone.answer_answers[chosen]!;
    authorities = zone.answer_authorities[chosen]!;
    additionals = zone.answer_additionals[chosen]!;
    if (bytes > room) {
      // Additional records may be left out; what else does not fit is asked for again, by TCP (RFC 2181, 9).
      const end = zone.answer_first_cut[chosen + 1]!;
      let fits = false;
      for (let cut: number = zone.answer_first_cut[chosen]!; cut < end; cut += 1) {
        if (zone.cut_length[cut]! > room) break;
        bytes = zone.cut_length[cut]!;
        additionals = zone.cut_additionals[cut]!;
        fits = true;
      }
      if (!fits) head = head | FLAG.truncated;
    }
  }
  if (empty) head = head | FLAG.truncated;
  if ((head & FLAG.truncated) !== 0) {
    bytes = 0;
    answers = 0;
    authorities = 0;
    additionals = 0;
    counts.truncated.add(1);
  }
  setLength(packet, body + bytes + (hasOptions ? OPT_BYTES : 0));
  if (chosen >= 0 && bytes > 0) writeRecords(packet, body, bytes, length, chosen, zone);
  if (hasOptions) writeOptions(packet, body + bytes, limits.largest, (options & OPTION.other_version) !== 0 ? 1 : 0, options);
  packet.storeU16(at + 2, head | (flags & REPEATED));
  packet.storeU16(at + 6, answers);
  packet.storeU16(at + 8, authorities);
  packet.storeU16(at + 10, u16(additionals + (hasOptions ? 1 : 0)));
  count(head & 15, (options & OPTION.other_version) !== 0, counts);
}

function setLength(packet: Packet, length: u16): void {
  packet.truncate(length);
  const missing = length - packet.length;
  if (missing > 0) packet.append(missing);
}

/** Copies an answer behind the question, and moves what pointers mean as far as the question's name is longer. */
function writeRecords(packet: Packet, body: u16, bytes: u16, length: u16, chosen: number, zone: ZoneTables): void {
  copyConstant(packet, body, zone.bytes, zone.answer_start[chosen]!, bytes);
  const moved = length - zone.answer_base[chosen]!;
  if (moved === 0) return;
  const end = zone.answer_first_pointer[chosen + 1]!;
  for (let entry: number = zone.answer_first_pointer[chosen]!; entry < end; entry += 1) {
    const place = zone.pointers[entry]!;
    if (place + 2 > bytes) break;
    packet.storeU16(body + place, u16(packet.loadU16(body + place) + moved));
  }
}

/** Counts a response under its code. */
export function count(code: number, isOtherVersion: boolean, counts: ResponseCounts): void {
  if (isOtherVersion) counts.other_versions.add(1);
  else if (code === RCODE.no_error) counts.no_error.add(1);
  else if (code === RCODE.name_error) counts.name_errors.add(1);
  else if (code === RCODE.refused || code === RCODE.not_auth) counts.refused.add(1);
  else if (code === RCODE.not_implemented) counts.not_implemented.add(1);
  else counts.format_errors.add(1);
}
