/** A hash of four words under a secret of 64 bits: HalfSipHash-2-4 (Aumasson and Bernstein, 2012), which packets cannot guess. */
import { u32 } from 'wirelet';

/** Rounds: two for each of five words, four at the end. */
const ROUNDS = 14;

function rotated(value: u32, count: number): u32 {
  return ((value << count) | (value >>> (32 - count))) >>> 0;
}

export function keyedHash(key0: u32, key1: u32, first: u32, second: u32, third: u32, fourth: u32): u32 {
  let v0: number = key0;
  let v1: number = key1;
  let v2: number = (key0 ^ 0x6c79_6765) >>> 0;
  let v3: number = (key1 ^ 0x7465_6462) >>> 0;
  let word: number = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round < 10 && round % 2 === 0) {
      // The last word is the length of the message, 16 bytes, in its upper byte.
      word = round === 0 ? first : round === 2 ? second : round === 4 ? third : round === 6 ? fourth : 0x1000_0000;
      v3 = (v3 ^ word) >>> 0;
    }
    if (round === 10) v2 = (v2 ^ 0xff) >>> 0;
    v0 = u32(v0 + v1);
    v1 = (rotated(v1, 5) ^ v0) >>> 0;
    v0 = rotated(v0, 16);
    v2 = u32(v2 + v3);
    v3 = (rotated(v3, 8) ^ v2) >>> 0;
    v0 = u32(v0 + v3);
    v3 = (rotated(v3, 7) ^ v0) >>> 0;
    v2 = u32(v2 + v1);
    v1 = (rotated(v1, 13) ^ v2) >>> 0;
    v2 = rotated(v2, 16);
    if (round < 10 && round % 2 === 1) v0 = (v0 ^ word) >>> 0;
  }
  return (v1 ^ v3) >>> 0;
}
