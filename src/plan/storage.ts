/** How integers are kept in the memory of compiled code. */
import type { IntegerRange } from '../kit/integers.js';

export type StorageType = `${'u' | ''}int${8 | 16 | 32}_t` | 'int64_t';

/** The narrowest type of C for storing a range in memory. */
export function storageType({ low, high }: IntegerRange): StorageType {
  if (low >= 0) return high <= 0xff ? 'uint8_t' : high <= 0xffff ? 'uint16_t' : high <= 0xffff_ffff ? 'uint32_t' : 'int64_t';
  if (low >= -0x80 && high <= 0x7f) return 'int8_t';
  if (low >= -0x8000 && high <= 0x7fff) return 'int16_t';
  return low >= -0x8000_0000 && high <= 0x7fff_ffff ? 'int32_t' : 'int64_t';
}

/** Bytes of a type. */
export function storageBytes(type: StorageType): number {
  return Number(/\d+/.exec(type)![0]) / 8;
}
