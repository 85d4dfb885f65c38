/** Checks of a packet's length are left out where they cannot fail, and nowhere else. */
import t from 'tap';
import { SourceText } from '#src/diagnostics.js';
import { withoutPassedChecks } from '#src/compile/known-lengths.js';
import type { Block, Expression, PacketLocal, Pointer, Statement } from '#src/compile/ir.js';

const at = new SourceText('Element.ts', '').span(0);
const main: PacketLocal = { id: 0, main: true };
const other: PacketLocal = { id: 1, main: false };
const data = (packet: PacketLocal): Pointer => ({ packet, part: 'data' });
const number = (value: number): Expression => ({ op: 'number', value, range: { low: value, high: value } });
const between = (low: number, high: number): Expression => ({ op: 'local', local: { id: 0, name: 'n', type: 'integer', range: { low, high } }, range: { low, high } });

/** Traps unless there are `bytes` behind `pointer`. */
function check(bytes: number, pointer: Pointer = data(main), packet: PacketLocal = main): Statement {
  const distance: Expression = { op: 'distance', from: pointer, to: { packet, part: 'end' }, range: { low: -65_536, high: 65_536 } };
  return { op: 'trap-if', condition: { op: 'compare', operator: '<', a: distance, b: number(bytes) }, reason: 'out_of_bounds' as never, held: [], at };
}
const when = (then: Block, otherwise: Block = []): Statement => ({ op: 'if', condition: { op: 'marked', packet: main, mark: 'network' }, then, otherwise, at });
const prepend = (count: Expression): Statement => ({ op: 'prepend', packet: main, count, held: [], at });
const move = (by: Expression): Statement => ({ op: 'move', packet: main, by, at });
const END: Statement = { op: 'finish', at };

/** How many checks are left, in all blocks. */
function checksIn(block: Block): number {
  return block.reduce((sum, statement) => {
    if (statement.op === 'trap-if') return sum + 1;
    if (statement.op === 'if') return sum + checksIn(statement.then) + checksIn(statement.otherwise);
    return statement.op === 'block' || statement.op === 'loop' ? sum + checksIn(statement.body) : sum;
  }, 0);
}

const CASES: readonly { readonly says: string; readonly body: Block; readonly left: number }[] = [
  { says: 'a second check of fewer bytes goes', body: [check(20), check(14), check(20)], left: 1 },
  { says: 'one of more bytes stays', body: [check(14), check(20), check(15)], left: 2 },
  { says: 'one of another packet stays', body: [check(14), check(14, data(other), other)], left: 2 },
  { says: 'what lies against the end of another packet is no check of this one', body: [check(14, data(main), other), check(14)], left: 2 },
  { says: 'bytes put in front count, as few as they may be', body: [check(20), prepend(between(8, 12)), check(28), check(29)], left: 2 },
  { says: 'bytes taken away count, as many as they may be', body: [check(20), move(between(0, 14)), check(6), check(7)], left: 2 },
  { says: 'after a cut nothing is known', body: [check(20), { op: 'cut', packet: main, length: number(60), at }, check(14)], left: 2 },
  { says: 'a packet that another takes the place of is not known', body: [check(20), { op: 'dequeue', packet: main, entry: 'queue', end: 'usual', at }, check(14)], left: 2 },
  { says: 'a packet that was just made is as long as it was made', body: [{ op: 'make', packet: other, length: between(60, 90), at }, check(60, data(other), other), check(61, data(other), other)], left: 1 },
  { says: 'after an if, what both ways checked holds', body: [when([check(20)], [check(14)]), check(14), check(15)], left: 3 },
  { says: 'what one way checked does not', body: [when([check(20)]), check(14)], left: 2 },
  { says: 'a way that ends is no way', body: [when([END], [check(14)]), check(14)], left: 1 },
  { says: 'a loop knows nothing of what was before, for its first round may have changed it', body: [check(20), { op: 'loop', rounds: 3, body: [check(14), { op: 'cut', packet: main, length: number(1), at }], at }, check(14)], left: 3 },
  { says: 'where a block is left, only what was known there holds', body: [{ op: 'block', label: 1, body: [when([{ op: 'leave', label: 1, at }]), check(20)], at }, check(14)], left: 2 },
  { says: 'a view holds what its packet held behind it', body: [check(34), { op: 'view', view: 0, pointer: data(main), offset: number(14), at }, check(20, { view: 0 }), check(21, { view: 0 })], left: 2 },
  { says: 'a view at a place that is not a number is not known', body: [check(34), { op: 'view', view: 0, pointer: data(main), offset: between(0, 14), at }, check(1, { view: 0 })], left: 2 },
  { says: 'a view of a packet that was cut is not known', body: [check(34), { op: 'view', view: 0, pointer: data(main), offset: number(14), at }, { op: 'cut', packet: main, length: number(1), at }, check(20, { view: 0 })], left: 2 },
  { says: 'a view set anew in one way is not known after both', body: [check(34), { op: 'view', view: 0, pointer: data(main), offset: number(14), at }, when([{ op: 'view', view: 0, pointer: data(other), offset: number(0), at }]), check(20, { view: 0 })], left: 2 },
];

for (const { says, body, left } of CASES) {
  t.test(says, (t) => {
    t.equal(checksIn(withoutPassedChecks(body)), left);
    t.end();
  });
}
