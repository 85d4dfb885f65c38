/** What is done now and then lies out of the way of what is done for each packet. */
import t from 'tap';
import { markDueTimes } from '#src/compile/due-times.js';
import type { Block, Condition, Local, Statement } from '#src/compile/ir.js';
import { lower } from '#src/compile/lower.js';
import { TIME_RANGE } from '#src/kit/index.js';
import { plan } from '#src/plan/plan.js';
import { clickGraph } from '../elements/click-graph.js';

const at = {} as Statement['at'];
const local = (id: number, name: string, varies = false): Local => ({ id, name, type: 'integer', range: TIME_RANGE, varies });
const valueOf = (of: Local) => ({ op: 'local', local: of, range: of.range }) as const;
const now = local(1, 'now');
const next = local(2, 'next');
const placeOf = (entry: string) => ({ kind: 'register', entry }) as const;
const store = (entry: string): Statement => ({ op: 'store-state', place: placeOf(entry), value: valueOf(now), at });
const isDue = (operator: '>=' | '<=' = '>=', [a, b] = [now, next]): Condition => ({ op: 'compare', operator, a: valueOf(a!), b: valueOf(b!) });

/** Whether an `if` with the register `next` is marked; `time`: what holds the time. */
function isMarked(then: Block, { condition = isDue(), otherwise = [] as Block, time = now } = {}): boolean {
  const body: Block = [
    { op: 'clock', local: time, unit: 'microseconds', at },
    { op: 'load-state', local: next, place: placeOf('next'), at },
    { op: 'if', condition, then, otherwise, at },
  ];
  const found = markDueTimes(body).at(-1)!;
  return found.op === 'if' && found.unlikely === true;
}

await t.test('a block that is due at a time, and puts it off, is unlikely', async (t) => {
  t.ok(isMarked([store('average'), store('next')]));
  t.ok(isMarked([store('next')], { condition: isDue('<=', [next, now]) }), 'the other way round');
});

await t.test('a block that does anything else is not', async (t) => {
  t.notOk(isMarked([store('average')]), 'its time stays');
  t.notOk(isMarked([store('next')], { condition: isDue('<=') }), 'its time has not come');
  t.notOk(isMarked([store('next')], { otherwise: [store('average')] }), 'there is something to do until then');
  t.notOk(isMarked([store('next'), { op: 'finish', at }]), 'the packet ends there');
  t.notOk(isMarked([store('next')], { time: local(1, 'now', true) }), 'what held the time has been given another value');
});

await t.test('the C of a counter says so', async (t) => {
  const { source } = await lower(plan(await clickGraph('FromDevice(in) -> Counter -> ToDevice(in);')), { places: false });
  t.match(source('wl_bench.h'), /if \(WL_UNLIKELY\(\(now_us_\d+ >= next_us_\d+\)\)\)/);
});
