/**
 * Loops. Every loop has a provable bound: `for` over a variable that only grows (or only shrinks) towards a
 * limit, or `for..of` over a constant array. Short ones with a known count are unrolled, the others become
 * C loops whose invariants are found as a fixed point of intervals.
 */
import ts from '../typescript.js';
import { INTEGER_MAX } from '../kit/integers.js';
import { evaluate } from './expressions.js';
import { Flow } from './flow.js';
import { accumulatorsOf, assignedIn, forEachAssignment } from './loop-variables.js';
import type { Lowering } from './lowering.js';
import { hull, range, type Range } from './range.js';
import { Scope } from './scope.js';
import { declareAll, executeAll, expressionStatement } from './statements.js';
import { bind, destructure } from './binding.js';
import { constant, type Value, type Variable } from './value.js';

/** A loop of at most this many rounds, known in number, is unrolled. */
const UNROLL_ROUNDS_MAX = 16;
/** Nodes of syntax to which a loop is unrolled all the same in elements whose code is to be short. */
const COMPACT_NODES_MAX = 150;
/** Rounds of the fixed point before bounds that still grow are widened, and before they are widened without steps. */
const WIDEN_AFTER = 2;
const FIXED_POINT_ROUNDS_MAX = 20;
/** Most rounds a loop may make: the work per packet is to be finite in practice, too. */
export const LOOP_ROUNDS_MAX = 2 ** 24;

// ---- for..of ---------------------------------------------------------------------------------------------

export function forOfLoop(lowering: Lowering, scope: Scope, node: ts.ForOfStatement): void {
  const list = lowering.constantOf(evaluate(lowering, scope, node.expression))?.value;
  if (!Array.isArray(list) && !ArrayBuffer.isView(list)) {
    return lowering.refuse('WL2006', node.expression, 'for..of needs a constant array', 'Loop over an index instead: for (let i = 0; i < length; i += 1) ...');
  }
  const declaration = ts.isVariableDeclarationList(node.initializer) ? node.initializer.declarations[0] : undefined;
  if (declaration === undefined) return lowering.refuse('WL2001', node.initializer, 'declare the loop variable here: for (const item of ...)');
  unrolled(lowering, node, Array.from(list as ArrayLike<unknown>), (item) => {
    const inner = new Scope(scope);
    if (ts.isIdentifier(declaration.name)) bind(lowering, inner, declaration.name.text, constant(item), true, undefined, declaration);
    else destructure(lowering, inner, declaration.name, constant(item));
    executeAll(lowering, inner, [node.statement]);
  });
}

/** Lowers `round` once for each item, one after the other. */
function unrolled<T>(lowering: Lowering, node: ts.IterationStatement, items: readonly T[], round: (item: T) => void): void {
  const breakLabel = lowering.newLabel();
  const breaks: Flow[] = [];
  const body = lowering.collect(() => {
    for (const item of items) {
      if (lowering.flow.dead) break;
      const continueLabel = lowering.newLabel();
      const continues: Flow[] = [];
      const steps = lowering.collect(() => {
        lowering.loops.push({ name: labelOf(node), breakLabel, continueLabel, breaks, continues });
        try {
          round(item);
        } finally {
          lowering.loops.pop();
        }
      });
      lowering.flow = continues.reduce((joined, flow) => Flow.join(joined, flow), lowering.flow);
      lowering.add({ op: 'block', label: continueLabel, body: steps }, node);
    }
  });
  lowering.flow = breaks.reduce((joined, flow) => Flow.join(joined, flow), lowering.flow);
  lowering.add({ op: 'block', label: breakLabel, body }, node);
}

function labelOf(node: ts.Node): string | undefined {
  return ts.isLabeledStatement(node.parent) ? node.parent.label.text : undefined;
}

// ---- for ---------------------------------------------------------------------------------------------------

/** What bounds a `for`: its variable goes from `start` towards `limit`. */
interface Course {
  readonly variable: Variable;
  readonly name: string;
  readonly grows: boolean;
  /** The least by which it changes. */
  readonly step: number;
  readonly rounds: number;
}

