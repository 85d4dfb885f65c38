/**
 * Two halves of a word that are read one after the other, read as the word: ports of a segment mostly, which an element
 * looks at each by itself and puts together for a key. C compilers do it only where nothing wants the halves.
 */
import type { Block, Expression, Local, Statement } from './ir.js';
import { exactly, range, UINT32 } from './range.js';
import { samePointer } from './wide-stores.js';

type Load = Extract<Statement, { op: 'load' }>;

/** A routine's statements and variables; halves are read together in what is returned. */
export function withWideLoads<Routine extends { readonly body: Block; readonly locals: readonly Local[] }>(routine: Routine): Routine {
  const locals = [...routine.locals];
  const word = (): Local => {
    const local: Local = { id: locals.reduce((highest, { id }) => Math.max(highest, id), -1) + 1, name: 'word', type: 'integer', range: UINT32 };
    locals.push(local);
    return local;
  };
  return { ...routine, body: joined(routine.body, word), locals };
}

function joined(block: Block, word: () => Local): Block {
  const result: Statement[] = [];
  for (let at = 0; at < block.length; at += 1) {
    const first = block[at]!;
    // What is computed in between reads no packet.
    const next = block.findIndex(({ op }, index) => index > at && op !== 'set');
    const second = block[next];
    if (second !== undefined && areHalves(first, second)) {
      result.push(...together(first, second as Load, block.slice(at + 1, next), word()));
      at = next;
    } else result.push(inner(first, word));
  }
  return result;
}

function inner(statement: Statement, word: () => Local): Statement {
  if (statement.op === 'if') return { ...statement, then: joined(statement.then, word), otherwise: joined(statement.otherwise, word) };
  return statement.op === 'block' || statement.op === 'loop' ? { ...statement, body: joined(statement.body, word) } : statement;
}

function areHalves(first: Statement, second: Statement): first is Load {
  if (!isHalf(first) || !isHalf(second) || first.local === second.local || !samePointer(first.pointer, second.pointer)) return false;
  return placeOf(second) === placeOf(first) + 2;
}

function isHalf(statement: Statement): statement is Load {
  return statement.op === 'load' && statement.size === 2 && statement.width === 16 && statement.offset.op === 'number';
}

function placeOf({ offset }: Load): number {
  return (offset as Extract<Expression, { op: 'number' }>).value;
}

function together(first: Load, second: Load, between: Block, word: Local): Statement[] {
  const whole: Expression = { op: 'local', local: word, range: UINT32 };
  const part = (operator: '>>>' | '&', by: number): Expression => ({ op: 'bitwise', operator, a: whole, b: { op: 'number', value: by, range: exactly(by) }, range: range(0, 0xffff) });
  return [
    { ...first, local: word, size: 4, width: 32 },
    { op: 'set', local: first.local, value: part('>>>', 16), at: first.at },
    ...between,
    { op: 'set', local: second.local, value: part('&', 0xffff), at: second.at },
  ];
}
