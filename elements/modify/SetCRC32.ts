/** Puts a CRC-32 of the bytes of packets behind them, four bytes, which CheckCRC32 tests and takes off. */
import { defineElement, example, u8 } from 'wirelet';
import { crcBytes, crcOf, crcTable } from './crc32.js';

const check = Buffer.from('123456789');

export default defineElement({
  name: 'SetCRC32',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets with their CRC.' } },
  build: () => ({ table: crcTable() }),
  process(packet, { built, outputs }) {
    const end = packet.length;
    const crc = crcOf(packet, end, built.table);
    packet.append(4);
    packet.storeU8(end, u8(crc));
    packet.storeU8(end + 1, u8(crc >>> 8));
    packet.storeU8(end + 2, u8(crc >>> 16));
    packet.storeU8(end + 3, u8(crc >>> 24));
    return outputs.out;
  },
  examples: [
    // 0x0376E6E7 is the check value of CRC-32/MPEG-2, which is this one.
    example('adds the CRC', Uint8Array.from(check), { out: Uint8Array.from([...check, 0xe7, 0xe6, 0x76, 0x03]) }),
    example('adds one to nothing', new Uint8Array(), { out: Uint8Array.from([255, 255, 255, 255]) }),
    example('adds one to many bytes', new Uint8Array(100).fill(7), { out: crcBytes(new Uint8Array(100).fill(7)) }),
  ],
});
