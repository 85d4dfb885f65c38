/**
 * Sets of integers from 0 to some maximum, as the values at which membership changes, ascending: 10..19
 * and 30.. is [10, 20, 30]. Nothing is a member before the first change.
 */
import { fullMask, type Test } from './expression.js';

export type ValueSet = readonly number[];

export const EMPTY: ValueSet = [];
export const FULL: ValueSet = [0];

/** The number of `changes` that are not above `value`. */
export function changesUpTo(changes: readonly number[], value: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (changes[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function has(set: ValueSet, value: number): boolean {
  return changesUpTo(set, value) % 2 === 1;
}

export function complement(set: ValueSet): ValueSet {
  return set[0] === 0 ? set.slice(1) : [0, ...set];
}

export function union(a: ValueSet, b: ValueSet): ValueSet {
  return combined(a, b, (inA, inB) => inA || inB);
}

export function intersection(a: ValueSet, b: ValueSet): ValueSet {
  return combined(a, b, (inA, inB) => inA && inB);
}

function combined(a: ValueSet, b: ValueSet, member: (inA: boolean, inB: boolean) => boolean): ValueSet {
  const result: number[] = [];
  let [i, j, inside] = [0, 0, false];
  while (i < a.length || j < b.length) {
    const at = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    if (a[i] === at) i += 1;
    if (b[j] === at) j += 1;
    const now = member(i % 2 === 1, j % 2 === 1);
    if (now !== inside) result.push(at);
    inside = now;
  }
  return result;
}

/** `low..high` of a word of `size` bytes. */
export function rangeSet(low: number, high: number, size: number): ValueSet {
  return high >= fullMask(size) ? [low] : [low, high + 1];
}

/** Most changes in the set of a masked word; beyond that, the masked word is a variable of its own. */
const MASKED_CHANGES_MAX = 64;

const maskedSets = new Map<string, ValueSet | undefined>();

/** The unmasked values for which the test holds, or undefined when they are scattered too widely. */
export function valuesOf({ field: { size }, mask, low, high }: Test): ValueSet | undefined {
  const all = fullMask(size);
  if (mask === all) return rangeSet(low, high, size);
  const unit = lowestBit(mask);
  if (mask === all - unit + 1) {
    const first = Math.ceil(low / unit) * unit;
    const last = Math.floor(high / unit) * unit + unit - 1;
    return first > last ? EMPTY : rangeSet(first, last, size);
  }
  if (size > 2) return undefined;
  const key = `${size} ${mask} ${low} ${high}`;
  if (!maskedSets.has(key)) maskedSets.set(key, enumerated(size, mask, low, high));
  return maskedSets.get(key);
}

function enumerated(size: number, mask: number, low: number, high: number): ValueSet | undefined {
  const changes: number[] = [];
  let inside = false;
  for (let value = 0; value <= fullMask(size); value += 1) {
    const masked = value & mask;
    if (inside === (masked >= low && masked <= high)) continue;
    inside = !inside;
    changes.push(value);
    if (size > 1 && changes.length > MASKED_CHANGES_MAX) return undefined;
  }
  return changes;
}

function lowestBit(mask: number): number {
  return 2 ** (31 - Math.clz32(mask & -mask));
}
