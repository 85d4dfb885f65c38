/** What `explain --report` says is what the compiler did. */
import t from 'tap';
import { lower } from '#src/compile/lower.js';
import { reportOf, type ElementReport } from '#src/compile/report.js';
import { plan } from '#src/plan/plan.js';
import { clickGraph } from '../elements/click-graph.js';

async function report(text: string, lookAheadFrom?: number) {
  return reportOf(await lower(plan(await clickGraph(text)), { places: false, ...(lookAheadFrom === undefined ? {} : { lookAheadFrom }) }));
}

const FAN = (last: string) => `
  FromDevice(in) -> Strip(14) -> CheckIPHeader -> r :: RadixIPLookup(10.0.0.0/8 0, 11.0.0.0/8 1);
  r[0] -> a :: DecIPTTL -> EtherEncap(0x0800, 02:00:00:00:00:01, 02:00:00:00:00:02) -> ToDevice(x);
  r[1] -> b :: ${last} -> EtherEncap(0x0800, 02:00:00:00:00:03, 02:00:00:00:00:04) -> ToDevice(y);`;

await t.test('elements that differ in constants only are lanes, and a choice among them is no branch', async (t) => {
  const { elements, edges } = await report(FAN('DecIPTTL'));
  const of = (name: string) => elements.find((element) => element.name === name)!;
  t.equal(of('a').code, 'lanes');
  t.same(of('a').with, ['b']);
  t.same(of('r').compromises, []);
  t.equal(edges.find(({ from }) => from === 'r[1]')?.by, 'lane');
});

await t.test('elements that differ in more are not, and it says what to change', async (t) => {
  const { elements } = await report(FAN('Null'));
  const of = (name: string) => elements.find((element) => element.name === name)!;
  t.equal(of('a').code, 'fused');
  t.match(of('r').compromises[0], { what: /choice of an output/, change: /same chain/ });
});

await t.test('large tables are asked for ahead, small ones are not', async (t) => {
  const text = (addresses: number) => `s :: EtherSwitch(ADDRESSES ${addresses}); FromDevice(a) -> [0]s[0] -> ToDevice(a); FromDevice(b) -> [1]s[1] -> ToDevice(b);`;
  const [large, small] = [await report(text(1_000_000)), await report(text(100))];
  const of = ({ elements }: typeof large) => elements.find(({ name }) => name === 's')!;
  t.equal(of(large).batch, 'asks ahead');
  t.equal(of(small).batch, 'one by one');
  t.ok(of(large).state[0]!.bytes > 2 ** 24);
  t.same(of(large).compromises.filter(({ what }) => what.startsWith('table')), []);
});

await t.test('every place that can trap is listed with its reason', async (t) => {
  const { elements } = await report('FromDevice(in) -> s :: MarkMACHeader(14) -> ToDevice(out);');
  t.match(elements.find(({ name }) => name === 's')!.traps, [{ reason: 'short_packet', at: /MarkMACHeader\.ts:\d+/ }]);
});

const of = (elements: readonly ElementReport[], name: string) => elements.find((element) => element.name === name)!;

await t.test('rules are told as the program they became, and route tables by name and size', async (t) => {
  const { elements } = await report(`FromDevice(in) -> Strip(14) -> CheckIPHeader -> f :: IPFilter(allow dst tcp port 80, deny all) -> r :: RadixIPLookup(10.0.0.0/8 0, 11.0.0.0/24 1);
    r[0] -> ToDevice(x); r[1] -> ToDevice(y);`);
  const [program] = of(elements, 'f').programs;
  t.match(program, { kind: 'code', parts: 1 });
  t.ok(program!.nodes > 1 && program!.depth <= program!.nodes);
  t.equal(of(elements, 'f').worst_case.decisions, program!.depth);
  t.same(of(elements, 'r').constants.map(({ name }) => name), ['root', 'middle', 'leaves'], 'the number of a next hop says its output');
  const gateways = await report(`FromDevice(in) -> Strip(14) -> CheckIPHeader -> r :: RadixIPLookup(10.0.0.0/8 0, 11.0.0.0/24 192.0.2.1 0, 12.0.0.0/8 1);
    r[0] -> ToDevice(x); r[1] -> ToDevice(y);`);
  t.ok(of(gateways.elements, 'r').constants.some(({ name }) => name === 'outputs'), 'it does not where an output has two');
  t.ok(of(elements, 'r').constants.every(({ entries, bytes }) => entries > 0 && bytes >= entries));
  t.match(of(elements, 'f').folded_arguments, /port 80/);
});

