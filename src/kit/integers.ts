/**
 * Integers of the packet path. A value is a plain JavaScript number; its type is a flavour, so that any
 * editor checks widening without a plug-in: a `u16` may hold a `u8`, not the other way round. The casts
 * truncate exactly as a C cast to an unsigned type of that width does.
 */
import { intrinsic } from './intrinsic.js';

export type u8 = number & { readonly __int?: 8 };
export type u16 = number & { readonly __int?: 8 | 16 };
export type u32 = number & { readonly __int?: 8 | 16 | 32 };
export type u48 = number & { readonly __int?: 8 | 16 | 32 | 48 };
/** A non-negative integer that a double holds exactly: 0..2^53-1. */
export type u53 = number & { readonly __int?: 8 | 16 | 32 | 48 | 53 };
export type i32 = number & { readonly __sint?: 32 };

/** The largest magnitude at which every integer is an exact double (2^53 - 1). */
export const INTEGER_MAX = Number.MAX_SAFE_INTEGER;

export type IntegerName = 'u8' | 'u16' | 'u32' | 'u48' | 'u53' | 'i32';

export interface IntegerRange {
  readonly low: number;
  readonly high: number;
}

/** The values each flavour can hold, both ends included. */
export const INTEGER_RANGES: Readonly<Record<IntegerName, IntegerRange>> = {
  u8: { low: 0, high: 0xff },
  u16: { low: 0, high: 0xffff },
  u32: { low: 0, high: 0xffff_ffff },
  u48: { low: 0, high: 2 ** 48 - 1 },
  u53: { low: 0, high: INTEGER_MAX },
  i32: { low: -0x8000_0000, high: 0x7fff_ffff },
};

/** The same, for looking up a name that may be something else. */
export const integerTypes: Readonly<Record<string, IntegerRange | undefined>> = INTEGER_RANGES;

/** The low 8 bits of `value`. */
export const u8 = intrinsic('u8', (value: number): u8 => value & 0xff);
/** The low 16 bits of `value`. */
export const u16 = intrinsic('u16', (value: number): u16 => value & 0xffff);
/** The low 32 bits of `value`, read as unsigned. */
export const u32 = intrinsic('u32', (value: number): u32 => value >>> 0);
/** The low 32 bits of `value`, read as two's complement. */
export const i32 = intrinsic('i32', (value: number): i32 => value | 0);
/** The low 48 bits of `value`, read as unsigned. */
export const u48 = intrinsic('u48', (value: number): u48 => {
  const remainder = value % 2 ** 48;
  return remainder < 0 ? remainder + 2 ** 48 : remainder;
});
