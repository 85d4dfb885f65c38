import type { u32 } from './integers.js';

/** A word with its bytes the other way round: a number as the other kind of machine has it in memory. */
export function byteSwapped(word: u32): u32 {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
