/**
 * Many checks that a packet is long enough, made one. Where a stretch of a routine reads the packet behind one pointer
 * again and again, the farthest read is checked once; packets that are long enough take the stretch without checks,
 * the others take it as it was, so that each traps where it always did, and after what it always did.
 */
import type { Block, PacketLocal, Pointer, Statement } from './ir.js';
import { samePointer } from './wide-stores.js';

/** Checks that are worth a second copy of what is between them. */
const CHECKS_MIN = 2;
/** Bytes that most packets have behind a pointer: no check farther out is joined. */
const REACH_MAX = 64;

/** Statements after which pointers are not what they were. */
const MOVES = new Set<Statement['op']>(['move', 'cut', 'unstrip', 'prepend', 'append', 'mark', 'pull', 'make', 'copy-of', 'dequeue', 'take', 'enqueue', 'list-append', 'emit', 'invoke', 'loop']);

/** The same routine with checks merged. */
export function mergeChecks(body: Block): Block {
  return new Merging(1 + highestLabel(body)).block(body);
}

interface Check {
  readonly pointer: Pointer;
  readonly bytes: number;
  /** Whose end is looked at. */
  readonly end: PacketLocal;
}

class Merging {
  constructor(private labels: number) {}

  block(block: Block): Block {
    for (let from = 0; from < block.length; from += 1) {
      const check = checkOf(block[from]!);
      if (check === undefined || check.bytes > REACH_MAX) continue;
      const to = stretch(block, from, check.pointer);
      const reaches = block.slice(from, to).flatMap((statement) => checksOn(statement, check.pointer));
      if (reaches.length < CHECKS_MIN) continue;
      const far = Math.max(...reaches);
      const first = block[from] as Extract<Statement, { op: 'trap-if' }>;
      const inside = block.slice(from, to);
      const joined: Statement = {
        op: 'if',
        unlikely: true,
        condition: farther(first.condition, far),
        then: this.copy(inside),
        otherwise: this.block(without(inside, check.pointer)),
        at: first.at,
      };
      return [...block.slice(0, from).map((statement) => this.inner(statement)), joined, ...this.block(block.slice(to))];
    }
    return block.map((statement) => this.inner(statement));
  }

  private inner(statement: Statement): Statement {
    if (statement.op === 'if') return { ...statement, then: this.block(statement.then), otherwise: this.block(statement.otherwise) };
    return statement.op === 'block' || statement.op === 'loop' ? { ...statement, body: this.block(statement.body) } : statement;
  }

  /** The same statements with labels of their own: a label in C may stand once. */
  private copy(block: Block, renamed = new Map<number, number>()): Block {
    return block.map((statement): Statement => {
      if (statement.op === 'block') {
        const label = this.labels++;
        renamed.set(statement.label, label);
        return { ...statement, label, body: this.copy(statement.body, renamed) };
      }
      if (statement.op === 'leave') return { ...statement, label: renamed.get(statement.label) ?? statement.label };
      if (statement.op === 'loop') return { ...statement, body: this.copy(statement.body, renamed) };
      return statement.op === 'if' ? { ...statement, then: this.copy(statement.then, renamed), otherwise: this.copy(statement.otherwise, renamed) } : statement;
    });
  }
}

/** What a statement checks, if it is a check of a packet's end against a fixed number of bytes. */
export function checkOf(statement: Statement): Check | undefined {
  if (statement.op !== 'trap-if' || statement.condition.op !== 'compare') return undefined;
  const { operator, a, b } = statement.condition;
  if (operator !== '<' || a.op !== 'distance' || b.op !== 'number' || !('packet' in a.to) || a.to.part !== 'end') return undefined;
  return { pointer: a.from, bytes: b.value, end: a.to.packet };
}

/** The end of the stretch from `from` on in which the pointer stays what it is, cut behind its last check and what that is for. */
function stretch(block: Block, from: number, pointer: Pointer): number {
  let last = from + 1;
  for (let index = from + 1; index < block.length; index += 1) {
    const statement = block[index]!;
    if (changes(statement, pointer)) break;
    if (checksOn(statement, pointer).length > 0) last = index + 1;
  }
  const behind = block[last]?.op;
  return (behind === 'store' || behind === 'load') && last > from + 1 ? last + 1 : last;
}

function changes(statement: Statement, pointer: Pointer): boolean {
  if (MOVES.has(statement.op)) return true;
  if (statement.op === 'view') return 'view' in pointer && statement.view === pointer.view;
  if (statement.op === 'if') return [...statement.then, ...statement.otherwise].some((inner) => changes(inner, pointer));
  return statement.op === 'block' && statement.body.some((inner) => changes(inner, pointer));
}

/** The bytes of all checks on the pointer, inner ones included; none that is out of reach. */
function checksOn(statement: Statement, pointer: Pointer): number[] {
  const check = checkOf(statement);
  if (check !== undefined) return samePointer(check.pointer, pointer) && check.bytes <= REACH_MAX ? [check.bytes] : [];
  if (statement.op === 'if') return [...statement.then, ...statement.otherwise].flatMap((inner) => checksOn(inner, pointer));
  return statement.op === 'block' ? statement.body.flatMap((inner) => checksOn(inner, pointer)) : [];
}

function without(block: Block, pointer: Pointer): Block {
  return block.flatMap((statement): Statement[] => {
    if (checkOf(statement) !== undefined) return checksOn(statement, pointer).length > 0 ? [] : [statement];
    if (statement.op === 'if') return [{ ...statement, then: without(statement.then, pointer), otherwise: without(statement.otherwise, pointer) }];
    return [statement.op === 'block' ? { ...statement, body: without(statement.body, pointer) } : statement];
  });
}

function farther(condition: Extract<Statement, { op: 'trap-if' }>['condition'], bytes: number): typeof condition {
  if (condition.op !== 'compare') return condition;
  return { ...condition, b: { op: 'number', value: bytes, range: { low: bytes, high: bytes } } };
}

function highestLabel(block: Block): number {
  return block.reduce((highest, statement) => {
    if (statement.op === 'if') return Math.max(highest, highestLabel(statement.then), highestLabel(statement.otherwise));
    if (statement.op === 'block') return Math.max(highest, statement.label, highestLabel(statement.body));
    return statement.op === 'loop' ? Math.max(highest, highestLabel(statement.body)) : highest;
  }, 0);
}
