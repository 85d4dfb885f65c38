/** Expressions of the subset: one function per kind of syntax, found by table. */
import ts from '../typescript.js';
import { hull, type Comparison } from './range.js';
import type { Condition, Expression } from './ir.js';
import type { Lowering } from './lowering.js';
import { call, resolveName } from './calls.js';
import { Flow } from './flow.js';
import type { Scope } from './scope.js';
import { withoutMarks } from './settled.js';
import { constant, number, type BooleanValue, type Value } from './value.js';
import { arithmetic, bitwise, applyOperator, type ArithmeticOperator, type BitwiseOperator, integer } from './arithmetic.js';
import { elementOf, member } from './members.js';
import { comparison, negate } from './comparison.js';

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

/**
 * Evaluates operands or arguments in their order: what one of them does, does not change the values of those before it.
 * No expression assigns to variables, but functions that it calls may mark headers.
 */
export function evaluateInOrder(lowering: Lowering, scope: Scope, nodes: readonly ts.Expression[]): Value[] {
  const values: Value[] = [];
  for (const node of nodes) {
    let value!: Value;
    const effects = lowering.collect(() => (value = evaluate(lowering, scope, node)));
    if (effects.length > 0) values.forEach((before, index) => (values[index] = withoutMarks(lowering, before, node)));
    lowering.append(effects);
    values.push(value);
  }
  return values;
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

function element(lowering: Lowering, scope: Scope, node: ts.ElementAccessExpression): Value {
  const object = evaluate(lowering, scope, node.expression);
  const index = evaluate(lowering, scope, node.argumentExpression);
  return elementOf(lowering, object, index, node);
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

const COMPARISONS: Partial<Record<ts.SyntaxKind, Comparison>> = {
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: '===',
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: '!==',
  [ts.SyntaxKind.LessThanToken]: '<',
  [ts.SyntaxKind.LessThanEqualsToken]: '<=',
  [ts.SyntaxKind.GreaterThanToken]: '>',
  [ts.SyntaxKind.GreaterThanEqualsToken]: '>=',
};

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
  const compared = COMPARISONS[kind];
  if (compared !== undefined) return comparison(lowering, compared, left, right, node);
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