export function forLoop(lowering: Lowering, scope: Scope, node: ts.ForStatement): void {
  const inner = new Scope(scope);
  if (node.initializer !== undefined) {
    if (ts.isVariableDeclarationList(node.initializer)) declareAll(lowering, inner, node.initializer);
    else expressionStatement(lowering, inner, node.initializer);
  }
  if (node.condition === undefined) return refuseUnbounded(lowering, node, 'it has no condition');
  const course = courseOf(lowering, inner, node);
  if (course === undefined) {
    // The condition never holds, but it is looked at once, and that may have effects.
    evaluate(lowering, inner, node.condition);
    return;
  }
  const constantRounds = knownRounds(lowering, inner, node, course);
  const unrolls = constantRounds !== undefined && constantRounds <= UNROLL_ROUNDS_MAX;
  if (unrolls && !isLong(lowering, node, constantRounds)) return unrollFor(lowering, inner, node, constantRounds);
  const accumulators = accumulatorsOf(node, inner, course);
  const point = lowering.loopMemory.within(() => fixedPoint(lowering, inner, node, course, accumulators));
  // All that a loop does must be proved without knowing which round it is, if it is not unrolled.
  if (unrolls && (point.round === undefined || !point.head.covers(point.round.back, accumulators))) return unrollFor(lowering, inner, node, constantRounds);
  if (!lowering.rehearsing || point.round === undefined) return lowerLoop(lowering, inner, node, point.head, accumulators, course.rounds);
  // The last round that was looked at is as good as one more.
  lowering.add({ op: 'loop', body: [], rounds: course.rounds }, node);
  leaveBy(lowering, point.round.breaks);
}

/** Whether an unrolled loop would be long for an element whose code is to be short. */
function isLong(lowering: Lowering, node: ts.ForStatement, rounds: number): boolean {
  return lowering.procedures?.compact === true && rounds > 2 && rounds * nodesIn(node.statement) > COMPACT_NODES_MAX;
}

function nodesIn(node: ts.Node): number {
  let nodes = 1;
  ts.forEachChild(node, (child) => {
    nodes += nodesIn(child);
  });
  return nodes;
}

function refuseUnbounded(lowering: Lowering, node: ts.ForStatement, why: string): never {
  return lowering.refuse(
    'WL2006',
    node,
    `this loop has no provable bound: ${why}`,
    'Write for (let i = start; i < limit; i += step) with a step of at least 1, and change i nowhere else but by adding.',
  );
}

/** Reads the loop's shape; undefined when it makes no round at all. */
function courseOf(lowering: Lowering, scope: Scope, node: ts.ForStatement): Course | undefined {
  const bound = findBound(node.condition!, scope);
  if (bound === undefined) return refuseUnbounded(lowering, node, 'its condition compares no let variable with a limit');
  const { name, variable, grows, limit } = bound;
  const start = lowering.flow.rangeOf(variable);
  let step = Infinity;
  const stepAt = node.incrementor;
  if (stepAt === undefined || !isStepOf(stepAt, name)) {
    return refuseUnbounded(lowering, node, `its last part does not change "${name}"`);
  }
  let limits: Range = { low: 0, high: 0 };
  let entered = true;
  // Steps and limits may depend on what the body computes, so they are looked at after a rehearsal of it.
  const before = lowering.flow;
  const steps = changesOf(node.statement, name);
  lowering.rehearse(() => {
    lowering.flow = widenAssigned(scope, node, before.fork(), variable, grows);
    const condition = lowering.condition(evaluate(lowering, scope, node.condition!), node.condition!);
    condition.refine?.(lowering.flow, true);
    entered = !lowering.flow.dead;
    limits = limit === undefined ? start : lowering.integer(evaluate(lowering, scope, limit), node).range;
    const amount = stepRange(lowering, scope, stepAt);
    step = grows ? amount.low : -amount.high;
  });
  lowering.flow = before;
  if (!entered) return undefined;
  if (steps === 'other') return refuseUnbounded(lowering, node, `"${name}" is assigned in its body`);
  if (!(step >= 1)) return refuseUnbounded(lowering, node, `"${name}" may not change by its last part`);
  const span = grows ? limits.high - start.low : start.high - limits.low;
  const rounds = Math.max(0, Math.ceil((span + 1) / step));
  if (rounds > LOOP_ROUNDS_MAX) {
    return refuseUnbounded(lowering, node, `it may make ${rounds > 1e15 ? 'any number of' : rounds} rounds, more than ${LOOP_ROUNDS_MAX}`);
  }
  return { variable, name, grows, step, rounds };
}

