/**
 * Stores of constants that lie side by side, made one: a header that an element writes field by field becomes a copy of
 * its bytes. Elements that are lanes of each other keep that: each byte may be another in each lane.
 */
import type { Block, Expression, Pointer, Statement } from './ir.js';

type Store = Extract<Statement, { op: 'store' }>;

/** The same statements with constants stored together. */
export function withWideStores(block: Block): Block {
  const result: Statement[] = [];
  for (let at = 0; at < block.length; ) {
    const run = runFrom(block, at);
    result.push(run.length > 1 ? joined(run) : inner(block[at]!));
    at += Math.max(1, run.length);
  }
  return result;
}

function inner(statement: Statement): Statement {
  if (statement.op === 'if') return { ...statement, then: withWideStores(statement.then), otherwise: withWideStores(statement.otherwise) };
  return statement.op === 'block' || statement.op === 'loop' ? { ...statement, body: withWideStores(statement.body) } : statement;
}

/** Stores from `at` on, each of which begins where the one before ends. */
function runFrom(block: Block, at: number): Store[] {
  const run: Store[] = [];
  for (const statement of block.slice(at)) {
    const last = run.at(-1);
    if (!isConstant(statement)) break;
    if (last !== undefined && !(samePointer(last.pointer, statement.pointer) && placeOf(statement) === placeOf(last) + last.size)) break;
    run.push(statement);
  }
  return run;
}

function isConstant(statement: Statement): statement is Store {
  return statement.op === 'store' && statement.width === statement.size * 8 && statement.offset.op === 'number' && statement.value.op === 'number' && statement.value.value >= 0;
}

function placeOf({ offset }: Store): number {
  return (offset as Extract<Expression, { op: 'number' }>).value;
}

function joined(run: readonly Store[]): Statement {
  const [{ pointer, offset, at }] = run as [Store];
  const bytes = run.flatMap(({ value, size }) =>
    Array.from({ length: size }, (_, index): Expression => {
      const byte = Math.floor((value as Extract<Expression, { op: 'number' }>).value / 256 ** (size - 1 - index)) % 256;
      return { op: 'number', value: byte, range: { low: byte, high: byte } };
    }),
  );
  return { op: 'store-bytes', pointer, offset, bytes, at };
}

/** Whether two pointers are the same wherever both are valid. */
export function samePointer(a: Pointer, b: Pointer): boolean {
  if ('view' in a) return 'view' in b && a.view === b.view;
  return 'packet' in b && a.part === b.part && a.packet.id === b.packet.id;
}