await t.test('many rules are told as tables, and as a hash where all ask for certain bits', async (t) => {
  const programOf = async (rule: (index: number) => string) => {
    const rules = Array.from({ length: 60 }, (_, index) => `allow ${rule(index)} && dst port > ${index * 7 + 1}`);
    const { elements } = await report(`FromDevice(in) -> MarkIPHeader(14) -> f :: IPFilter(${rules.join(', ')}) -> ToDevice(out);`);
    return of(elements, 'f').programs[0]!;
  };
  const tables = await programOf((index) => `${index % 2 === 0 ? 'src' : 'dst'} net 10.${index}.0.0/16`);
  t.match(tables, { kind: 'tables' });
  t.ok(tables.bytes > 1000);
  const hash = await programOf((index) => `src net 10.${index}.0.0/16`);
  t.match(hash, { kind: 'hash' });
  t.ok(hash.bytes > 1000);
});

await t.test('edges tell whether they are fused and batched, and why not', async (t) => {
  const { elements, edges } = await report(`FromDevice(a) -> c :: Counter -> q :: Queue(10) -> ToDevice(b); FromDevice(b) -> n :: Null -> c; s :: RatedSource(RATE 10) -> n;`);
  const edge = (from: string) => edges.find((item) => item.from.startsWith(`${from}[`))!;
  t.match(edge('c'), { by: 'fused call', fused: true, batched: 'received together' });
  t.match(edge('q'), { by: 'pull', batched: 'sent together', why: /stored/, change: /queue/ });
  t.match(edge('s'), { batched: 'one by one' });
  t.equal(of(elements, 'c').code, 'shared');
  t.match(of(elements, 'c').compromises[0], { what: /call/, why: /2 ways/ });
  t.ok(of(elements, 'q').compromises.some(({ what }) => what === 'packets wait in memory'));
  t.ok(edges.every(({ by, why, change }) => (by !== 'call' && by !== 'pull') || (why !== undefined && change !== undefined)));
});

await t.test('the worst case counts all rounds of loops, look-ups and copies', async (t) => {
  const { elements } = await report('FromDevice(a) -> [0]s :: EtherSwitch(ADDRESSES 100)[0] -> ToDevice(a); FromDevice(b) -> [1]s[1] -> ToDevice(b); FromDevice(c) -> [2]s[2] -> ToDevice(c);');
  const { worst_case: work, compromises } = of(elements, 's');
  t.match(work, { look_ups: 2, copies: 1 });
  t.ok(work.accesses >= 2 && work.statements > work.accesses);
  t.ok(compromises.some(({ what }) => what === 'packets are copied'));
});

await t.test('everything that is not as fast as it might be has a reason and a change', async (t) => {
  const { elements } = await report(`FromDevice(a) -> SetTimestamp -> p :: Print(x) -> t :: Tee(2); t[0] -> MarkIPHeader(14) -> IPPrint(y) -> ToDevice(a); t[1] -> Queue -> ToDevice(b);`);
  for (const { compromises } of elements) for (const item of compromises) t.ok(item.what.length > 10 && item.why.length > 10 && item.change.length > 10, item.what);
  t.ok(of(elements, 'p').compromises.some(({ what }) => /text is written/.test(what)));
});

await t.test('in large graphs, where fusing ends is told', async (t) => {
  const chain = Array.from({ length: 700 }, (_, index) => `e${index} :: SetIPDSCP(${index % 64})`);
  const { elements, edges } = await report(`FromDevice(in) -> MarkIPHeader(14) -> ${chain.join(' -> ')} -> ToDevice(out);`);
  const called = elements.filter(({ code }) => code === 'called');
  t.ok(called.length > 5 && called.length < 350, `${called.length} of 700 are called`);
  t.match(called[0]!.compromises[0], { why: /large/ });
  t.equal(edges.filter(({ by }) => by === 'call').length, called.length);
});