/** The comparison in the condition (or in a conjunction) that bounds a let variable. */
function findBound(
  node: ts.Expression,
  scope: Scope,
): { name: string; variable: Variable; grows: boolean; limit: ts.Expression } | undefined {
  if (ts.isParenthesizedExpression(node)) return findBound(node.expression, scope);
  if (!ts.isBinaryExpression(node)) return undefined;
  const { kind } = node.operatorToken;
  if (kind === ts.SyntaxKind.AmpersandAmpersandToken) return findBound(node.left, scope) ?? findBound(node.right, scope);
  const upward = kind === ts.SyntaxKind.LessThanToken || kind === ts.SyntaxKind.LessThanEqualsToken;
  const downward = kind === ts.SyntaxKind.GreaterThanToken || kind === ts.SyntaxKind.GreaterThanEqualsToken;
  if (!upward && !downward) return undefined;
  const left = letVariable(node.left, scope);
  if (left !== undefined) return { ...left, grows: upward, limit: node.right };
  const right = letVariable(node.right, scope);
  if (right !== undefined) return { ...right, grows: downward, limit: node.left };
  // `i + size <= limit` bounds i as well when what is added is not negative; the fixed point checks that.
  const sum = ts.isBinaryExpression(node.left) && node.left.operatorToken.kind === ts.SyntaxKind.PlusToken ? letVariable(node.left.left, scope) : undefined;
  return sum !== undefined && upward ? { ...sum, grows: true, limit: node.right } : undefined;
}

function letVariable(node: ts.Expression, scope: Scope): { name: string; variable: Variable } | undefined {
  if (!ts.isIdentifier(node)) return undefined;
  const binding = scope.find(node.text);
  if (binding === undefined || !('variable' in binding) || binding.variable.constant) return undefined;
  return { name: node.text, variable: binding.variable };
}

function isStepOf(node: ts.Expression, name: string): boolean {
  if (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) return ts.isIdentifier(node.operand) && node.operand.text === name;
  return ts.isBinaryExpression(node) && ts.isIdentifier(node.left) && node.left.text === name;
}

/** By how much the loop's last part changes its variable. */
function stepRange(lowering: Lowering, scope: Scope, node: ts.Expression): Range {
  if (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) {
    const amount = node.operator === ts.SyntaxKind.PlusPlusToken ? 1 : -1;
    return range(amount, amount);
  }
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    if (kind === ts.SyntaxKind.PlusEqualsToken) return lowering.integer(evaluate(lowering, scope, node.right), node).range;
    if (kind === ts.SyntaxKind.MinusEqualsToken) {
      const { low, high } = lowering.integer(evaluate(lowering, scope, node.right), node).range;
      return range(-high, -low);
    }
  }
  return range(0, 0);
}

/** How the body changes the loop's variable: not at all, only by `+=`, or otherwise. */
function changesOf(body: ts.Node, name: string): 'none' | 'adds' | 'other' {
  let found: 'none' | 'adds' | 'other' = 'none';
  forEachAssignment(body, (target, node) => {
    if (target.text !== name) return;
    const adds =
      (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusEqualsToken) ||
      ((ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) && node.operator === ts.SyntaxKind.PlusPlusToken);
    found = adds && found !== 'other' ? 'adds' : 'other';
  });
  return found;
}

/** A flow in which nothing is known of what the loop assigns, but for where its variable started. */
function widenAssigned(scope: Scope, node: ts.ForStatement, flow: Flow, variable: Variable, grows: boolean): Flow {
  for (const assigned of assignedIn(node, scope)) {
    const known = flow.rangeOf(assigned);
    if (assigned.local.type === 'boolean') flow.know(assigned, range(0, 1));
    else if (assigned !== variable) flow.know(assigned, assigned.declared ?? range(-INTEGER_MAX, INTEGER_MAX));
    else flow.know(assigned, grows ? range(known.low, INTEGER_MAX) : range(-INTEGER_MAX, known.high));
  }
  return flow;
}

/** How many rounds the loop makes, when start, limit and step are constants and nothing else ends it. */
function knownRounds(lowering: Lowering, scope: Scope, node: ts.ForStatement, course: Course): number | undefined {
  if (changesOf(node.statement, course.name) !== 'none' || course.rounds > UNROLL_ROUNDS_MAX + 1) return undefined;
  const before = lowering.flow;
  let rounds: number | undefined = 0;
  lowering.flow = before.fork();
  lowering.rehearse(() => {
    for (;;) {
      let value!: Value;
      const effects = lowering.collect(() => (value = evaluate(lowering, scope, node.condition!)));
      const decided = lowering.constantOf(value);
      if (decided === undefined || effects.length > 0 || rounds! > UNROLL_ROUNDS_MAX) {
        rounds = undefined;
        return;
      }
      if (decided.value === false) return;
      rounds! += 1;
      expressionStatement(lowering, scope, node.incrementor!);
    }
  });
  lowering.flow = before;
  return rounds;
}

