/**
 * Names in messages, four bytes at a time: in lower case, and hashed. Both the tables of a zone and the packet path
 * that looks names up in them count on these.
 */
import type { u32 } from '../integers.js';

/** Four bytes with the ASCII letters among them in lower case; lengths of labels are below the letters, and stay. */
export function lowerWord(word: u32): u32 {
  const low = word & 0x7f7f_7f7f;
  // The highest bit of a byte is set in one sum from "A" on, in the other one behind "Z".
  const letters = ((low + 0x3f3f_3f3f) ^ (low + 0x2525_2525)) & ~word & 0x8080_8080;
  return (word | (letters >>> 2)) >>> 0;
}

/** The hash after one more word. */
export function hashWord(hash: u32, word: u32): u32 {
  const mixed = Math.imul(hash ^ word, 0x9e37_79b1) >>> 0;
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** The hash of all words, finished. */
export function finishHash(hash: u32): u32 {
  const mixed = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (mixed >>> 16)) >>> 0;
}

/** The words of a name on the wire, in lower case, padded with zeros. */
export function nameWords(wire: Uint8Array): number[] {
  const padded = Buffer.alloc(Math.ceil(wire.length / 4) * 4);
  padded.set(wire);
  return Array.from({ length: padded.length / 4 }, (_, index) => lowerWord(padded.readUInt32BE(index * 4)));
}

export function hashOfWords(words: readonly number[], seed: u32): u32 {
  return finishHash(words.reduce(hashWord, seed));
}
