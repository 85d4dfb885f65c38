/** Tests the CRC-32 behind packets (see SetCRC32) and takes it off; drops packets whose CRC is wrong. */
import { defineElement, drop, example } from 'wirelet';
import { crcBytes, crcOf, crcTable } from './crc32.js';

const check = Uint8Array.from(Buffer.from('123456789'));
const good = crcBytes(check);

export default defineElement({
  name: 'CheckCRC32',
  ports: { inputs: { in: 'Packets with their CRC.' }, outputs: { out: 'Packets without it.' } },
  drops: { wrong_crc: 'The CRC was wrong.', too_short: 'The packet had less than four bytes.' },
  build: ({ chatter }) => ({ table: crcTable(), tells: chatter !== '' }),
  process(packet, { built, outputs, log }) {
    const end = packet.length - 4;
    let right = false;
    if (end >= 0) {
      const crc = crcOf(packet, end, built.table);
      right = crc === packet.loadU8(end) + packet.loadU8(end + 1) * 256 + packet.loadU8(end + 2) * 65_536 + packet.loadU8(end + 3) * 16_777_216;
    }
    if (!right && built.tells) {
      log.text('CRC32 failed, len ');
      log.decimal(packet.length);
      log.end();
    }
    if (end < 0) return drop('too_short');
    if (!right) return drop('wrong_crc');
    packet.truncate(end);
    return outputs.out;
  },
  examples: [
    example('takes a right CRC off', good, { out: check }),
    example('drops damaged packets', Uint8Array.from([...good.subarray(0, 3), 0, ...good.subarray(4)]), { drop: 'wrong_crc' }),
    example('drops packets with a damaged CRC', Uint8Array.from([...good.subarray(0, 12), 0]), { drop: 'wrong_crc' }),
    example('drops packets without room for one', new Uint8Array(3), { drop: 'too_short' }),
  ],
});
