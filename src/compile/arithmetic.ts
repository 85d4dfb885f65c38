/** Integers in the IR: operators with the ranges of what they give. */
import type ts from 'typescript';
import type { Expression } from './ir.js';
import type { Lowering } from './lowering.js';
import { summandsOf } from './narrow.js';
import { ARITHMETIC, BITWISE, contains, INT32, UINT32 } from './range.js';
import { number, type IntegerValue, type Value } from './value.js';

export type ArithmeticOperator = '+' | '-' | '*' | '%';
export type BitwiseOperator = '&' | '|' | '^' | '<<' | '>>' | '>>>';

export function integer(expression: Expression): IntegerValue {
  return { kind: 'integer', expression };
}

/** `left operator right` on integers (constants of other types are computed as JavaScript does). */
export function applyOperator(
  lowering: Lowering,
  operator: ArithmeticOperator | BitwiseOperator,
  left: Value,
  right: Value,
  node: ts.Node,
): Value {
  const a = lowering.integer(left, node);
  const b = lowering.integer(right, node);
  switch (operator) {
    case '+':
      return { ...arithmetic(lowering, operator, a, b, node), summands: [...summandsOf(left, b.range), ...summandsOf(right, a.range)] };
    case '-':
    case '*':
      return arithmetic(lowering, operator, a, b, node);
    case '%':
      nonZero(lowering, b, node);
      return arithmetic(lowering, operator, a, b, node);
    default:
      return bitwise(lowering, operator, a, b, node);
  }
}

export function nonZero(lowering: Lowering, divisor: Expression, node: ts.Node): void {
  if (divisor.range.low > 0 || divisor.range.high < 0) return;
  lowering.refuse('WL2012', node, `the divisor may be 0 (it is ${divisor.range.low}..${divisor.range.high})`, 'Check it first: if (divisor !== 0) ...');
}

export function arithmetic(lowering: Lowering, operator: '+' | '-' | '*' | '/' | '%', a: Expression, b: Expression, at: ts.Node): IntegerValue {
  const range = ARITHMETIC[operator](a.range, b.range);
  lowering.exact(range, at);
  if (range.low === range.high) return integer(number(range.low));
  if (b.op === 'number' && b.value === 0 && (operator === '+' || operator === '-')) return integer(a);
  return integer({ op: 'arithmetic', operator, a, b, range });
}

export function bitwise(lowering: Lowering, operator: BitwiseOperator, a: Expression, b: Expression, at: ts.Node): IntegerValue {
  if (operator === '<<' || operator === '>>' || operator === '>>>') {
    if (b.range.low < 0 || b.range.high > 31) {
      lowering.refuse('WL2011', at, `the shift count may be ${b.range.low}..${b.range.high}, outside 0..31`, 'Mask it: count & 31.');
    }
  }
  const range = BITWISE[operator](a.range, b.range);
  if (range.low === range.high) return integer(number(range.low));
  if (operator === '>>>' && b.op === 'number' && b.value === 0 && contains(UINT32, a.range)) return integer(a);
  if (operator === '|' && b.op === 'number' && b.value === 0 && contains(INT32, a.range)) return integer(a);
  return integer({ op: 'bitwise', operator, a, b, range });
}
