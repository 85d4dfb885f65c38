/** Authentication of packets with the first twelve bytes of a hash behind them: the way of IPsecAuthHMACSHA1 and IPsecAuthSHA1. */
import { array, drop, register, u32, type Counter, type Log, type Packet, type Verdict } from 'wirelet';
import { DIGEST_BYTES, tell } from './esp.js';
import { BLOCK_BYTES, compress, paddedWord, type Sha1State } from './sha1.js';

/** Blocks of the longest packet. */
const BLOCKS_MAX = 160;

export const authenticationState = { words: array('u32', 80), hash: array('u32', 5), complaints: register('u8') };

export const authenticationDrops = { too_short: 'The packet is shorter than the hash.' };

interface Authenticating {
  readonly config: { readonly verify: boolean };
  readonly built: { readonly tells: boolean };
  readonly state: Sha1State & { complaints: number };
  readonly counters: { readonly wrong: Counter };
  readonly outputs: { readonly out: Verdict; readonly bad: Verdict };
  readonly log: Log;
}

/** The hash of `length` bytes of a packet behind `before` others, whose hash is there: a whole number of blocks. */
export function hashPacket(state: Sha1State, packet: Packet, length: number, before: number): void {
  // A bit, zeros, and eight bytes of length are behind the message.
  const blocks = Math.trunc((length + 8) / BLOCK_BYTES) + 1;
  for (let block = 0; block < BLOCKS_MAX; block += 1) {
    if (block >= blocks) break;
    for (let index = 0; index < 16; index += 1) state.words[index] = paddedWord(packet, block * BLOCK_BYTES + index * 4, length);
    if (block === blocks - 1) state.words[15] = u32((before + length) * 8);
    compress(state);
  }
}

/** Bytes of the packet that are hashed. */
export function hashedBytes({ config }: Authenticating, packet: Packet): number {
  return config.verify ? Math.max(0, packet.length - DIGEST_BYTES) : packet.length;
}

/** Puts the hash behind a packet, or compares it with what is there, and takes that off. */
export function authenticate(packet: Packet, { config, built, state, counters, outputs, log }: Authenticating, length: number): Verdict {
  if (!config.verify) {
    packet.append(DIGEST_BYTES);
    packet.storeU32(length, state.hash[0]!);
    packet.storeU32(length + 4, state.hash[1]!);
    packet.storeU32(length + 8, state.hash[2]!);
    return outputs.out;
  }
  if (packet.length < DIGEST_BYTES) return drop('too_short');
  // All of it is compared, whatever differs first: the time says nothing about where.
  const differs = (packet.loadU32(length) ^ state.hash[0]!) | (packet.loadU32(length + 4) ^ state.hash[1]!) | (packet.loadU32(length + 8) ^ state.hash[2]!);
  if (differs !== 0) {
    counters.wrong.add(1);
    if (built.tells && state.complaints === 0) {
      tell(log, 'Invalid SHA1 authentication digest');
      state.complaints = 1;
    }
    return outputs.bad;
  }
  packet.truncate(length);
  return outputs.out;
}