function unrollFor(lowering: Lowering, scope: Scope, node: ts.ForStatement, rounds: number): void {
  const numbers = Array.from({ length: rounds }, (_, round) => round);
  unrolled(lowering, node, numbers, (round) => {
    if (round > 0) expressionStatement(lowering, scope, node.incrementor!);
    executeAll(lowering, new Scope(scope), [node.statement]);
  });
}

/** A round that was looked at: what holds at its end, and where the loop is left. */
interface Round {
  readonly back: Flow;
  readonly breaks: readonly Flow[];
}

interface FixedPoint {
  readonly head: Flow;
  /** The round that begins with it, if it was looked at and nothing was refused. */
  readonly round: Round | undefined;
}

/**
 * What holds at the head of the loop in every round: the least that is found to hold at the end of a round again. Ranges that still
 * grow are widened, by steps at first; then they may shrink to what a round leaves of them.
 */
function fixedPoint(lowering: Lowering, scope: Scope, node: ts.ForStatement, course: Course, accumulators: ReadonlySet<Variable>): FixedPoint {
  const entry = lowering.flow;
  const assigned = assignedIn(node, scope);
  const { loopMemory, callSites } = lowering;
  let head = entry.fork();
  let last: Round | undefined;
  const recalled = loopMemory.recall(node, callSites, head, assigned, accumulators);
  if (!recalled && changesAlone(node, scope, course)) {
    // Where it ends is known: that is tried first, for each round more is a round more of every loop within.
    const { low } = entry.rangeOf(course.variable);
    head.know(course.variable, range(low, low + course.rounds - 1));
  }
  for (let round = 0; ; round += 1) {
    last = rehearseRound(lowering, scope, node, head);
    // What is wrong in a round that begins like this is said when it is lowered; one that was remembered may know too little.
    if (last === undefined && recalled && round === 0) {
      head = entry.fork();
      continue;
    }
    if (last === undefined) break;
    const { back } = last;
    const next = Flow.join(entry, back);
    for (const variable of accumulators) next.know(variable, countedRange(variable, entry, head, back, course));
    if (next.equals(head)) break;
    if (next.isWithin(head)) {
      head = next;
      if (round < FIXED_POINT_ROUNDS_MAX) continue;
      last = undefined;
      break;
    }
    const grown = Flow.join(head, next);
    for (const variable of accumulators) grown.know(variable, next.rangeOf(variable));
    if (round >= WIDEN_AFTER) {
      for (const variable of grown.changed(head)) {
        if (accumulators.has(variable)) continue;
        grown.know(variable, round < FIXED_POINT_ROUNDS_MAX ? widen(variable, head, grown) : fullRange(variable));
      }
    }
    head = grown;
  }
  lowering.flow = entry;
  if (last !== undefined) loopMemory.keep(node, callSites, entry, head, assigned, accumulators);
  return { head, round: last };
}

/** Whether the loop changes nothing but its variable, by one upwards. */
function changesAlone(node: ts.ForStatement, scope: Scope, { variable, grows, step, rounds }: Course): boolean {
  return grows && step === 1 && rounds > 1 && assignedIn(node, scope).every((assigned) => assigned === variable);
}

function fullRange(variable: Variable): Range {
  return variable.declared ?? (variable.local.type === 'boolean' ? range(0, 1) : range(-INTEGER_MAX, INTEGER_MAX));
}

/** Where bounds that grow stop on their way: what the checks and casts of packet paths compare with. */
const UPPER_STEPS = [0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 2 ** 48 - 1, INTEGER_MAX];
const LOWER_STEPS = [0, -0x8000_0000, -INTEGER_MAX];

/** A bound that still moves goes to where it can go at most, or to the next step. */
function widen(variable: Variable, head: Flow, next: Flow): Range {
  const before = head.rangeOf(variable);
  const now = next.rangeOf(variable);
  if (variable.declared !== undefined) return hull(now, variable.declared);
  const low = now.low < before.low ? LOWER_STEPS.find((step) => step <= now.low)! : now.low;
  const high = now.high > before.high ? UPPER_STEPS.find((step) => step >= now.high)! : now.high;
  return range(low, high);
}

