/** What `explain --report` says is what the compiler did. */
import t from 'tap';
import { lower } from '#src/compile/lower.js';
import { reportOf } from '#src/compile/report.js';
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
  const { elements } = await report('FromDevice(in) -> s :: Strip(14) -> ToDevice(out);');
  t.match(elements.find(({ name }) => name === 's')!.traps, [{ reason: 'short_packet', at: /Strip\.ts:\d+/ }]);
});
