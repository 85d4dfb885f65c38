/** Names of the subset that are given values: declarations, patterns and parameters. */
import { integerTypes } from '../kit/integers.js';
import ts from '../typescript.js';
import type { Lowering } from './lowering.js';
import { member } from './members.js';
import type { Range } from './range.js';
import type { Scope } from './scope.js';
import { settled } from './settled.js';
import { type Value, type Variable, describe, type BooleanValue } from './value.js';

/** Binds a pattern such as `{ config, state: { hosts } }` to the members of a value. */
export function destructure(lowering: Lowering, scope: Scope, pattern: ts.BindingPattern, value: Value): void {
  if (!ts.isObjectBindingPattern(pattern)) {
    return lowering.refuse('WL2001', pattern, 'array patterns are not in the packet-path subset');
  }
  for (const part of pattern.elements) {
    if (part.dotDotDotToken !== undefined || part.initializer !== undefined) {
      lowering.refuse('WL2001', part, 'rest and default values are not allowed in patterns of the packet path');
    }
    const key = part.propertyName ?? part.name;
    if (!ts.isIdentifier(key)) return lowering.refuse('WL2001', part, 'this pattern is not in the packet-path subset');
    const found = member(lowering, value, key.text, part);
    if (ts.isIdentifier(part.name)) bind(lowering, scope, part.name.text, found, true, undefined, part);
    else destructure(lowering, scope, part.name, found);
  }
}

/** Makes `name` stand for `value`; integers and booleans get a variable of their own. */
export function bind(
  lowering: Lowering,
  scope: Scope,
  name: string,
  value: Value,
  isConstant: boolean,
  declared: Range | undefined,
  at: ts.Node,
): void {
  if (value.kind === 'pick' && value.array.every((item) => typeof item === 'number')) {
    value = { kind: 'integer', expression: lowering.integer(value, at) };
  }
  if (value.kind === 'integer' || (value.kind === 'const' && typeof value.value === 'number' && !isConstant)) {
    const expression = lowering.integer(value, at);
    if (declared !== undefined) lowering.fits(expression, declared, name, at);
    // A constant name for a constant variable is that variable: what conditions say of one holds for both.
    if (isConstant && value.kind === 'integer' && value.variable?.constant) {
      return scope.declare(name, { variable: value.variable });
    }
    const local = lowering.newLocal(name, expression.range);
    local.varies = !isConstant;
    const variable: Variable = { name, local, declared, constant: isConstant };
    lowering.add({ op: 'set', local, value: expression }, at);
    lowering.flow.know(variable, expression.range);
    return scope.declare(name, { variable });
  }
  if (value.kind === 'boolean' || (value.kind === 'const' && typeof value.value === 'boolean' && !isConstant)) {
    return bindBoolean(lowering, scope, name, value, isConstant, at);
  }
  if (!isConstant) {
    return lowering.refuse('WL2001', at, `let holds integers and booleans only, not ${describe(value)}`, 'Write const.');
  }
  if (value.kind === 'const' && typeof value.value === 'number' && declared !== undefined) {
    lowering.fits(lowering.integer(value, at), declared, name, at);
  }
  scope.declare(name, value.kind === 'packet' ? { packet: value.packet } : { value: settled(lowering, value, at) });
}

export function bindBoolean(lowering: Lowering, scope: Scope, name: string, value: Value, isConstant: boolean, at: ts.Node): void {
  const { condition, refine } = lowering.condition(value, at);
  const local = lowering.newFlag(name);
  local.varies = !isConstant;
  lowering.add({ op: 'set-flag', local, value: condition }, at);
  // A constant boolean still says what the condition said about other constants.
  const recalled: BooleanValue['refine'] = refine && ((flow, truth) => flow.recall(() => refine(flow, truth)));
  if (isConstant) return scope.declare(name, { value: { kind: 'boolean', condition: { op: 'flag', local }, refine: recalled } });
  const variable: Variable = { name, local, constant: false };
  const known = condition.op === 'boolean' ? Number(condition.value) : undefined;
  lowering.flow.know(variable, known === undefined ? { low: 0, high: 1 } : { low: known, high: known });
  scope.declare(name, { variable });
}

/** The range that a type annotation such as `: u16` promises. */
export function declaredRange(type: ts.TypeNode | undefined): Range | undefined {
  if (type === undefined || !ts.isTypeReferenceNode(type) || !ts.isIdentifier(type.typeName)) return undefined;
  return integerTypes[type.typeName.text];
}
