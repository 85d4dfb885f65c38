/** What becomes of the frames of a script on a bad network, or in bad hands: lost, doubled, late, changed. */
import { internetChecksum } from '../configs/frame.js';
import type { Dice } from '../differential/element-fuzz.js';
import type { InputFrame } from '../differential/replay.js';

const TCP_AT = 20;

export function hostileInput(input: readonly InputFrame[], dice: Dice): InputFrame[] {
  const frames = input.flatMap((frame) => {
    if (frame.bytes === undefined || frame.bytes.length < TCP_AT + 20) return [frame];
    if (dice.chance(5)) return [];
    const changed = { ...frame, bytes: dice.chance(35) ? mutate(Buffer.from(frame.bytes), dice) : frame.bytes };
    return dice.chance(10) ? [changed, { ...frame, clock: frame.clock + BigInt(dice.below(2_000_000_000)) }] : [changed];
  });
  // Late ones come later; time itself goes on.
  return frames.map((frame) => (dice.chance(10) ? { ...frame, clock: frame.clock + BigInt(dice.below(1_000_000_000)) } : frame)).sort((a, b) => Number(a.clock - b.clock));
}

/** Changes fields of the TCP header, options, or the length, and mends the checksums, so that it gets past those who look at them. */
function mutate(bytes: Buffer, dice: Dice): Buffer {
  for (let count = 1 + dice.below(3); count > 0; count -= 1) {
    const add = (at: number, by: number) => bytes.writeUInt32BE((bytes.readUInt32BE(at) + by + 2 ** 32) % 2 ** 32, at);
    switch (dice.below(7)) {
      case 0: bytes[TCP_AT + 13] = dice.below(64); break;
      case 1: add(TCP_AT + 4, dice.pick([-1, 1, -1000, 1000, 65_535, -65_535, 2 ** 31])); break;
      case 2: add(TCP_AT + 8, dice.pick([-1, 1, -1000, 1000, 65_535, -65_535, 2 ** 31])); break;
      case 3: bytes.writeUInt16BE(dice.pick([0, 1, 100, 65_535]), TCP_AT + 14); break;
      case 4: bytes[TCP_AT + 12] = dice.below(256); break;
      case 5: if (bytes.length > TCP_AT + 20) bytes[TCP_AT + 20 + dice.below(bytes.length - TCP_AT - 20)] = dice.pick([0, 1, 2, 3, 5, 8, 255, dice.below(256)]); break;
      default: bytes = bytes.subarray(0, TCP_AT + 20 + dice.below(bytes.length - TCP_AT - 19)); break;
    }
  }
  bytes.writeUInt16BE(bytes.length, 2);
  bytes.writeUInt16BE(0, 10);
  bytes.writeUInt16BE(internetChecksum(bytes.subarray(0, 20)), 10);
  const tcp = bytes.subarray(TCP_AT);
  tcp.writeUInt16BE(0, 16);
  const pseudo = Buffer.concat([bytes.subarray(12, 20), Buffer.from([0, 6, tcp.length >> 8, tcp.length & 255])]);
  tcp.writeUInt16BE(internetChecksum(Buffer.concat([pseudo, tcp, Buffer.alloc(tcp.length % 2)])), 16);
  return bytes;
}
