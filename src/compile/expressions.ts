/** Expressions of the subset: one function per kind of syntax, found by table. */
import ts from '../typescript.js';
import { contains, hull, ARITHMETIC, BITWISE, INT32, MIRRORED, NEGATED, UINT32, type Comparison } from './range.js';
import type { Condition, Expression } from './ir.js';
import { compare, Refusal, type Lowering } from './lowering.js';
import { call, resolveName } from './calls.js';
import { headerMember, loadField } from './headers.js';
import { packetMember } from './packet-members.js';
import { Flow } from './flow.js';
import { narrow, summandsOf } from './narrow.js';
import { suggestion } from '../suggest.js';
import type { Scope } from './scope.js';
import { evaluateInOrder } from './settled.js';
import { constant, describe, number, type BooleanValue, type IntegerValue, type PickValue, type Value } from './value.js';

type Handler = (lowering: Lowering, scope: Scope, node: any) => Value;

/** What `node` comes to; its effects are added to the lowering in JavaScript's order. */
export function evaluate(lowering: Lowering, scope: Scope, node: ts.Expression): Value {
  const handler = HANDLERS[node.kind];
  if (handler === undefined) {
    return lowering.refuse(
      'WL2001',
      node,
      `${syntaxName(node)} is not in the packet-path subset`,
      'Compute it in build, where all of TypeScript is allowed, or see docs/element-language.md.',
    );
  }
  return handler(lowering, scope, node);
}

/** The kind of syntax in plain words: `PropertyAccessExpression` becomes `property access expression`. */
export function syntaxName(node: ts.Node): string {
  return ts.SyntaxKind[node.kind].replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}

const HANDLERS: Partial<Record<ts.SyntaxKind, Handler>> = {
  [ts.SyntaxKind.NumericLiteral]: (_lowering, _scope, node: ts.NumericLiteral) => constant(Number(node.text.replaceAll('_', ''))),
  [ts.SyntaxKind.StringLiteral]: (_lowering, _scope, node: ts.StringLiteral) => constant(node.text),
  [ts.SyntaxKind.NoSubstitutionTemplateLiteral]: (_lowering, _scope, node: ts.NoSubstitutionTemplateLiteral) => constant(node.text),
  [ts.SyntaxKind.TrueKeyword]: () => constant(true),
  [ts.SyntaxKind.FalseKeyword]: () => constant(false),
  [ts.SyntaxKind.NullKeyword]: () => constant(null),
  [ts.SyntaxKind.Identifier]: identifier,
  [ts.SyntaxKind.ParenthesizedExpression]: (lowering, scope, node: ts.ParenthesizedExpression) => evaluate(lowering, scope, node.expression),
  [ts.SyntaxKind.NonNullExpression]: (lowering, scope, node: ts.NonNullExpression) => evaluate(lowering, scope, node.expression),
  [ts.SyntaxKind.AsExpression]: (lowering, scope, node: ts.AsExpression) => evaluate(lowering, scope, node.expression),
  [ts.SyntaxKind.SatisfiesExpression]: (lowering, scope, node: ts.SatisfiesExpression) => evaluate(lowering, scope, node.expression),
  [ts.SyntaxKind.PropertyAccessExpression]: property,
  [ts.SyntaxKind.ElementAccessExpression]: element,
  [ts.SyntaxKind.CallExpression]: (lowering, scope, node: ts.CallExpression) => call(lowering, scope, node),
  [ts.SyntaxKind.PrefixUnaryExpression]: prefix,
  [ts.SyntaxKind.BinaryExpression]: binary,
  [ts.SyntaxKind.ConditionalExpression]: conditional,
  [ts.SyntaxKind.ArrayLiteralExpression]: arrayLiteral,
  [ts.SyntaxKind.ObjectLiteralExpression]: objectLiteral,
};

