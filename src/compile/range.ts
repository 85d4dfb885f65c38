/**
 * Intervals of integers: what the compiler knows about a value. Every rule here must hold for exact
 * integers; results outside +-(2^53-1) are reported by the caller, because there doubles stop being exact.
 */
import { INTEGER_MAX } from '../kit/integers.js';

export interface Range {
  readonly low: number;
  readonly high: number;
}

export const FULL: Range = { low: -INTEGER_MAX, high: INTEGER_MAX };
export const INT32: Range = { low: -0x8000_0000, high: 0x7fff_ffff };
export const UINT32: Range = { low: 0, high: 0xffff_ffff };

export function range(low: number, high: number): Range {
  return { low, high };
}

export function exactly(value: number): Range {
  return { low: value, high: value };
}

export function contains(outer: Range, inner: Range): boolean {
  return outer.low <= inner.low && inner.high <= outer.high;
}

export function sameRange(a: Range, b: Range): boolean {
  return a.low === b.low && a.high === b.high;
}

/** The smallest interval with both in it. */
export function hull(a: Range, b: Range): Range {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

/** The smallest interval with all of these in it: however many there are. */
export function extent(values: ArrayLike<number>): Range {
  let low = Infinity;
  let high = -Infinity;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

/** What both allow, or undefined when they have nothing in common. */
export function meet(a: Range, b: Range): Range | undefined {
  const low = Math.max(a.low, b.low);
  const high = Math.min(a.high, b.high);
  return low <= high ? { low, high } : undefined;
}

export function describeRange({ low, high }: Range): string {
  return low === high ? String(low) : `${low}..${high}`;
}

type Binary = (a: Range, b: Range) => Range;

function corners(a: Range, b: Range, operate: (x: number, y: number) => number): Range {
  const values = [operate(a.low, b.low), operate(a.low, b.high), operate(a.high, b.low), operate(a.high, b.high)];
  // Adding 0 turns -0 into 0: the packet path has one zero.
  return { low: Math.min(...values) + 0, high: Math.max(...values) + 0 };
}

/** Results of exact arithmetic. Division and remainder want a divisor without zero. */
export const ARITHMETIC: Readonly<Record<'+' | '-' | '*' | '/' | '%', Binary>> = {
  '+': (a, b) => range(a.low + b.low, a.high + b.high),
  '-': (a, b) => range(a.low - b.high, a.high - b.low),
  '*': (a, b) => corners(a, b, (x, y) => x * y),
  '/': (a, b) => {
    const parts: Range[] = [];
    if (b.high > 0) parts.push(corners(a, range(Math.max(1, b.low), b.high), truncatedDivision));
    if (b.low < 0) parts.push(corners(a, range(b.low, Math.min(-1, b.high)), truncatedDivision));
    // A dividend that may be 0 or change sign has 0 among its quotients.
    const all = parts.reduce(hull);
    return a.low <= 0 && a.high >= 0 ? hull(all, exactly(0)) : all;
  },
  '%': (a, b) => {
    const most = Math.max(Math.abs(b.low), Math.abs(b.high)) - 1;
    const low = a.low < 0 ? Math.max(a.low, -most) : 0;
    const high = a.high > 0 ? Math.min(a.high, most) : 0;
    // A dividend smaller than every divisor comes through unchanged.
    const least = b.low > 0 ? b.low : b.high < 0 ? -b.high : 0;
    return a.low >= 0 && a.high < least ? a : range(low, high);
  },
};

function truncatedDivision(a: number, b: number): number {
  return Math.trunc(a / b);
}

/** The value after ToInt32, as the bitwise operators see it. */
function toInt32(a: Range): Range {
  if (contains(INT32, a)) return a;
  return INT32;
}

/** Smallest 2^n - 1 that is at least `value`. */
function onesCovering(value: number): number {
  return value <= 0 ? 0 : 2 ** (Math.floor(Math.log2(value)) + 1) - 1;
}

/** Results of the 32-bit bitwise operators, which are int32 but for `>>>`. */
export const BITWISE: Readonly<Record<'&' | '|' | '^' | '<<' | '>>' | '>>>', Binary>> = {
  '&': (a, b) => {
    if (isExact(a) && isExact(b)) return exactly(a.low & b.low);
    const x = toInt32(a);
    const y = toInt32(b);
    if (x.low >= 0 && y.low >= 0) return range(0, Math.min(x.high, y.high));
    if (x.low >= 0) return range(0, x.high);
    if (y.low >= 0) return range(0, y.high);
    return INT32;
  },
  '|': (a, b) => {
    if (isExact(a) && isExact(b)) return exactly(a.low | b.low);
    const x = toInt32(a);
    const y = toInt32(b);
    if (x.low < 0 || y.low < 0) return INT32;
    return range(Math.max(x.low, y.low), onesCovering(Math.max(x.high, y.high)));
  },
  '^': (a, b) => {
    if (isExact(a) && isExact(b)) return exactly(a.low ^ b.low);
    const x = toInt32(a);
    const y = toInt32(b);
    if (x.low < 0 || y.low < 0) return INT32;
    return range(0, onesCovering(Math.max(x.high, y.high)));
  },
  '<<': (a, b) => {
    if (isExact(a) && isExact(b)) return exactly(a.low << b.low);
    const x = toInt32(a);
    const least = x.low * 2 ** (x.low < 0 ? b.high : b.low);
    const most = x.high * 2 ** (x.high < 0 ? b.low : b.high);
    return contains(INT32, range(least, most)) ? range(least, most) : INT32;
  },
  '>>': (a, b) => {
    const x = toInt32(a);
    const values = [x.low >> b.low, x.low >> b.high, x.high >> b.low, x.high >> b.high];
    return range(Math.min(...values), Math.max(...values));
  },
  '>>>': (a, b) => {
    if (isExact(a) && isExact(b)) return exactly(a.low >>> b.low);
    const x = contains(UINT32, a) ? a : UINT32;
    return range(Math.floor(x.low / 2 ** b.high), Math.floor(x.high / 2 ** b.low));
  },
};

export function isExact(a: Range): boolean {
  return a.low === a.high;
}

export type Comparison = '===' | '!==' | '<' | '<=' | '>' | '>=';

/** Whether the comparison holds for all values, for none (false), or for some (undefined). */
export function compareRanges(operator: Comparison, a: Range, b: Range): boolean | undefined {
  switch (operator) {
    case '<':
      return a.high < b.low ? true : a.low >= b.high ? false : undefined;
    case '<=':
      return a.high <= b.low ? true : a.low > b.high ? false : undefined;
    case '>':
      return compareRanges('<', b, a);
    case '>=':
      return compareRanges('<=', b, a);
    case '===':
      return isExact(a) && isExact(b) && a.low === b.low ? true : meet(a, b) === undefined ? false : undefined;
    case '!==': {
      const same = compareRanges('===', a, b);
      return same === undefined ? undefined : !same;
    }
  }
}

/** What `a` can be when `a operator b` holds; undefined: it cannot hold. */
export function refineRange(operator: Comparison, a: Range, b: Range): Range | undefined {
  switch (operator) {
    case '<':
      return meet(a, range(-Infinity, b.high - 1));
    case '<=':
      return meet(a, range(-Infinity, b.high));
    case '>':
      return meet(a, range(b.low + 1, Infinity));
    case '>=':
      return meet(a, range(b.low, Infinity));
    case '===':
      return meet(a, b);
    case '!==':
      if (!isExact(b)) return a;
      if (a.low === b.low) return a.low === a.high ? undefined : range(a.low + 1, a.high);
      return a.high === b.low ? range(a.low, a.high - 1) : a;
  }
}

export const NEGATED: Readonly<Record<Comparison, Comparison>> = {
  '===': '!==', '!==': '===', '<': '>=', '>=': '<', '>': '<=', '<=': '>',
};

/** The comparison with its operands exchanged. */
export const MIRRORED: Readonly<Record<Comparison, Comparison>> = {
  '===': '===', '!==': '!==', '<': '>', '>': '<', '<=': '>=', '>=': '<=',
};
