/** Looking a question up in the tables of a zone. */
import { finishHash, hashWord, lowerWord, RCODE, type i32, type Packet, type u16, type u32, type ZoneTables } from 'wirelet';
import type { Labels } from './message.js';

/** Types of questions that are no types of records (RFC 6895, 3.1). */
const TYPE = { opt: 41, first_meta: 128, ixfr: 251, axfr: 252, maila: 254, any: 255 } as const;
const CLASS = { internet: 1, none: 254 } as const;

/** In place of the number of an answer: the whole zone is asked for. */
export const TRANSFER = -500;

/** In place of the number of an answer: an empty one with a code. */
export function onlyCode(code: number): i32 {
  return -1 - code;
}

/** Whether the name of `length` bytes at `at` is that of the zone. */
export function isOrigin(packet: Packet, at: u16, length: u16, labels: Labels, zone: ZoneTables): boolean {
  return labels.label_count === zone.least_labels && findName(packet, at, length, zone) >= 0;
}

/** The number of the answer to a question whose name has `length` bytes at `at`; below 0: only a code. */
export function chooseAnswer(packet: Packet, at: u16, length: u16, labels: Labels, zone: ZoneTables): i32 {
  const type = packet.loadU16(at + length);
  const inClass = packet.loadU16(at + length + 2);
  if (inClass !== CLASS.internet) return onlyCode(inClass === CLASS.none ? RCODE.format_error : RCODE.not_implemented);
  if (type === TYPE.axfr || type === TYPE.ixfr) return TRANSFER;
  if (type >= TYPE.first_meta && type < TYPE.any) return onlyCode(type > TYPE.axfr && type <= TYPE.maila ? RCODE.not_implemented : RCODE.format_error);
  if (type === TYPE.opt || type === 0) return onlyCode(RCODE.format_error);
  return lookUp(packet, at, length, labels, type, zone);
}

/** Goes from the longest name that can exist to the origin, until one does. */
function lookUp(packet: Packet, at: u16, length: u16, labels: Labels, type: u16, zone: ZoneTables): i32 {
  const count = labels.label_count;
  for (let skipped: number = Math.max(0, count - zone.most_labels); skipped <= count - zone.least_labels; skipped += 1) {
    const offset = skipped < count && skipped < labels.label_starts.length ? labels.label_starts[skipped]! : length - 1;
    const left = length - offset;
    if (left < 1) break;
    const name = findName(packet, at + offset, left, zone);
    if (name < 0) continue;
    let chosen: number = name;
    if (skipped > 0) {
      if (zone.name_cut[name] === 1) return zone.name_otherwise[name]!;
      chosen = zone.name_wildcard[name]! - 1;
      if (chosen < 0) return zone.no_such_name;
    }
    return answerFor(chosen, type, zone);
  }
  return onlyCode(RCODE.refused);
}

function answerFor(name: number, type: u16, zone: ZoneTables): i32 {
  if (type === TYPE.any) return zone.name_any[name]!;
  const end = zone.name_first_type[name + 1]!;
  for (let entry: number = zone.name_first_type[name]!; entry < end; entry += 1) {
    if (zone.type_number[entry] === type) return zone.type_answer[entry]!;
  }
  return zone.name_otherwise[name]!;
}

/** The number of the name of `length` bytes at `at`, or -1. Four bytes of type and class follow every name. */
function findName(packet: Packet, at: u16, length: u16, zone: ZoneTables): i32 {
  const hash = hashName(packet, at, length, zone.seed);
  const bucket = hash & zone.bucket_mask;
  const end = zone.bucket_first[bucket + 1]!;
  for (let name: number = zone.bucket_first[bucket]!; name < end; name += 1) {
    if (zone.name_hash[name] === hash && zone.name_length[name] === length && isName(packet, at, length, zone.name_words[name]!, zone)) return name;
  }
  return -1;
}

function hashName(packet: Packet, at: u16, length: u16, seed: u32): u32 {
  let hash: u32 = seed;
  const words = Math.trunc(length / 4);
  for (let word = 0; word < words; word += 1) hash = hashWord(hash, lowerWord(packet.loadU32(at + word * 4)));
  const rest = length % 4;
  if (rest !== 0) hash = hashWord(hash, lowerWord(firstBytes(packet.loadU32(at + words * 4), rest)));
  return finishHash(hash);
}

/** Whether the name is the one whose words begin at `first`. */
function isName(packet: Packet, at: u16, length: u16, first: number, zone: ZoneTables): boolean {
  const words = Math.min(63, Math.trunc(length / 4));
  for (let word = 0; word < words; word += 1) {
    if (lowerWord(packet.loadU32(at + word * 4)) !== zone.words[first + word]) return false;
  }
  const rest = length % 4;
  return rest === 0 || lowerWord(firstBytes(packet.loadU32(at + words * 4), rest)) === zone.words[first + words];
}

/** The word with zeros behind its first `count` bytes. */
function firstBytes(word: u32, count: number): u32 {
  return (word & (-1 << (32 - 8 * Math.max(1, Math.min(3, count))))) >>> 0;
}