function identifier(lowering: Lowering, scope: Scope, node: ts.Identifier): Value {
  if (node.text === 'undefined') return constant(undefined);
  const binding = scope.find(node.text);
  if (binding === undefined) return resolveName(lowering, scope, node);
  if ('value' in binding) return binding.value;
  if ('packet' in binding) return { kind: 'packet', packet: binding.packet };
  const { variable } = binding;
  if (variable.local.type === 'boolean') return flagOf(lowering, variable);
  const known = lowering.flow.rangeOf(variable);
  if (known.low === known.high) return { kind: 'integer', expression: number(known.low), variable };
  return { kind: 'integer', expression: { op: 'local', local: variable.local, range: known }, variable };
}

function flagOf(lowering: Lowering, variable: import('./value.js').Variable): Value {
  const known = lowering.flow.rangeOf(variable);
  if (known.low === known.high) return constant(known.low === 1);
  return {
    kind: 'boolean',
    condition: { op: 'flag', local: variable.local },
    refine: (flow, truth) => flow.narrow(variable, { low: Number(truth), high: Number(truth) }),
  };
}

// ---- members ---------------------------------------------------------------------------------------------

function property(lowering: Lowering, scope: Scope, node: ts.PropertyAccessExpression): Value {
  const object = evaluate(lowering, scope, node.expression);
  return member(lowering, object, node.name.text, node);
}

/** Member `name` of a value. */
export function member(lowering: Lowering, object: Value, name: string, at: ts.Node): Value {
  switch (object.kind) {
    case 'const':
      return constantMember(lowering, object.value, name, at);
    case 'entity': {
      const found = object.entity.member(lowering, name, at);
      if (found !== undefined) return found;
      return lowering.refuse('WL2002', at, `${object.entity.title} has no member "${name}"`, suggestion(name, object.entity.names()));
    }
    case 'view': {
      const field = headerMember(lowering, object, name, at);
      return loadField(lowering, object, field, name, at);
    }
    case 'packet':
      return packetMember(lowering, object.packet, name, at);
    case 'pick':
      return pickedMember(lowering, object, name, at);
    case 'refused':
      throw new Refusal();
    default:
      return lowering.refuse('WL2002', at, `${describe(object)} has no member "${name}"`);
  }
}

function constantMember(lowering: Lowering, object: unknown, name: string, at: ts.Node): Value {
  if (object === null || object === undefined) {
    return lowering.refuse('WL2002', at, `"${name}" of ${String(object)}: the value is absent in this configuration`);
  }
  const holder = Object(object) as Record<string, unknown>;
  if (name in holder) return constant(holder[name]);
  return lowering.refuse('WL2002', at, `the constant has no member "${name}"`, suggestion(name, Object.keys(holder)));
}

/** `array[i].name`: an array of the members. */
function pickedMember(lowering: Lowering, pick: PickValue, name: string, at: ts.Node): Value {
  const members = pick.array.map((item) =>
    typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[name] : undefined,
  );
  if (members.some((item) => item === undefined)) {
    return lowering.refuse('WL2002', at, `not every element of the array has a member "${name}"`);
  }
  return { kind: 'pick', array: members, index: pick.index };
}

function element(lowering: Lowering, scope: Scope, node: ts.ElementAccessExpression): Value {
  const object = evaluate(lowering, scope, node.expression);
  const index = evaluate(lowering, scope, node.argumentExpression);
  return elementOf(lowering, object, index, node);
}

export function elementOf(lowering: Lowering, object: Value, index: Value, at: ts.ElementAccessExpression): Value {
  if (object.kind === 'refused' || index.kind === 'refused') throw new Refusal();
  if (object.kind === 'entity') {
    const found = object.entity.element(lowering, index, at);
    if (found !== undefined) return found;
  }
  if (object.kind === 'const') return constantElement(lowering, object.value, index, at);
  if (object.kind === 'pick') {
    const exact = lowering.constantOf(index);
    if (exact !== undefined) {
      const members = object.array.map((item) => (item as Record<number, unknown>)[exact.value as number]);
      if (members.every((item) => item !== undefined)) return { kind: 'pick', array: members, index: object.index };
    }
    return lowering.refuse('WL2007', at, 'an array of arrays is indexed by two variables', 'Flatten it in build: one array, index = row * columns + column.');
  }
  return lowering.refuse('WL2015', at, `${describe(object)} cannot be indexed`);
}

