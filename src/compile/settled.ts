/**
 * Values that stay what they are. An expression of C says what a value is while the variables in it have the values that
 * they had; a name, an argument or an operand keeps its value when they are given others, as JavaScript's does.
 */
import type ts from 'typescript';
import type { Condition, Expression, Local } from './ir.js';
import type { Lowering } from './lowering.js';
import type { Value } from './value.js';

/** What an expression depends on: a variable, or whether a header of a packet is marked. */
type Leaf = Local | 'mark';

const mayChange = (leaf: Leaf): boolean => leaf === 'mark' || leaf.varies === true;
const isMark = (leaf: Leaf): boolean => leaf === 'mark';

/** The value, which later assignments do not change; of one that is no number or boolean. */
export function settled(lowering: Lowering, value: Value, at: ts.Node): Value {
  switch (value.kind) {
    case 'pick':
      return { ...value, index: settledIndex(lowering, value.index, at) };
    case 'verdict':
      return value.to?.kind === 'any-output' ? { ...value, to: { ...value.to, index: settledIndex(lowering, value.to.index, at) } } : value;
    case 'entity':
      return { kind: 'entity', entity: value.entity.settled(lowering, at) };
    default:
      return value;
  }
}

export function settledIndex(lowering: Lowering, index: Expression, at: ts.Node): Expression {
  return dependsOn(index, mayChange) ? lowering.materialize(index, 'index', at) : index;
}

/** A value as it is before something marks headers. */
export function withoutMarks(lowering: Lowering, value: Value, at: ts.Node): Value {
  if (value.kind === 'integer' && dependsOn(value.expression, isMark)) {
    return { kind: 'integer', expression: lowering.materialize(value.expression, 'before', at) };
  }
  if (value.kind !== 'boolean' || !conditionDependsOn(value.condition, isMark)) return value;
  const { local, value: flag } = lowering.flagResult('before');
  lowering.add({ op: 'set-flag', local, value: value.condition }, at);
  return flag;
}

function dependsOn(expression: Expression, found: (leaf: Leaf) => boolean): boolean {
  switch (expression.op) {
    case 'number':
    // Where packets begin and end is looked at when it is asked for, and kept in a variable.
    case 'distance':
      return false;
    case 'local':
      return found(expression.local);
    case 'arithmetic':
    case 'bitwise':
      return dependsOn(expression.a, found) || dependsOn(expression.b, found);
    case 'function':
      return expression.arguments.some((part) => dependsOn(part, found));
    case 'select':
      return conditionDependsOn(expression.condition, found) || dependsOn(expression.a, found) || dependsOn(expression.b, found);
    case 'constant':
      return dependsOn(expression.index, found);
  }
}

function conditionDependsOn(condition: Condition, found: (leaf: Leaf) => boolean): boolean {
  switch (condition.op) {
    case 'boolean':
    case 'is-null':
      return false;
    case 'flag':
      return found(condition.local);
    case 'compare':
      return dependsOn(condition.a, found) || dependsOn(condition.b, found);
    case 'and':
    case 'or':
      return conditionDependsOn(condition.a, found) || conditionDependsOn(condition.b, found);
    case 'not':
      return conditionDependsOn(condition.a, found);
    case 'marked':
      return found('mark');
  }
}
