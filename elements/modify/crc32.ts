/**
 * The CRC-32 that Click puts behind packets: polynomial 0x04C11DB7, highest bit first, begun with all ones and not inverted
 * at the end; its lowest byte comes first.
 */
import { u8, type Packet } from 'wirelet';

/** What each highest byte adds. */
export function crcTable(): number[] {
  return Array.from({ length: 256 }, (_, index) => {
    let value = index * 2 ** 24;
    for (let bit = 0; bit < 8; bit += 1) value = ((value << 1) ^ (value & 0x8000_0000 ? 0x04c1_1db7 : 0)) >>> 0;
    return value;
  });
}

/** The CRC of the first `length` bytes. */
export function crcOf(packet: Packet, length: number, table: readonly number[]): number {
  let crc = 0xffff_ffff;
  for (let offset = 0; offset < length; offset += 1) crc = ((crc << 8) ^ table[(crc >>> 24) ^ packet.loadU8(offset)]!) >>> 0;
  return crc;
}

/** The same of bytes, for examples. */
export function crcBytes(bytes: Uint8Array): Uint8Array {
  const table = crcTable();
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = ((crc << 8) ^ table[(crc >>> 24) ^ byte]!) >>> 0;
  return Uint8Array.from([...bytes, u8(crc), u8(crc >>> 8), u8(crc >>> 16), u8(crc >>> 24)]);
}