function constantElement(lowering: Lowering, object: unknown, index: Value, at: ts.ElementAccessExpression): Value {
  const exact = lowering.constantOf(index);
  if (exact !== undefined) {
    if (typeof exact.value === 'string') return constantMember(lowering, object, exact.value, at);
    const found = (object as Record<number, unknown>)[exact.value as number];
    if (found === undefined) {
      return lowering.refuse('WL2007', at, `index ${String(exact.value)} is outside the array`);
    }
    return constant(found);
  }
  if (!Array.isArray(object) && !ArrayBuffer.isView(object)) {
    return lowering.refuse('WL2015', at, 'only arrays can be indexed by a variable');
  }
  const array = object as unknown as readonly unknown[];
  const position = lowering.integer(index, at.argumentExpression, 'an integer index');
  proveIndex(lowering, position, array.length, at);
  return { kind: 'pick', array: Array.isArray(array) ? array : Array.from(array as ArrayLike<number>), index: position };
}

/** Refuses an index that is not proved to be inside. */
export function proveIndex(lowering: Lowering, index: Expression, length: number, at: ts.ElementAccessExpression): void {
  if (index.range.low >= 0 && index.range.high < length) return;
  lowering.refuse(
    'WL2007',
    at.argumentExpression,
    `index ${index.range.low}..${index.range.high} may be outside 0..${length - 1}`,
    `Check it first: if (index < ${length}) ... (and >= 0 where it may be negative).`,
  );
}

// ---- operators ---------------------------------------------------------------------------------------------

function prefix(lowering: Lowering, scope: Scope, node: ts.PrefixUnaryExpression): Value {
  const operand = evaluate(lowering, scope, node.operand);
  switch (node.operator) {
    case ts.SyntaxKind.ExclamationToken:
      return negate(lowering.condition(operand, node.operand));
    case ts.SyntaxKind.MinusToken:
      return arithmetic(lowering, '-', number(0), lowering.integer(operand, node.operand), node);
    case ts.SyntaxKind.PlusToken:
      return integer(lowering.integer(operand, node.operand));
    case ts.SyntaxKind.TildeToken:
      return bitwise(lowering, '^', lowering.integer(operand, node.operand), number(-1), node);
    default:
      return lowering.refuse('WL2001', node, '++ and -- are statements in the packet-path subset, not values');
  }
}

function negate(value: BooleanValue): BooleanValue {
  const { condition, refine } = value;
  const negated: Condition = condition.op === 'boolean' ? { op: 'boolean', value: !condition.value } : { op: 'not', a: condition };
  return { kind: 'boolean', condition: negated, refine: refine && ((flow, truth) => refine(flow, !truth)) };
}

export function integer(expression: Expression): IntegerValue {
  return { kind: 'integer', expression };
}

const COMPARISONS: Partial<Record<ts.SyntaxKind, Comparison>> = {
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: '===',
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: '!==',
  [ts.SyntaxKind.LessThanToken]: '<',
  [ts.SyntaxKind.LessThanEqualsToken]: '<=',
  [ts.SyntaxKind.GreaterThanToken]: '>',
  [ts.SyntaxKind.GreaterThanEqualsToken]: '>=',
};

export type ArithmeticOperator = '+' | '-' | '*' | '%';
export type BitwiseOperator = '&' | '|' | '^' | '<<' | '>>' | '>>>';

const OPERATORS: Partial<Record<ts.SyntaxKind, ArithmeticOperator | BitwiseOperator>> = {
  [ts.SyntaxKind.PlusToken]: '+',
  [ts.SyntaxKind.MinusToken]: '-',
  [ts.SyntaxKind.AsteriskToken]: '*',
  [ts.SyntaxKind.PercentToken]: '%',
  [ts.SyntaxKind.AmpersandToken]: '&',
  [ts.SyntaxKind.BarToken]: '|',
  [ts.SyntaxKind.CaretToken]: '^',
  [ts.SyntaxKind.LessThanLessThanToken]: '<<',
  [ts.SyntaxKind.GreaterThanGreaterThanToken]: '>>',
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken]: '>>>',
};

