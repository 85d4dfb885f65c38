/** Statements of the subset. */
import ts from '../typescript.js';
import { Flow } from './flow.js';
import { evaluate, syntaxName } from './expressions.js';
import { elementOf } from './members.js';
import type { ArithmeticOperator, BitwiseOperator } from './arithmetic.js';
import { member } from './members.js';
import { applyOperator } from './arithmetic.js';
import { headerMember, storeField } from './headers.js';
import { assignPacketMember } from './packet-members.js';
import { forLoop, forOfLoop } from './loops.js';
import { isSubsetCall, tailCall } from './calls.js';
import { Refusal, type Lowering } from './lowering.js';
import { hull } from './range.js';
import { Scope } from './scope.js';
import { switchStatement } from './switch.js';
import { constant, describe, type Value, type Variable } from './value.js';
import { destructure, bind, declaredRange } from './binding.js';

type Handler = (lowering: Lowering, scope: Scope, node: any) => void;

/** Lowers statements in order. A refused one is skipped; the rest are still looked at. */
export function executeAll(lowering: Lowering, scope: Scope, nodes: readonly ts.Statement[]): void {
  for (const node of nodes) {
    if (lowering.flow.dead) return;
    try {
      execute(lowering, scope, node);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (lowering.rehearsing) throw error;
      lowering.refusals += 1;
      bindRefused(scope, node);
    }
  }
}

export function execute(lowering: Lowering, scope: Scope, node: ts.Statement): void {
  const handler = HANDLERS[node.kind];
  if (handler !== undefined) return handler(lowering, scope, node);
  const hints: Partial<Record<ts.SyntaxKind, string>> = {
    [ts.SyntaxKind.WhileStatement]: 'Write a for loop with a bound: for (let i = 0; i < limit; i += 1) ...',
    [ts.SyntaxKind.DoStatement]: 'Write a for loop with a bound: for (let i = 0; i < limit; i += 1) ...',
    [ts.SyntaxKind.ThrowStatement]: "Return drop('reason') instead.",
    [ts.SyntaxKind.TryStatement]: 'Nothing throws on the packet path: a bad access drops the packet and is counted.',
  };
  lowering.refuse('WL2001', node, `${syntaxName(node)} is not in the packet-path subset`, hints[node.kind]);
}

/** Names that a refused declaration would have made: using them says nothing new. */
function bindRefused(scope: Scope, node: ts.Statement): void {
  if (!ts.isVariableStatement(node)) return;
  for (const { name } of node.declarationList.declarations) {
    if (ts.isIdentifier(name)) scope.declare(name.text, { value: { kind: 'refused' } });
    else for (const part of name.elements) {
      if (ts.isBindingElement(part) && ts.isIdentifier(part.name)) scope.declare(part.name.text, { value: { kind: 'refused' } });
    }
  }
}

const HANDLERS: Partial<Record<ts.SyntaxKind, Handler>> = {
  [ts.SyntaxKind.VariableStatement]: (lowering, scope, node: ts.VariableStatement) => declareAll(lowering, scope, node.declarationList),
  [ts.SyntaxKind.ExpressionStatement]: (lowering, scope, node: ts.ExpressionStatement) => expressionStatement(lowering, scope, node.expression),
  [ts.SyntaxKind.IfStatement]: ifStatement,
  [ts.SyntaxKind.Block]: (lowering, scope, node: ts.Block) => executeAll(lowering, new Scope(scope), node.statements),
  [ts.SyntaxKind.ReturnStatement]: returnStatement,
  [ts.SyntaxKind.ForStatement]: forLoop,
  [ts.SyntaxKind.ForOfStatement]: forOfLoop,
  [ts.SyntaxKind.BreakStatement]: (lowering, _scope, node: ts.BreakStatement) => leaveLoop(lowering, node, 'break'),
  [ts.SyntaxKind.ContinueStatement]: (lowering, _scope, node: ts.ContinueStatement) => leaveLoop(lowering, node, 'continue'),
  [ts.SyntaxKind.SwitchStatement]: switchStatement,
  [ts.SyntaxKind.EmptyStatement]: () => {},
  [ts.SyntaxKind.LabeledStatement]: (lowering, scope, node: ts.LabeledStatement) => execute(lowering, scope, node.statement),
  // Functions declared inside are found when they are called.
  [ts.SyntaxKind.FunctionDeclaration]: (_lowering, scope, node: ts.FunctionDeclaration) => {
    if (node.name !== undefined) scope.declare(node.name.text, { value: { kind: 'function', declaration: node, scope } });
  },
};

// ---- declarations ------------------------------------------------------------------------------------------

export function declareAll(lowering: Lowering, scope: Scope, list: ts.VariableDeclarationList): void {
  const isConstant = (list.flags & ts.NodeFlags.Const) !== 0;
  if (!isConstant && (list.flags & ts.NodeFlags.Let) === 0) {
    lowering.refuse('WL2001', list, 'var is not in the packet-path subset', 'Write const or let.');
  }
  for (const declaration of list.declarations) declare(lowering, scope, declaration, isConstant);
}

