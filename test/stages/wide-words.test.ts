/** Halves of a word that lie side by side are read and written as the word, and nothing else is. */
import t from 'tap';
import { SourceText } from '#src/diagnostics.js';
import type { Block, Expression, Local, Pointer, Statement } from '#src/compile/ir.js';
import { withWideLoads } from '#src/compile/wide-loads.js';
import { withWideStores } from '#src/compile/wide-stores.js';

const at = new SourceText('Element.ts', '').span(0);
const view: Pointer = { view: 0 };
const number = (value: number): Expression => ({ op: 'number', value, range: { low: value, high: value } });
const local = (id: number, high = 0xffff): Local => ({ id, name: 'n', type: 'integer', range: { low: 0, high } });
const of = (a: Local): Expression => ({ op: 'local', local: a, range: a.range });
const half = (a: Local, operator: '>>>' | '&', by: number): Expression => ({ op: 'bitwise', operator, a: of(a), b: number(by), range: { low: 0, high: 0xffff } });

const load = (to: Local, place: number, pointer = view): Statement => ({ op: 'load', local: to, pointer, offset: number(place), size: 2, shift: 0, width: 16, at });
const store = (place: number, value: Expression, pointer = view): Statement => ({ op: 'store', pointer, offset: number(place), size: 2, shift: 0, width: 16, value, at });
const set = (to: Local, value: Expression): Statement => ({ op: 'set', local: to, value, at });
const [a, b, c, wide] = [local(0), local(1), local(2), local(3, 0xffff_ffff)] as const;

/** Bytes of each access, in order, in all blocks. */
const sizes = (block: Block): number[] => block.flatMap((statement) => (statement.op === 'if' ? [...sizes(statement.then), ...sizes(statement.otherwise)] : statement.op === 'load' || statement.op === 'store' ? [statement.size] : []));

const LOADS: readonly { readonly says: string; readonly body: Block; readonly sizes: readonly number[] }[] = [
  { says: 'two halves are read as a word', body: [load(a, 0), load(b, 2)], sizes: [4] },
  { says: 'so they are where something is computed in between', body: [load(a, 0), set(c, of(a)), load(b, 2)], sizes: [4] },
  { says: 'of four, each two are', body: [load(a, 0), load(b, 2), load(c, 4), load(local(4), 6)], sizes: [4, 4] },
  { says: 'halves that lie apart are not', body: [load(a, 0), load(b, 4)], sizes: [2, 2] },
  { says: 'halves the other way round are not', body: [load(a, 2), load(b, 0)], sizes: [2, 2] },
  { says: 'halves behind different pointers are not', body: [load(a, 0), load(b, 2, { view: 1 })], sizes: [2, 2] },
  { says: 'halves with a store in between are not', body: [load(a, 0), store(2, number(1)), load(b, 2)], sizes: [2, 2, 2] },
  { says: 'halves with a check in between are not', body: [load(a, 0), { op: 'if', condition: { op: 'boolean', value: true }, then: [], otherwise: [], at }, load(b, 2)], sizes: [2, 2] },
  { says: 'halves within a branch are', body: [{ op: 'if', condition: { op: 'boolean', value: true }, then: [load(a, 0), load(b, 2)], otherwise: [load(a, 0)], at }], sizes: [4, 2] },
];

for (const { says, body, sizes: expected } of LOADS) {
  t.test(says, (t) => {
    t.same(sizes(withWideLoads({ body, locals: [a, b, c, wide] }).body), expected);
    t.end();
  });
}

t.test('a half that is read later is set later', (t) => {
  const { body, locals } = withWideLoads({ body: [load(a, 0), set(c, of(b)), load(b, 2)], locals: [a, b, c] });
  t.same(body.map(({ op, ...rest }) => (op === 'set' || op === 'load' ? (rest as unknown as { local: Local }).local.id : op)), [3, 0, 2, 1], 'what is computed in between sees what was there before');
  t.equal(new Set(locals.map(({ id }) => id)).size, locals.length, 'each variable has a number of its own');
  t.end();
});

const STORES: readonly { readonly says: string; readonly body: Block; readonly sizes: readonly number[] }[] = [
  { says: 'both halves of a word are written at once', body: [store(0, half(wide, '>>>', 16)), store(2, half(wide, '&', 0xffff))], sizes: [4] },
  { says: 'halves of two words are not', body: [store(0, half(wide, '>>>', 16)), store(2, half(local(5, 0xffff_ffff), '&', 0xffff))], sizes: [2, 2] },
  { says: 'halves that change places are not', body: [store(0, half(wide, '&', 0xffff)), store(2, half(wide, '>>>', 16))], sizes: [2, 2] },
  { says: 'what is more than a word is not', body: [store(0, half(local(5, 2 ** 40), '>>>', 16)), store(2, half(local(5, 2 ** 40), '&', 0xffff))], sizes: [2, 2] },
  { says: 'halves that are written apart are not', body: [store(0, half(wide, '>>>', 16)), store(4, half(wide, '&', 0xffff))], sizes: [2, 2] },
];

for (const { says, body, sizes: expected } of STORES) {
  t.test(says, (t) => {
    t.same(sizes(withWideStores(body)), expected);
    t.end();
  });
}