function binary(lowering: Lowering, scope: Scope, node: ts.BinaryExpression): Value {
  const { kind } = node.operatorToken;
  if (kind === ts.SyntaxKind.AmpersandAmpersandToken || kind === ts.SyntaxKind.BarBarToken) {
    return logical(lowering, scope, node, kind === ts.SyntaxKind.AmpersandAmpersandToken);
  }
  if (kind === ts.SyntaxKind.QuestionQuestionToken) {
    const left = lowering.constantOf(evaluate(lowering, scope, node.left));
    if (left === undefined) return lowering.refuse('WL2001', node, '?? needs a constant on its left');
    return left.value === null || left.value === undefined ? evaluate(lowering, scope, node.right) : constant(left.value);
  }
  const [left, right] = evaluateInOrder(lowering, scope, [node.left, node.right]) as [Value, Value];
  const comparison = COMPARISONS[kind];
  if (comparison !== undefined) return comparison_(lowering, comparison, left, right, node);
  const operator = OPERATORS[kind];
  if (operator !== undefined) return applyOperator(lowering, operator, left, right, node);
  return refuseOperator(lowering, node);
}

function refuseOperator(lowering: Lowering, node: ts.BinaryExpression): never {
  switch (node.operatorToken.kind) {
    case ts.SyntaxKind.SlashToken:
      return lowering.refuse('WL2005', node, 'a bare / may give a fraction', 'Write Math.trunc(a / b).');
    case ts.SyntaxKind.EqualsEqualsToken:
    case ts.SyntaxKind.ExclamationEqualsToken:
      return lowering.refuse('WL2001', node, '== and != convert their operands', 'Write === or !==.');
    case ts.SyntaxKind.EqualsToken:
      return lowering.refuse('WL2001', node, 'an assignment is a statement in the packet-path subset, not a value');
    default:
      return lowering.refuse('WL2001', node, `operator ${node.operatorToken.getText()} is not in the packet-path subset`);
  }
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

function comparison_(lowering: Lowering, operator: Comparison, left: Value, right: Value, node: ts.BinaryExpression): Value {
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

/** `a && b` and `a || b`: the right side is only evaluated where JavaScript would. */
function logical(lowering: Lowering, scope: Scope, node: ts.BinaryExpression, and: boolean): Value {
  const left = lowering.condition(evaluate(lowering, scope, node.left), node.left);
  const decided = lowering.constantOf(left);
  if (decided !== undefined) return decided.value === and ? evaluate(lowering, scope, node.right) : constant(!and);
  const before = lowering.flow;
  const taken = before.fork();
  left.refine?.(taken, and);
  if (taken.dead) return constant(!and);
  lowering.flow = taken;
  let right!: BooleanValue;
  const steps = lowering.collect(() => {
    right = lowering.condition(evaluate(lowering, scope, node.right), node.right);
  });
  const skipped = before.fork();
  left.refine?.(skipped, !and);
  lowering.flow = Flow.join(lowering.flow, skipped);
  const refine = (flow: Flow, truth: boolean): void => {
    // Both sides are known only where the result says that both were looked at.
    if (truth !== and) return;
    left.refine?.(flow, and);
    right.refine?.(flow, and);
  };
  if (steps.length === 0) {
    const op = and ? ('and' as const) : ('or' as const);
    const decidedRight = lowering.constantOf(right);
    if (decidedRight?.value === and) return { kind: 'boolean', condition: left.condition, refine };
    return { kind: 'boolean', condition: { op, a: left.condition, b: right.condition }, refine };
  }
  const { local } = lowering.flagResult('both');
  lowering.add({ op: 'set-flag', local, value: { op: 'boolean', value: !and } }, node);
  const assign = lowering.collect(() => lowering.add({ op: 'set-flag', local, value: right.condition }, node));
  const guard: Condition = and ? left.condition : { op: 'not', a: left.condition };
  lowering.add({ op: 'if', condition: guard, then: [...steps, ...assign], otherwise: [] }, node);
  return { kind: 'boolean', condition: { op: 'flag', local }, refine };
}

function conditional(lowering: Lowering, scope: Scope, node: ts.ConditionalExpression): Value {
  const test = lowering.condition(evaluate(lowering, scope, node.condition), node.condition);
  const decided = lowering.constantOf(test);
  if (decided !== undefined) return evaluate(lowering, scope, decided.value === true ? node.whenTrue : node.whenFalse);
  const before = lowering.flow;
  const whenTrue = before.fork();
  const whenFalse = before.fork();
  test.refine?.(whenTrue, true);
  test.refine?.(whenFalse, false);
  if (whenTrue.dead || whenFalse.dead) return evaluate(lowering, scope, whenTrue.dead ? node.whenFalse : node.whenTrue);
  const side = (expression: ts.Expression, flow: Flow) => {
    lowering.flow = flow;
    let value!: Value;
    const steps = lowering.collect(() => (value = evaluate(lowering, scope, expression)));
    return { value, steps, flow: lowering.flow };
  };
  const yes = side(node.whenTrue, whenTrue);
  const no = side(node.whenFalse, whenFalse);
  lowering.flow = Flow.join(yes.flow, no.flow);
  return bothSides(lowering, node, test, yes, no);
}

interface Side {
  readonly value: Value;
  readonly steps: readonly import('./ir.js').Statement[];
}

/** Joins the two sides of a conditional expression into one value. */
function bothSides(lowering: Lowering, node: ts.ConditionalExpression, test: BooleanValue, yes: Side, no: Side): Value {
  if (isBoolean(yes.value) || isBoolean(no.value)) {
    const a = lowering.condition(yes.value, node.whenTrue).condition;
    const b = lowering.condition(no.value, node.whenFalse).condition;
    const { local, value } = lowering.flagResult('either');
    const set = (chosen: Condition) => lowering.collect(() => lowering.add({ op: 'set-flag', local, value: chosen }, node));
    lowering.add({ op: 'if', condition: test.condition, then: [...yes.steps, ...set(a)], otherwise: [...no.steps, ...set(b)] }, node);
    return value;
  }
  const a = lowering.integer(yes.value, node.whenTrue);
  const b = lowering.integer(no.value, node.whenFalse);
  const range = hull(a.range, b.range);
  if (yes.steps.length === 0 && no.steps.length === 0) {
    return integer({ op: 'select', condition: test.condition, a, b, range });
  }
  const { local, value } = lowering.result('either', range);
  const set = (chosen: Expression) => lowering.collect(() => lowering.add({ op: 'set', local, value: chosen }, node));
  lowering.add({ op: 'if', condition: test.condition, then: [...yes.steps, ...set(a)], otherwise: [...no.steps, ...set(b)] }, node);
  return value;
}

function isBoolean(value: Value): boolean {
  return value.kind === 'boolean' || (value.kind === 'const' && typeof value.value === 'boolean');
}

// ---- constants written in place -------------------------------------------------------------------------

function arrayLiteral(lowering: Lowering, scope: Scope, node: ts.ArrayLiteralExpression): Value {
  return constant(node.elements.map((item) => constantOnly(lowering, evaluate(lowering, scope, item), item)));
}

function objectLiteral(lowering: Lowering, scope: Scope, node: ts.ObjectLiteralExpression): Value {
  const object: Record<string, unknown> = {};
  for (const entry of node.properties) {
    if (ts.isPropertyAssignment(entry) && (ts.isIdentifier(entry.name) || ts.isStringLiteral(entry.name) || ts.isNumericLiteral(entry.name))) {
      object[entry.name.text] = constantOnly(lowering, evaluate(lowering, scope, entry.initializer), entry);
    } else if (ts.isShorthandPropertyAssignment(entry)) {
      object[entry.name.text] = constantOnly(lowering, evaluate(lowering, scope, entry.name), entry);
    } else {
      return lowering.refuse('WL2001', entry, `${syntaxName(entry)} is not in the packet-path subset`);
    }
  }
  return constant(object);
}

function constantOnly(lowering: Lowering, value: Value, at: ts.Node): unknown {
  const exact = lowering.constantOf(value);
  if (exact !== undefined) return exact.value;
  return lowering.refuse('WL2001', at, 'arrays and objects of the packet path hold constants only', 'Keep variables in locals or in state.');
}

