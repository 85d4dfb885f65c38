/** TCP options: segment size (RFC 9293, 3.7.1), window scale and timestamps (RFC 7323), selective acknowledgements (RFC 2018). */
import type { Packet, u16, u32 } from 'wirelet';

const KIND = Object.freeze({ end: 0, nothing: 1, mss: 2, scale: 3, sack_permitted: 4, sack: 5, timestamps: 8 });

/** What was read. */
export interface Options {
  /** 0: not given. */
  option_mss: number;
  /** -1: not given. */
  option_scale: number;
  option_sack: number;
  option_timestamps: number;
  option_value: number;
  option_echo: number;
}

/** Reads the options from `at` to `end`; false when they are malformed. Unknown ones are skipped (RFC 9293, MUST-6). */
export function readOptions(packet: Packet, at: u16, end: u16, found: Options): boolean {
  found.option_mss = 0;
  found.option_scale = -1;
  found.option_sack = 0;
  found.option_timestamps = 0;
  // What nearly all segments have: two fillers and timestamps.
  if (end === at + 12 && packet.loadU32(at) === 0x0101_080a) {
    found.option_timestamps = 1;
    found.option_value = packet.loadU32(at + 4);
    found.option_echo = packet.loadU32(at + 8);
    return true;
  }
  for (let place: number = at; place < end; place += 1) {
    const kind = packet.loadU8(place);
    if (kind === KIND.end) return true;
    if (kind !== KIND.nothing) {
      if (place + 2 > end) return false;
      const length = packet.loadU8(place + 1);
      if (length < 2 || place + length > end) return false;
      if (kind === KIND.mss && length === 4) found.option_mss = packet.loadU16(place + 2);
      else if (kind === KIND.scale && length === 3) found.option_scale = Math.min(14, packet.loadU8(place + 2));
      else if (kind === KIND.sack_permitted && length === 2) found.option_sack = 1;
      else if (kind === KIND.timestamps && length === 10) {
        found.option_timestamps = 1;
        found.option_value = packet.loadU32(place + 2);
        found.option_echo = packet.loadU32(place + 6);
      }
      place += length - 1;
    }
  }
  return true;
}

/** The place of the blocks of selective acknowledgements among the options, or `end`: the option's length is the byte before. */
export function findBlocks(packet: Packet, at: u16, end: u16): u16 {
  for (let place: number = at; place < end; place += 1) {
    const kind = packet.loadU8(place);
    if (kind === KIND.end) return end;
    if (kind !== KIND.nothing) {
      if (place + 2 > end) return end;
      const length = packet.loadU8(place + 1);
      if (length < 2 || place + length > end) return end;
      if (kind === KIND.sack && length >= 10 && length % 8 === 2) return place + 2;
      place += length - 1;
    }
  }
  return end;
}

/** Writes the options of a SYN at `at`: segment size, and the others if wanted. They take `synOptionBytes`. */
export function writeSynOptions(packet: Packet, at: u16, mss: u16, scale: number, sack: boolean, timestamps: boolean, value: u32, echo: u32): void {
  packet.storeU32(at, 0x0204_0000 + mss);
  let place: number = at + 4;
  if (timestamps) {
    packet.storeU16(place, sack ? 0x0402 : 0x0101);
    packet.storeU16(place + 2, 0x080a);
    packet.storeU32(place + 4, value);
    packet.storeU32(place + 8, echo);
    place += 12;
  } else if (sack) {
    packet.storeU32(place, 0x0101_0402);
    place += 4;
  }
  if (scale >= 0) packet.storeU32(place, 0x0103_0300 + scale);
}

export function synOptionBytes(scale: number, sack: boolean, timestamps: boolean): number {
  return 4 + (timestamps ? 12 : sack ? 4 : 0) + (scale >= 0 ? 4 : 0);
}