/** What is only ever added to has grown, after n rounds, by at most n times what one round adds. */
function countedRange(variable: Variable, entry: Flow, head: Flow, back: Flow, { rounds }: Course): Range {
  const start = entry.rangeOf(variable);
  if (back.dead) return start;
  const growth = Math.max(0, back.rangeOf(variable).high - head.rangeOf(variable).high) * rounds;
  const fall = Math.min(0, back.rangeOf(variable).low - head.rangeOf(variable).low) * rounds;
  return range(Math.max(-INTEGER_MAX, start.low + fall), Math.min(INTEGER_MAX, start.high + growth));
}

/** One round that starts from `head`; undefined: something in it was refused. */
function rehearseRound(lowering: Lowering, scope: Scope, node: ts.ForStatement, head: Flow): Round | undefined {
  let back = head.fork();
  const breaks: Flow[] = [];
  lowering.flow = head.fork();
  const whole = lowering.rehearse(() => {
    back = roundOf(lowering, scope, node, { breakLabel: -1, continueLabel: -1, breaks });
  });
  return whole ? { back, breaks } : undefined;
}

/** Lowers condition, body and last part once; returns the flow at the end of the round. */
function roundOf(
  lowering: Lowering,
  scope: Scope,
  node: ts.ForStatement,
  target: { breakLabel: number; continueLabel: number; breaks: Flow[] },
): Flow {
  const test = lowering.condition(evaluate(lowering, scope, node.condition!), node.condition!);
  const exit = lowering.flow.fork();
  test.refine?.(exit, false);
  if (!exit.dead) target.breaks.push(exit);
  const leave = lowering.collect(() => lowering.add({ op: 'leave', label: target.breakLabel }, node.condition!));
  lowering.add({ op: 'if', condition: test.condition, then: [], otherwise: leave }, node.condition!);
  test.refine?.(lowering.flow, true);
  const continues: Flow[] = [];
  const outer = new Set(lowering.flow.statuses().keys());
  const steps = lowering.collect(() => {
    lowering.loops.push({ name: labelOf(node), breakLabel: target.breakLabel, continueLabel: target.continueLabel, breaks: target.breaks, continues });
    try {
      if (!lowering.flow.dead) executeAll(lowering, new Scope(scope), [node.statement]);
    } finally {
      lowering.loops.pop();
    }
  });
  lowering.add({ op: 'block', label: target.continueLabel, body: steps }, node);
  lowering.flow = continues.reduce((joined, flow) => Flow.join(joined, flow), lowering.flow);
  if (!lowering.flow.dead) checkRoundEnd(lowering, outer, node);
  if (!lowering.flow.dead) expressionStatement(lowering, scope, node.incrementor!);
  return lowering.flow;
}

/** Packets made in a round must be gone at its end. */
function checkRoundEnd(lowering: Lowering, outer: ReadonlySet<unknown>, node: ts.ForStatement): void {
  for (const packet of lowering.flow.left()) {
    if (!outer.has(packet)) {
      lowering.refuse('WL2008', node, 'a packet got or made in this loop is still held at the end of a round', "Emit it, store it, or drop it with emit(drop('reason'), packet).");
    }
  }
}

function lowerLoop(lowering: Lowering, scope: Scope, node: ts.ForStatement, head: Flow, accumulators: ReadonlySet<Variable>, rounds: number): void {
  const breakLabel = lowering.newLabel();
  const continueLabel = lowering.newLabel();
  const breaks: Flow[] = [];
  lowering.flow = head.fork();
  const body = lowering.collect(() => {
    const end = roundOf(lowering, scope, node, { breakLabel, continueLabel, breaks });
    if (!head.covers(end, accumulators)) {
      lowering.report('WL2006', node, 'what holds in every round of this loop could not be found', 'Give its variables a range that is checked before the loop, or change them in one place.');
    }
    for (const [packet, status] of end.dead ? [] : end.statuses()) {
      const atHead = head.statuses().get(packet);
      if (atHead !== undefined && atHead !== status && status === 'gone') {
        lowering.report('WL2008', node, 'the packet is passed on in the loop, and the loop may go round again', 'Leave the loop with break after passing it on.');
      }
    }
  });
  const loop = lowering.collect(() => lowering.add({ op: 'loop', body, rounds, ...(lowering.procedures?.compact === true ? { rolled: true as const } : {}) }, node));
  leaveBy(lowering, breaks);
  lowering.add({ op: 'block', label: breakLabel, body: loop }, node);
}

/** Behind a loop, only what left it holds. */
function leaveBy(lowering: Lowering, breaks: readonly Flow[]): void {
  const dead = lowering.flow.fork();
  dead.dead = true;
  lowering.flow = breaks.reduce((joined, flow) => Flow.join(joined, flow), dead);
}

