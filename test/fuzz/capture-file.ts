/** Capture files in both formats and byte orders, made from a dice, and damaged. */
import type { Dice } from '../differential/element-fuzz.js';

const FRAMES_MAX = 12;

/** A sound capture: pcap or pcapng, little or big endian, with any resolution of its times. */
export function soundCapture(dice: Dice): Buffer {
  return dice.chance(50) ? pcap(dice) : pcapng(dice);
}

/** The capture with some of its bytes changed, left out or doubled; mostly in headers, where it hurts. */
export function damaged(capture: Buffer, dice: Dice): Buffer {
  let bytes = Buffer.from(capture);
  for (let count = 1 + dice.below(3); count > 0; count -= 1) {
    const at = dice.below(Math.max(1, dice.chance(50) ? Math.min(64, bytes.length) : bytes.length));
    switch (dice.below(6)) {
      case 0:
        bytes = bytes.subarray(0, at);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + dice.below(8))]);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(1 + dice.below(8), dice.below(256)), bytes.subarray(at)]);
        break;
      case 3:
        if (at + 4 <= bytes.length) bytes.writeUInt32LE(dice.pick([0, 1, 12, 28, 0x7fff_ffff, 0xffff_ffff, bytes.length]), at);
        break;
      default:
        if (at < bytes.length) bytes[at] = dice.pick([0, 1, 0x80, 0xff, dice.below(256)]);
    }
  }
  return bytes;
}

class Writer {
  private readonly parts: Buffer[] = [];

  constructor(readonly big: boolean) {}

  u16(...values: number[]): this {
    return this.put(values, 2);
  }
  u32(...values: number[]): this {
    return this.put(values, 4);
  }
  bytes(bytes: Uint8Array): this {
    this.parts.push(Buffer.from(bytes));
    return this;
  }
  done(): Buffer {
    return Buffer.concat(this.parts);
  }

  private put(values: readonly number[], size: 2 | 4): this {
    for (const value of values) {
      const part = Buffer.alloc(size);
      if (this.big) part.writeUIntBE(value, 0, size);
      else part.writeUIntLE(value, 0, size);
      this.parts.push(part);
    }
    return this;
  }
}

function frame(dice: Dice): Buffer {
  const length = dice.chance(10) ? dice.pick([0, 1, 9216, 9217]) : 14 + dice.below(80);
  return Buffer.from(Array.from({ length }, () => dice.below(256)));
}

/** https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html */
function pcap(dice: Dice): Buffer {
  const nano = dice.chance(50);
  const out = new Writer(dice.chance(40)).u32(nano ? 0xa1b2_3c4d : 0xa1b2_c3d4).u16(2, 4).u32(0, 0, 262_144, dice.chance(95) ? 1 : 101);
  let second = 1_600_000_000;
  for (let count = dice.below(FRAMES_MAX); count > 0; count -= 1) {
    const bytes = frame(dice);
    second += dice.below(2);
    out.u32(second, dice.below(nano ? 1_000_000_000 : 1_000_000), bytes.length, bytes.length + (dice.chance(10) ? 10 : 0)).bytes(bytes);
  }
  return out.done();
}

/** https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html */
function pcapng(dice: Dice): Buffer {
  const big = dice.chance(40);
  const block = (type: number, body: Writer) => {
    const content = body.done();
    const length = content.length + 12;
    return new Writer(big).u32(type, length).bytes(content).u32(length).done();
  };
  const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const resolution = dice.pick([undefined, 6, 9, 3, 0x94]);
  const option = resolution === undefined ? new Writer(big) : new Writer(big).u16(9, 1).bytes(Buffer.from([resolution, 0, 0, 0])).u16(0, 0);
  const parts = [
    block(0x0a0d_0d0a, new Writer(big).u32(0x1a2b_3c4d).u16(1, 0).u32(0xffff_ffff, 0xffff_ffff)),
    block(1, new Writer(big).u16(dice.chance(95) ? 1 : 101, 0).u32(0).bytes(option.done())),
  ];
  let ticks = 1_600_000_000n * 1000n;
  for (let count = dice.below(FRAMES_MAX); count > 0; count -= 1) {
    const bytes = frame(dice);
    ticks += BigInt(dice.below(100_000));
    if (dice.chance(10)) parts.push(block(3, new Writer(big).u32(bytes.length).bytes(padded(bytes))));
    else if (dice.chance(10)) parts.push(block(0x0bad_0000 + dice.below(99), new Writer(big).u32(7)));
    else parts.push(block(6, new Writer(big).u32(0, Number(ticks >> 32n), Number(ticks & 0xffff_ffffn), bytes.length, bytes.length).bytes(padded(bytes))));
  }
  return Buffer.concat(parts);
}
