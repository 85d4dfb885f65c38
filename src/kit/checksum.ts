/**
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624). A `sum` is a 16-bit one's
 * complement sum; a `checksum` is the complement of one, as headers carry it.
 */
import { intrinsic } from './intrinsic.js';
import { u16, type u32, type u53 } from './integers.js';
import type { Packet } from './packet.js';
import { PacketTrap } from './trap.js';

/** Folds a sum of words of 16 or 32 bits back into 16 bits, carries added in at the low end: only zero becomes zero. */
const fold = intrinsic('checksum.fold', (sum: u53): u16 => (sum === 0 ? 0 : ((sum - 1) % 0xffff) + 1));

/** The sum of two sums. */
function add(sum: u16, other: u16): u16 {
  const total = sum + other;
  return u16((total & 0xffff) + (total >>> 16));
}

/** The sum of the two 16-bit halves of `word`, for an IPv4 address in a pseudo-header. */
function addU32(sum: u16, word: u32): u16 {
  return checksum.fold(sum + (word >>> 16) + (word & 0xffff));
}

/** The checksum of data whose sum is `sum`. */
function finish(sum: u16): u16 {
  return sum ^ 0xffff;
}

/**
 * A header's checksum after one of its 16-bit words changed from `before` to `after`:
 * HC' = ~(~HC + ~m + m') (RFC 1624, equation 3).
 */
function update(field: u16, before: u16, after: u16): u16 {
  return checksum.apply(field, (before ^ 0xffff) + after);
}

/** As `update`, for a 32-bit field on a 16-bit boundary. */
function updateU32(field: u16, before: u32, after: u32): u16 {
  const taken = ((before >>> 16) ^ 0xffff) + ((before & 0xffff) ^ 0xffff);
  return checksum.apply(field, taken + (after >>> 16) + (after & 0xffff));
}

/**
 * What the change of a 32-bit field adds to a checksum's sum, for `apply`: differences of several fields are added up
 * first and folded once, to the same checksum as `updateU32` for one after the other. It is a sum of 32-bit words, for
 * the carries of these end where those of their halves do (RFC 1071, section 2, C).
 */
function difference(before: u32, after: u32): u53 {
  return (0xffff_ffff - before) + after;
}

/** A checksum after changes whose differences add up to `differences`; folded first, for with the checksum added they may be more than a number holds. */
const apply = intrinsic('checksum.apply', (field: u16, differences: u53): u16 => fold((field ^ 0xffff) + fold(differences)) ^ 0xffff);

/** A header's checksum after one of its 16-bit words fell by `amount`, whatever the word was: ~(~HC + ~amount). */
const subtract = intrinsic('checksum.subtract', (field: u16, amount: u16): u16 => {
  const total = field + amount;
  return u16(total < 0xffff ? total : total + 1);
});

/**
 * The sum of `length` bytes at `offset` from the start of the data, an odd last byte padded with zero.
 * Traps when they are not all there.
 */
const sum = intrinsic('checksum.sum', (packet: Packet, offset: number, length: number): u16 => {
  const start = packet.start + offset;
  if (start < 0 || start + length > packet.end) throw new PacketTrap('short_packet');
  const { bytes } = packet;
  let total = 0;
  for (let at = start; at + 1 < start + length; at += 2) total += (bytes[at]! << 8) | bytes[at + 1]!;
  if (length % 2 === 1) total += bytes[start + length - 1]! << 8;
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x1_0000);
  return total;
});

/** The same over bytes that are not in a packet, for build-time code and tests. */
export function sumOfBytes(bytes: Uint8Array): u16 {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x1_0000);
  return total;
}

export const checksum = Object.freeze({ add, addU32, finish, update, updateU32, difference, apply, subtract, sum, fold });
