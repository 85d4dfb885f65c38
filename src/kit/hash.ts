/**
 * The seeded hash of the flow tables: NH (RFC 4418, section 5.2.2 calls it the L1 hash's inner step) over
 * 32-bit words, finished by a multiplication. An attacker who does not know the keys cannot aim packets at one
 * bucket: two words collide with probability 2^-32 over the choice of keys. native/runtime/wl_hash.h is
 * its twin.
 */
import type { u32 } from './integers.js';

/** Most 32-bit words in a table's key. */
export const HASH_WORDS_MAX = 16;

/** Keys for one table, drawn from the run's seed and the table's number (SplitMix32 steps). */
export function hashKeys(seed: u32, table: number): Uint32Array {
  const keys = new Uint32Array(HASH_WORDS_MAX);
  let state = (seed ^ Math.imul(table + 1, 0x9e37_79b9)) >>> 0;
  for (let index = 0; index < keys.length; index += 1) {
    state = (state + 0x9e37_79b9) >>> 0;
    keys[index] = mix(state);
  }
  return keys;
}

/** A bijective mix of 32 bits. */
export function mix(value: u32): u32 {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** The hash of `words` (padded with a zero to an even count) under `keys`. */
export function hashWords(words: readonly number[], keys: Uint32Array): u32 {
  let low = 0;
  let high = 0;
  for (let index = 0; index < words.length; index += 2) {
    const a = (words[index]! + keys[index]!) >>> 0;
    const b = ((words[index + 1] ?? 0) + keys[index + 1]!) >>> 0;
    // a * b in 64 bits, from 16-bit halves: JavaScript's product would round.
    const a0 = a & 0xffff;
    const a1 = a >>> 16;
    const cross = (a0 * (b >>> 16)) + a1 * (b & 0xffff);
    const bottom = a0 * (b & 0xffff) + (cross % 0x1_0000) * 0x1_0000;
    const carry = Math.floor(bottom / 2 ** 32);
    const lowSum = low + (bottom >>> 0);
    low = lowSum >>> 0;
    high = (high + a1 * (b >>> 16) + Math.floor(cross / 0x1_0000) + carry + (lowSum > 0xffff_ffff ? 1 : 0)) % 2 ** 32;
  }
  return finish(high ^ low);
}

/** Spreads 32 bits: both halves of the product with an odd number, folded. */
function finish(value: number): u32 {
  const low = value & 0xffff;
  const high = value >>> 16;
  // 0x9e3779b1 in 16-bit halves, for the product needs 64 bits.
  const cross = low * 0x9e37 + high * 0x79b1;
  const bottom = low * 0x79b1 + (cross % 0x1_0000) * 0x1_0000;
  const top = high * 0x9e37 + Math.floor(cross / 0x1_0000) + Math.floor(bottom / 2 ** 32);
  return (top ^ bottom) >>> 0;
}
