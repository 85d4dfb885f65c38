/** Comparisons: what they are when the sides are known, and what each outcome says of the sides. */
import type ts from 'typescript';
import type { Condition } from './ir.js';
import { compare, type Lowering } from './lowering.js';
import { narrow } from './narrow.js';
import { MIRRORED, NEGATED, type Comparison } from './range.js';
import { constant, type BooleanValue, type Value } from './value.js';

export function comparison(lowering: Lowering, operator: Comparison, left: Value, right: Value, node: ts.BinaryExpression): Value {
  const nullTest = packetNullTest(lowering, operator, left, right, node);
  if (nullTest !== undefined) return nullTest;
  const x = lowering.constantOf(left);
  const y = lowering.constantOf(right);
  if (x !== undefined && y !== undefined) return constant(compareConstants(operator, x.value, y.value));
  if (left.kind === 'boolean' || right.kind === 'boolean') return booleanEquality(lowering, operator, left, right, node);
  const a = lowering.integer(left, node.left);
  const b = lowering.integer(right, node.right);
  const condition = compare(operator, a, b);
  return {
    kind: 'boolean',
    condition,
    refine(flow, truth) {
      const effective = truth ? operator : NEGATED[operator];
      narrow(flow, left, effective, b);
      narrow(flow, right, MIRRORED[effective], a);
    },
  };
}

function compareConstants(operator: Comparison, a: any, b: any): boolean {
  switch (operator) {
    case '===':
      return a === b;
    case '!==':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}

function packetNullTest(lowering: Lowering, operator: Comparison, left: Value, right: Value, at: ts.Node): Value | undefined {
  const packet = left.kind === 'packet' ? left.packet : right.kind === 'packet' ? right.packet : undefined;
  const other = left.kind === 'packet' ? right : left;
  if (packet === undefined || other.kind !== 'const' || (other.value !== null && other.value !== undefined)) return undefined;
  if (operator !== '===' && operator !== '!==') return undefined;
  const status = lowering.flow.statusOf(packet);
  if (status === 'gone' || status === 'disputed') lowering.owned(packet, at);
  const positive = operator === '===';
  if (status !== 'maybe') return constant((status === 'null') === positive);
  const condition: Condition = { op: 'is-null', packet };
  return {
    kind: 'boolean',
    condition: positive ? condition : { op: 'not', a: condition },
    refine(flow, truth) {
      // It says nothing of a packet that was passed on since.
      if (flow.statusOf(packet) === 'maybe') flow.setStatus(packet, truth === positive ? 'null' : 'owned');
    },
  };
}

function booleanEquality(lowering: Lowering, operator: Comparison, left: Value, right: Value, node: ts.BinaryExpression): Value {
  if (operator !== '===' && operator !== '!==') return lowering.refuse('WL2015', node, 'booleans are compared by === and !== only');
  const a = lowering.condition(left, node.left);
  const b = lowering.condition(right, node.right);
  const known = b.condition.op === 'boolean' ? [a, b.condition.value] as const : a.condition.op === 'boolean' ? [b, a.condition.value] as const : undefined;
  if (known !== undefined) return known[1] === (operator === '===') ? known[0] : negate(known[0]);
  const equal: Condition = {
    op: 'or',
    a: { op: 'and', a: a.condition, b: b.condition },
    b: { op: 'and', a: { op: 'not', a: a.condition }, b: { op: 'not', a: b.condition } },
  };
  return { kind: 'boolean', condition: operator === '===' ? equal : { op: 'not', a: equal } };
}

/** The opposite, and what it says when it holds. */
export function negate(value: BooleanValue): BooleanValue {
  const { condition, refine } = value;
  const negated: Condition = condition.op === 'boolean' ? { op: 'boolean', value: !condition.value } : { op: 'not', a: condition };
  return { kind: 'boolean', condition: negated, refine: refine && ((flow, truth) => refine(flow, !truth)) };
}
