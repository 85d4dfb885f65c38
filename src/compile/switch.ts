/** `switch` on an integer. */
import ts from '../typescript.js';
import { evaluate } from './expressions.js';
import { Flow } from './flow.js';
import type { Condition } from './ir.js';
import type { Lowering } from './lowering.js';
import { Scope } from './scope.js';
import { executeAll } from './statements.js';
import { constant, type Value } from './value.js';

/** `switch` on an integer: a chain of comparisons; every clause must end itself (no falling through). */
export function switchStatement(lowering: Lowering, scope: Scope, node: ts.SwitchStatement): void {
  const subject = evaluate(lowering, scope, node.expression);
  const label = lowering.newLabel();
  const breaks: Flow[] = [];
  const { clauses } = node.caseBlock;
  const body = lowering.collect(() => {
    lowering.loops.push({ name: undefined, breakLabel: label, continueLabel: undefined, breaks, continues: [] });
    try {
      let labels: ts.Expression[] = [];
      let fallback: ts.DefaultClause | undefined;
      for (const clause of clauses) {
        if (ts.isDefaultClause(clause)) {
          if (labels.length > 0) lowering.refuse('WL2001', clause, 'a case must not fall through into default');
          fallback = clause;
          continue;
        }
        labels.push(clause.expression);
        if (clause.statements.length === 0 && clause !== clauses.at(-1)) continue;
        switchClause(lowering, scope, subject, labels, clause, label, breaks, node);
        labels = [];
        if (lowering.flow.dead) break;
      }
      if (fallback !== undefined && !lowering.flow.dead) defaultClause(lowering, scope, fallback, node);
    } finally {
      lowering.loops.pop();
    }
  });
  lowering.flow = breaks.reduce((joined, flow) => Flow.join(joined, flow), lowering.flow);
  lowering.add({ op: 'block', label, body }, node.expression);
}

function switchClause(
  lowering: Lowering,
  scope: Scope,
  subject: Value,
  labels: readonly ts.Expression[],
  clause: ts.CaseClause,
  label: number,
  breaks: Flow[],
  node: ts.SwitchStatement,
): void {
  const constants = labels.map((at) => lowering.constantOf(evaluate(lowering, scope, at))?.value);
  const known = lowering.constantOf(subject);
  if (known !== undefined && !constants.includes(known.value)) return;
  const before = lowering.flow;
  const finish = () => {
    executeAll(lowering, new Scope(scope), clause.statements);
    if (lowering.flow.dead) return;
    endsItself(lowering, clause, node, 'this case falls through into the next');
    breaks.push(lowering.flow.fork());
    lowering.add({ op: 'leave', label }, clause);
    lowering.flow.dead = true;
  };
  if (known !== undefined) return finish();
  const value = lowering.integer(subject, node.expression);
  const condition = constants
    .map((item) => ({ op: 'compare' as const, operator: '===' as const, a: value, b: lowering.integer(constant(item), clause) }))
    .reduce<Condition | undefined>((all, one) => (all === undefined ? one : { op: 'or', a: all, b: one }), undefined)!;
  lowering.flow = before.fork();
  if (subject.kind === 'integer' && subject.variable !== undefined && constants.length === 1) {
    lowering.flow.know(subject.variable, { low: constants[0] as number, high: constants[0] as number });
  }
  const then = lowering.collect(finish);
  lowering.flow = before;
  lowering.add({ op: 'if', condition, then, otherwise: [] }, clause.expression);
}

/** Looked at last, wherever it stands. */
function defaultClause(lowering: Lowering, scope: Scope, clause: ts.DefaultClause, node: ts.SwitchStatement): void {
  executeAll(lowering, new Scope(scope), clause.statements);
  if (!lowering.flow.dead) endsItself(lowering, clause, node, 'default falls through into the next case');
}

/** Refuses a clause whose end is reached, but for the last. */
function endsItself(lowering: Lowering, clause: ts.CaseOrDefaultClause, node: ts.SwitchStatement, otherwise: string): void {
  if (clause !== node.caseBlock.clauses.at(-1)) lowering.refuse('WL2001', clause, otherwise, 'End it with break or return.');
}
