/**
 * Stores that lie side by side, made one. Of constants: a header that an element writes field by field becomes a copy of
 * its bytes. Elements that are lanes of each other keep that: each byte may be another in each lane. Of the two halves of a
 * word: both ports of a segment at once.
 */
import type { Block, Expression, Pointer, Statement } from './ir.js';
import { contains, UINT32 } from './range.js';

type Store = Extract<Statement, { op: 'store' }>;

/** The same statements with constants stored together. */
export function withWideStores(block: Block): Block {
  const result: Statement[] = [];
  for (let at = 0; at < block.length; ) {
    const run = runFrom(block, at);
    const word = run.length > 1 ? undefined : wordAt(block, at);
    result.push(run.length > 1 ? joined(run) : (word ?? inner(block[at]!)));
    at += word === undefined ? Math.max(1, run.length) : 2;
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

/** The halves of one word, the upper one first, that are stored one after the other: as the word. */
function wordAt(block: Block, at: number): Statement | undefined {
  const [upper, lower] = [block[at], block[at + 1]];
  if (upper?.op !== 'store' || lower?.op !== 'store' || ![upper, lower].every(({ size, width, offset }) => size === 2 && width === 16 && offset.op === 'number')) return undefined;
  if (!samePointer(upper.pointer, lower.pointer) || placeOf(lower) !== placeOf(upper) + 2) return undefined;
  const [a, b] = [halfOf(upper.value, '>>>', 16), halfOf(lower.value, '&', 0xffff)];
  if (a === undefined || a.local !== b?.local || !contains(UINT32, a.range)) return undefined;
  return { ...upper, size: 4, width: 32, value: a };
}

/** The variable of which a value is a half. */
function halfOf(value: Expression, operator: '>>>' | '&', by: number): Extract<Expression, { op: 'local' }> | undefined {
  if (value.op !== 'bitwise' || value.operator !== operator || value.a.op !== 'local' || value.b.op !== 'number') return undefined;
  return value.b.value === by ? value.a : undefined;
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
