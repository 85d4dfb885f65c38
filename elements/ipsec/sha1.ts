/** SHA-1 (FIPS 180-4, 6.1): in the packet path over arrays of state, and its first blocks when the graph is built. */
import { u32, type Packet } from 'wirelet';

/** What the hash begins with (FIPS 180-4, 5.3.1). */
export const INITIAL: readonly number[] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
export const BLOCK_BYTES = 64;
const WORDS = 80;

/** Arrays of the packet path: the words of a block, and the hash so far. */
export interface Sha1State {
  words: { [index: number]: any };
  hash: { [index: number]: any };
}

function turned(value: number, bits: 1 | 5 | 30): number {
  if (bits === 1) return ((value << 1) | (value >>> 31)) >>> 0;
  if (bits === 5) return ((value << 5) | (value >>> 27)) >>> 0;
  return ((value << 30) | (value >>> 2)) >>> 0;
}

/** Takes the block whose sixteen words are there into the hash. */
export function compress(state: Sha1State): void {
  for (let index = 16; index < WORDS; index += 1) {
    state.words[index] = turned((state.words[index - 3]! ^ state.words[index - 8]! ^ state.words[index - 14]! ^ state.words[index - 16]!) >>> 0, 1);
  }
  let a: number = state.hash[0];
  let b: number = state.hash[1];
  let c: number = state.hash[2];
  let d: number = state.hash[3];
  let e: number = state.hash[4];
  for (let index = 0; index < WORDS; index += 1) {
    let mixed = 0;
    let constant = 0x5a82_7999;
    if (index < 20) mixed = ((b & c) | (~b & d)) >>> 0;
    else if (index < 40) {
      mixed = (b ^ c ^ d) >>> 0;
      constant = 0x6ed9_eba1;
    } else if (index < 60) {
      mixed = ((b & c) | (b & d) | (c & d)) >>> 0;
      constant = 0x8f1b_bcdc;
    } else {
      mixed = (b ^ c ^ d) >>> 0;
      constant = 0xca62_c1d6;
    }
    const next = u32(turned(a >>> 0, 5) + mixed + e + constant + state.words[index]);
    e = d;
    d = c;
    c = turned(b >>> 0, 30);
    b = a;
    a = next;
  }
  state.hash[0] = u32(state.hash[0] + a);
  state.hash[1] = u32(state.hash[1] + b);
  state.hash[2] = u32(state.hash[2] + c);
  state.hash[3] = u32(state.hash[3] + d);
  state.hash[4] = u32(state.hash[4] + e);
}

/** The word at `at` of `length` bytes of a packet with the padding behind them (FIPS 180-4, 5.1.1), but for the length at the end. */
export function paddedWord(packet: Packet, at: number, length: number): number {
  if (at + 4 <= length) return packet.loadU32(at);
  if (at > length) return 0;
  let value = 0;
  for (let index = 0; index < 4; index += 1) {
    const place = at + index;
    const byte = place < length ? packet.loadU8(place) : place === length ? 0x80 : 0;
    value = u32(value * 256 + byte);
  }
  return value;
}

/** The hash after one block of constant bytes, from `INITIAL` on. */
export function afterBlock(block: readonly number[]): number[] {
  const state = { words: new Array<number>(WORDS).fill(0), hash: [...INITIAL] };
  for (let index = 0; index < 16; index += 1) state.words[index] = ((block[index * 4]! << 24) | (block[index * 4 + 1]! << 16) | (block[index * 4 + 2]! << 8) | block[index * 4 + 3]!) >>> 0;
  compress(state);
  return state.hash;
}
