/** Frames that a server must survive: requests that are cut, that lie about lengths, that are changed anywhere. */
import type { Dice } from '../differential/element-fuzz.js';
import { internetChecksum } from '../configs/frame.js';
import { encodeRequest, type Request } from './message.js';
import { requestFrame, udpChecksum } from './node-server.js';

/** A frame made of one of the requests. */
export function hostileFrame(requests: readonly Request[], dice: Dice): Buffer {
  const message = hostileMessage(encodeRequest({ ...dice.pick(requests), id: dice.below(65_536) }), dice);
  const frame = requestFrame(message, { address: 0x0a000000 + dice.below(1024) * 64, port: dice.below(20) === 0 ? 0 : 1024 + dice.below(60_000) });
  if (dice.chance(80)) return frame;
  const changed = dice.chance(30) ? Buffer.concat([frame, Buffer.alloc(dice.below(30), 7)]) : dice.chance(30) ? frame.subarray(0, dice.below(frame.length)) : frame;
  if (dice.chance(10) && changed.length > 21) changed.writeUInt16BE(dice.pick([0x2000, 0x0001, 0x4000]), 20);
  else if (dice.chance(50) && changed.length > 0) changed[dice.below(Math.min(60, changed.length))] = dice.below(256);
  // Checksums are made right again, so that what is wrong gets past those who look at them.
  if (dice.chance(70) && changed.length >= 42) {
    changed.writeUInt16BE(0, 24);
    changed.writeUInt16BE(internetChecksum(changed.subarray(14, 34)), 24);
    if (changed.length >= 34 + changed.readUInt16BE(38) && changed.readUInt16BE(38) >= 8) changed.writeUInt16BE(dice.chance(10) ? 0 : udpChecksum(changed), 40);
  }
  return changed;
}

function hostileMessage(message: Buffer, dice: Dice): Buffer {
  switch (dice.below(10)) {
    case 0:
      return message.subarray(0, dice.below(message.length));
    case 1:
      return Buffer.concat([message, Buffer.alloc(dice.below(40), dice.below(256))]);
    case 2:
    case 3: {
      const changed = Buffer.from(message);
      for (let count = 1 + dice.below(4); count > 0; count -= 1) changed[dice.below(changed.length)] = dice.pick([0, 1, 0x3f, 0x40, 0xc0, 0xff, dice.below(256)]);
      return changed;
    }
    case 4: {
      // The counts of the header say what is not there.
      const changed = Buffer.from(message);
      changed.writeUInt16BE(dice.pick([0, 1, 2, 9, 0xffff]), 4 + 2 * dice.below(4));
      return changed;
    }
    case 5:
      return longName(dice);
    case 6:
      return manyRecords(message, dice);
    case 7:
      return Buffer.from(Array.from({ length: dice.below(80) }, () => dice.below(256)));
    default:
      return message;
  }
}

/** Names around the longest, of many short labels or few long ones, below the zone or not. */
function longName(dice: Dice): Buffer {
  const size = dice.pick([1, 1, 2, 62, 63]);
  const suffix = dice.pick(['.wild.example.org', '.example.org', '']);
  const count = Math.floor((254 - suffix.length + dice.below(6) - 3) / (size + 1));
  return encodeRequest({ name: `${Array.from({ length: count }, () => 'a'.repeat(size)).join('.')}${suffix}`, type: dice.pick([1, 15, 16]) });
}

/** Additional records of every kind behind the question. */
function manyRecords(message: Buffer, dice: Dice): Buffer {
  const records = Array.from({ length: dice.below(11) }, () => {
    const name = dice.pick([Buffer.from([0]), Buffer.from([0xc0, 12]), Buffer.from([1, 97, 0]), Buffer.from([1, 97, 0xc0, 12]), Buffer.from([0xff])]);
    const data = Buffer.alloc(dice.below(12), dice.below(3));
    const length = dice.chance(90) ? data.length : dice.below(65_536);
    return Buffer.concat([name, Buffer.from([0, dice.pick([41, 41, 1, 250, 24]), 4, 0, dice.below(2), dice.below(2), 128, 0, length >>> 8, length & 255]), data]);
  });
  const changed = Buffer.concat([message, ...records]);
  changed.writeUInt16BE(changed.readUInt16BE(10) + records.length, 10);
  return changed;
}
