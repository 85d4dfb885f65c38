/** What becomes of the frames of a script on a bad network, or in bad hands: lost, doubled, late, changed. */
import { internetChecksum } from '../configs/frame.js';
import type { Dice } from '../differential/element-fuzz.js';
import type { InputFrame } from '../differential/replay.js';
import { segmentChecksum } from './bench.js';

/** Where the segment begins, behind a header of IPv4 or IPv6. */
function segmentAt(bytes: Uint8Array): number {
  return bytes[0]! >> 4 === 6 ? 40 : 20;
}

export function hostileInput(input: readonly InputFrame[], dice: Dice): InputFrame[] {
  const frames = input.flatMap((frame) => {
    if (frame.bytes === undefined || frame.bytes.length < segmentAt(frame.bytes) + 20) return [frame];
    if (dice.chance(5)) return [];
    const changed = { ...frame, bytes: dice.chance(35) ? mutate(Buffer.from(frame.bytes), dice) : frame.bytes };
    return dice.chance(10) ? [changed, { ...frame, clock: frame.clock + BigInt(dice.below(2_000_000_000)) }] : [changed];
  });
  // Late ones come later; time itself goes on.
  return frames.map((frame) => (dice.chance(10) ? { ...frame, clock: frame.clock + BigInt(dice.below(1_000_000_000)) } : frame)).sort((a, b) => Number(a.clock - b.clock));
}

/** Changes fields of the TCP header, options, or the length, and mends the checksums, so that it gets past those who look at them. */
function mutate(bytes: Buffer, dice: Dice): Buffer {
  const at = segmentAt(bytes);
  for (let count = 1 + dice.below(3); count > 0; count -= 1) {
    const add = (place: number, by: number) => bytes.writeUInt32BE((bytes.readUInt32BE(place) + by + 2 ** 32) % 2 ** 32, place);
    switch (dice.below(7)) {
      case 0: bytes[at + 13] = dice.below(64); break;
      case 1: add(at + 4, dice.pick([-1, 1, -1000, 1000, 65_535, -65_535, 2 ** 31])); break;
      case 2: add(at + 8, dice.pick([-1, 1, -1000, 1000, 65_535, -65_535, 2 ** 31])); break;
      case 3: bytes.writeUInt16BE(dice.pick([0, 1, 100, 65_535]), at + 14); break;
      case 4: bytes[at + 12] = dice.below(256); break;
      case 5: if (bytes.length > at + 20) bytes[at + 20 + dice.below(bytes.length - at - 20)] = dice.pick([0, 1, 2, 3, 5, 8, 255, dice.below(256)]); break;
      default: bytes = bytes.subarray(0, at + 20 + dice.below(bytes.length - at - 19)); break;
    }
  }
  const tcp = bytes.subarray(at);
  const addresses = at === 40 ? bytes.subarray(8, 40) : bytes.subarray(12, 20);
  if (at === 40) bytes.writeUInt16BE(tcp.length, 4);
  else {
    bytes.writeUInt16BE(bytes.length, 2);
    bytes.writeUInt16BE(0, 10);
    bytes.writeUInt16BE(internetChecksum(bytes.subarray(0, 20)), 10);
  }
  tcp.writeUInt16BE(0, 16);
  tcp.writeUInt16BE(segmentChecksum(addresses, new Uint8Array(), tcp), 16);
  return bytes;
}