function declare(lowering: Lowering, scope: Scope, node: ts.VariableDeclaration, isConstant: boolean): void {
  if (node.initializer === undefined) {
    return lowering.refuse('WL2001', node, 'a variable needs a value when it is declared', 'Give it one: let name = 0;');
  }
  const value = evaluate(lowering, scope, node.initializer);
  if (!ts.isIdentifier(node.name)) return destructure(lowering, scope, node.name, value);
  bind(lowering, scope, node.name.text, value, isConstant, declaredRange(node.type), node);
}

// ---- expression statements -----------------------------------------------------------------------------------

const COMPOUND: Partial<Record<ts.SyntaxKind, ArithmeticOperator | BitwiseOperator>> = {
  [ts.SyntaxKind.PlusEqualsToken]: '+',
  [ts.SyntaxKind.MinusEqualsToken]: '-',
  [ts.SyntaxKind.AsteriskEqualsToken]: '*',
  [ts.SyntaxKind.PercentEqualsToken]: '%',
  [ts.SyntaxKind.AmpersandEqualsToken]: '&',
  [ts.SyntaxKind.BarEqualsToken]: '|',
  [ts.SyntaxKind.CaretEqualsToken]: '^',
  [ts.SyntaxKind.LessThanLessThanEqualsToken]: '<<',
  [ts.SyntaxKind.GreaterThanGreaterThanEqualsToken]: '>>',
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanEqualsToken]: '>>>',
};

export function expressionStatement(lowering: Lowering, scope: Scope, node: ts.Expression): void {
  if (ts.isParenthesizedExpression(node)) return expressionStatement(lowering, scope, node.expression);
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    if (kind === ts.SyntaxKind.EqualsToken) {
      return assign(lowering, scope, node.left, () => evaluate(lowering, scope, node.right), node);
    }
    const operator = COMPOUND[kind];
    if (operator !== undefined) {
      return update(lowering, scope, node.left, operator, () => evaluate(lowering, scope, node.right), node);
    }
    if (kind === ts.SyntaxKind.SlashEqualsToken) {
      return lowering.refuse('WL2005', node, 'a bare /= may give a fraction', 'Write x = Math.trunc(x / y).');
    }
  }
  if (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) {
    if (node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken) {
      const operator = node.operator === ts.SyntaxKind.PlusPlusToken ? '+' : '-';
      return update(lowering, scope, node.operand, operator, () => constant(1), node);
    }
  }
  evaluate(lowering, scope, node);
}

function update(
  lowering: Lowering,
  scope: Scope,
  target: ts.Expression,
  operator: ArithmeticOperator | BitwiseOperator,
  operand: () => Value,
  at: ts.Node,
): void {
  assign(lowering, scope, target, (current) => applyOperator(lowering, operator, current(), operand(), at), at);
}

/**
 * Assigns to a variable, a header field, a packet's property or state. `compute` may ask for the current
 * value; the parts of the target are evaluated once, before it, as JavaScript does.
 */
function assign(
  lowering: Lowering,
  scope: Scope,
  target: ts.Expression,
  compute: (current: () => Value) => Value,
  at: ts.Node,
): void {
  if (ts.isParenthesizedExpression(target) || ts.isNonNullExpression(target)) {
    return assign(lowering, scope, target.expression, compute, at);
  }
  if (ts.isIdentifier(target)) {
    const value = compute(() => evaluate(lowering, scope, target));
    return assignVariable(lowering, scope, target, value, at);
  }
  if (ts.isPropertyAccessExpression(target)) {
    const object = evaluate(lowering, scope, target.expression);
    const name = target.name.text;
    return assignMember(lowering, object, name, compute(() => member(lowering, object, name, target)), target);
  }
  if (ts.isElementAccessExpression(target)) {
    const object = evaluate(lowering, scope, target.expression);
    const index = evaluate(lowering, scope, target.argumentExpression);
    const value = compute(() => elementOf(lowering, object, index, target));
    if (object.kind === 'entity' && object.entity.assignElement(lowering, index, value, target)) return;
    return lowering.refuse('WL2015', target, `elements of ${describe(object)} cannot be assigned on the packet path`);
  }
  lowering.refuse('WL2001', target, 'this cannot be assigned to');
}

function assignVariable(lowering: Lowering, scope: Scope, target: ts.Identifier, value: Value, at: ts.Node): void {
  const binding = scope.find(target.text);
  if (binding === undefined) {
    return lowering.refuse('WL2002', target, `unknown name "${target.text}"`);
  }
  if ('value' in binding && binding.value.kind === 'refused') throw new Refusal();
  if (!('variable' in binding) || binding.variable.constant) {
    return lowering.refuse('WL2001', target, `"${target.text}" cannot be assigned: it is not a let variable`);
  }
  if (scope.isOutside(target.text)) {
    return lowering.refuse('WL2001', target, `"${target.text}" belongs to the function around this one, which may read it but not assign it`, 'Return the value, and assign it where the function is called.');
  }
  setVariable(lowering, binding.variable, value, at);
}

