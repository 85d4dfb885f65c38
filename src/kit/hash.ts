/**
 * The seeded hash of the flow tables: NH (RFC 4418, section 5.2.2 calls it the L1 hash's inner step) over
 * 32-bit words, finished by a multiplication. An attacker who does not know the keys cannot aim packets at one
 * bucket: two words collide with probability 2^-32 over the choice of keys. Keys of one or two words, which a look-up
 * waits for most, are multiplied by an odd number of 64 bits instead (Dietzfelbinger and others, A reliable randomized
 * algorithm for the closest-pair problem, J. Algorithms 25, 1997). native/runtime/wl_hash.h is its twin.
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
  if (words.length <= 2) return hashOne(words[0]!, words[1] ?? 0, keys);
  let low = 0;
  let high = 0;
  for (let index = 0; index < words.length; index += 2) {
    const [top, bottom] = product((words[index]! + keys[index]!) >>> 0, ((words[index + 1] ?? 0) + keys[index + 1]!) >>> 0);
    const lowSum = low + bottom;
    low = lowSum >>> 0;
    high = (high + top + (lowSum > 0xffff_ffff ? 1 : 0)) % 2 ** 32;
  }
  return finish(high ^ low);
}

/**
 * The product of two words and an odd number of 64 bits: its bits from 32 on, which the bottom of the key tells apart, and
 * those from 64 on, which its top does, folded.
 */
function hashOne(low: u32, high: u32, keys: Uint32Array): u32 {
  const factor = (keys[0]! | 1) >>> 0;
  const [lowest] = product(low, factor);
  const [lowCross, lowRest] = product(low, keys[1]!);
  const [highCross, highRest] = product(high, factor);
  const second = lowest + lowRest + highRest;
  const third = lowCross + highCross + product(high, keys[1]!)[1] + Math.floor(second / 2 ** 32);
  return (second ^ third) >>> 0;
}

/** a * b in 64 bits, upper and lower half, from 16-bit halves: JavaScript's product would round. */
function product(a: u32, b: u32): [u32, u32] {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const cross = a0 * (b >>> 16) + a1 * (b & 0xffff);
  const bottom = a0 * (b & 0xffff) + (cross % 0x1_0000) * 0x1_0000;
  return [a1 * (b >>> 16) + Math.floor(cross / 0x1_0000) + Math.floor(bottom / 2 ** 32), bottom % 2 ** 32];
}

/** Spreads 32 bits: both halves of the product with an odd number, folded. */
function finish(value: number): u32 {
  const [top, bottom] = product(value >>> 0, 0x9e37_79b1);
  return (top ^ bottom) >>> 0;
}
