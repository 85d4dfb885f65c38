/** Which variables a loop assigns, and how. */
import ts from '../typescript.js';
import type { Scope } from './scope.js';
import type { Variable } from './value.js';

function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

/** Calls `visit` for each assignment to a name within `body`. */
export function forEachAssignment(body: ts.Node, visit: (target: ts.Identifier, node: ts.Node) => void): void {
  const walk = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && ts.isIdentifier(node.left) && isAssignment(node.operatorToken.kind)) visit(node.left, node);
    if ((ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) && ts.isIdentifier(node.operand)) {
      if (node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken) visit(node.operand, node);
    }
    ts.forEachChild(node, walk);
  };
  walk(body);
}

/** The variables of outer scopes that the loop assigns. */
export function assignedIn(node: ts.ForStatement, scope: Scope): Variable[] {
  const found = new Set<Variable>();
  const note = (target: ts.Identifier) => {
    const binding = scope.find(target.text);
    if (binding !== undefined && 'variable' in binding && !binding.variable.constant) found.add(binding.variable);
  };
  forEachAssignment(node.statement, note);
  if (node.incrementor !== undefined) forEachAssignment(node.incrementor, note);
  return [...found];
}

/**
 * Variables that the loop does nothing with but add to them, and not in a loop within: no condition says anything of them, so what one
 * round adds is what it adds in all.
 */
export function accumulatorsOf(node: ts.ForStatement, scope: Scope, course: { readonly variable: Variable }): ReadonlySet<Variable> {
  const added = new Map<string, Variable>();
  const targets = new Set<ts.Node>();
  const spoiled = new Set<string>();
  forEachAssignment(node.statement, (target, assignment) => {
    const binding = scope.find(target.text);
    if (binding === undefined || !('variable' in binding) || binding.variable === course.variable) return;
    const kind = ts.isBinaryExpression(assignment) ? assignment.operatorToken.kind : undefined;
    const adds = kind === undefined || kind === ts.SyntaxKind.PlusEqualsToken || kind === ts.SyntaxKind.MinusEqualsToken;
    if (!adds || isNestedLoop(assignment, node)) spoiled.add(target.text);
    added.set(target.text, binding.variable);
    targets.add(target);
  });
  const walk = (inner: ts.Node): void => {
    if (ts.isIdentifier(inner) && !targets.has(inner)) spoiled.add(inner.text);
    ts.forEachChild(inner, walk);
  };
  for (const part of [node.condition, node.incrementor, node.statement]) if (part !== undefined) walk(part);
  return new Set([...added].filter(([name]) => !spoiled.has(name)).map(([, variable]) => variable));
}

function isNestedLoop(inner: ts.Node, outer: ts.Node): boolean {
  for (let node = inner.parent; node !== outer; node = node.parent) if (ts.isForStatement(node) || ts.isForOfStatement(node)) return true;
  return false;
}