export function setVariable(lowering: Lowering, variable: Variable, value: Value, at: ts.Node): void {
  const { local, declared, name } = variable;
  if (local.type === 'boolean') {
    const { condition } = lowering.condition(value, at);
    lowering.add({ op: 'set-flag', local, value: condition }, at);
    const known = condition.op === 'boolean' ? Number(condition.value) : undefined;
    return lowering.flow.know(variable, known === undefined ? { low: 0, high: 1 } : { low: known, high: known });
  }
  const expression = lowering.integer(value, at);
  if (declared !== undefined) lowering.fits(expression, declared, name, at);
  local.range = hull(local.range, expression.range);
  lowering.add({ op: 'set', local, value: expression }, at);
  lowering.flow.know(variable, expression.range);
}

function assignMember(lowering: Lowering, object: Value, name: string, value: Value, at: ts.PropertyAccessExpression): void {
  if (object.kind === 'view') return storeField(lowering, object, headerMember(lowering, object, name, at), name, value, at);
  if (object.kind === 'packet') return assignPacketMember(lowering, object.packet, name, value, at);
  if (object.kind === 'entity' && object.entity.assignMember(lowering, name, value, at)) return;
  if (object.kind === 'refused') throw new Refusal();
  lowering.refuse('WL2015', at, `"${name}" of ${describe(object)} cannot be assigned`);
}

// ---- control -------------------------------------------------------------------------------------------------

function ifStatement(lowering: Lowering, scope: Scope, node: ts.IfStatement): void {
  const test = lowering.condition(evaluate(lowering, scope, node.expression), node.expression);
  const decided = lowering.constantOf(test);
  if (decided !== undefined) {
    const taken = decided.value === true ? node.thenStatement : node.elseStatement;
    if (taken !== undefined) executeAll(lowering, new Scope(scope), [taken]);
    return;
  }
  const before = lowering.flow;
  const side = (statement: ts.Statement | undefined, truth: boolean) => {
    lowering.flow = before.fork();
    test.refine?.(lowering.flow, truth);
    const steps = lowering.collect(() => {
      if (statement !== undefined) executeAll(lowering, new Scope(scope), [statement]);
    });
    return { steps, flow: lowering.flow };
  };
  const yes = side(node.thenStatement, true);
  const no = side(node.elseStatement, false);
  lowering.flow = Flow.join(yes.flow, no.flow);
  lowering.add({ op: 'if', condition: test.condition, then: yes.steps, otherwise: no.steps }, node.expression);
}

function returnStatement(lowering: Lowering, scope: Scope, node: ts.ReturnStatement): void {
  if (node.expression === undefined) return lowering.returnTarget.accept(lowering, undefined, node);
  returnExpression(lowering, scope, node.expression);
}

/** Returns what an expression comes to; conditions and calls in tail position keep their branches apart. */
export function returnExpression(lowering: Lowering, scope: Scope, node: ts.Expression): void {
  if (ts.isParenthesizedExpression(node)) return returnExpression(lowering, scope, node.expression);
  if (ts.isNonNullExpression(node)) return returnExpression(lowering, scope, node.expression);
  if (ts.isConditionalExpression(node)) {
    const test = lowering.condition(evaluate(lowering, scope, node.condition), node.condition);
    const decided = lowering.constantOf(test);
    if (decided !== undefined) return returnExpression(lowering, scope, decided.value === true ? node.whenTrue : node.whenFalse);
    const before = lowering.flow;
    const side = (expression: ts.Expression, truth: boolean) => {
      lowering.flow = before.fork();
      test.refine?.(lowering.flow, truth);
      return lowering.collect(() => {
        if (!lowering.flow.dead) returnExpression(lowering, scope, expression);
      });
    };
    const then = side(node.whenTrue, true);
    const otherwise = side(node.whenFalse, false);
    lowering.add({ op: 'if', condition: test.condition, then, otherwise }, node.condition);
    lowering.flow.dead = true;
    return;
  }
  if (ts.isCallExpression(node) && isSubsetCall(lowering, scope, node)) return tailCall(lowering, scope, node);
  lowering.returnTarget.accept(lowering, evaluate(lowering, scope, node), node);
}

function leaveLoop(lowering: Lowering, node: ts.BreakStatement | ts.ContinueStatement, how: 'break' | 'continue'): void {
  const name = node.label?.text;
  const target = lowering.loops.findLast(
    (loop) => (name === undefined || loop.name === name) && (how === 'break' || loop.continueLabel !== undefined),
  );
  if (target === undefined) return lowering.refuse('WL2001', node, `${how} outside a loop`);
  (how === 'break' ? target.breaks : target.continues).push(lowering.flow.fork());
  lowering.add({ op: 'leave', label: how === 'break' ? target.breakLabel : target.continueLabel! }, node);
  lowering.flow.dead = true;
}
