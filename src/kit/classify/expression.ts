/**
 * What the languages of Classifier, IPClassifier and IPFilter mean: boolean expressions over tests of
 * packet words. A test holds when the bytes it looks at are there and their value, masked, lies in a
 * range; a test of bytes beyond the end of the packet, or beyond a header that is not marked, is false.
 */

/** Where offsets count from: the start of the data, or a header that was marked. */
export type Anchor = 'start' | 'mac' | 'network' | 'transport';

/** A big-endian word of a packet. */
export interface Field {
  readonly anchor: Anchor;
  /** Bytes from the anchor. */
  readonly offset: number;
  /** Bytes. */
  readonly size: 1 | 2 | 3 | 4;
}

/** The field is in the packet, and `low <= (word & mask) <= high`; or, with `outside`, it is in the packet and that does not hold. */
export interface Test {
  readonly op: 'test';
  readonly field: Field;
  readonly mask: number;
  readonly low: number;
  readonly high: number;
  readonly outside?: true;
}

export type Expression =
  | Test
  | { readonly op: 'constant'; readonly value: boolean }
  | { readonly op: 'not'; readonly of: Expression }
  | { readonly op: 'and' | 'or'; readonly of: readonly Expression[] };

/** One pattern or rule: packets that match, and that no earlier one matches, get its class. */
export interface Rule {
  readonly condition: Expression;
  /** The number that `classify` gives, 0 or more, or -1 for what no rule matches. */
  readonly class: number;
}

export const ALWAYS: Expression = Object.freeze({ op: 'constant', value: true });
export const NEVER: Expression = Object.freeze({ op: 'constant', value: false });

/** All bits of a word of `size` bytes. */
export function fullMask(size: number): number {
  return 2 ** (8 * size) - 1;
}

export function not(of: Expression): Expression {
  if (of.op === 'constant') return of.value ? NEVER : ALWAYS;
  return of.op === 'not' ? of.of : { op: 'not', of };
}

export function and(...of: readonly Expression[]): Expression {
  return of.length === 1 ? of[0]! : { op: 'and', of };
}

export function or(...of: readonly Expression[]): Expression {
  return of.length === 1 ? of[0]! : { op: 'or', of };
}

/** `condition ? a : b`. */
export function choose(condition: Expression, a: Expression, b: Expression): Expression {
  return or(and(condition, a), and(not(condition), b));
}

/** The word of `size` bytes at `offset` is there and has, under `mask`, another value. */
export function differs(anchor: Anchor, offset: number, size: number, value: number, mask = fullMask(size)): Expression {
  const same = test(anchor, offset, size, value, value, mask);
  return same.op === 'test' ? { ...same, outside: true } : not(same);
}

/** The word of `size` bytes at `offset` is there and has, under `mask`, a value from `low` to `high`. */
export function test(anchor: Anchor, offset: number, size: number, low: number, high = low, mask = fullMask(size)): Expression {
  if (low > high || low > mask || high < 0) return NEVER;
  return { op: 'test', field: { anchor, offset, size: size as Field['size'] }, mask, low: Math.max(low, 0), high: Math.min(high, mask) };
}
