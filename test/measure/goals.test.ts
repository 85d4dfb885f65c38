/** What is promised besides rates: each goal is in docs/specification.md, with its verdict. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import t from 'tap';
import { conditions } from '#src/measure/conditions.js';
import { packageRoot } from '#src/package-root.js';
import { GOALS, measureGoals } from '../../bench/goals.js';
import { reached, reachText, type GoalGroup } from '../../bench/goals/goal.js';
import { figureText, type BenchRun, type Row } from '../../bench/record.js';
import { specification } from '../../bench/specification.js';
import { SCENARIOS } from '../../bench/scenarios.js';

const run = (...figures: BenchRun['figures']): BenchRun => ({ conditions: conditions('kvm'), scenarios: [], figures });
const rowOf = (page: string, name: string) => page.split('\n').find((line) => line.startsWith(`| ${name} |`));

t.test('goals and groups have names of their own', (t) => {
  const groups = GOALS.map(({ name }) => name);
  t.same([...new Set([...groups, ...SCENARIOS.map(({ name }) => name)])].length, groups.length + SCENARIOS.length);
  const goals = GOALS.flatMap((group) => group.goals.map(({ name }) => name));
  t.same([...new Set(goals)], goals);
  t.end();
});

t.test('the page says of every goal whether it is reached, not yet, or not yet measured', (t) => {
  const [small, large] = ['firewall image', 'queries answered, one core'];
  const page = specification([run({ name: small, value: 95.5, unit: 'KiB' }, { name: large, value: 5.5, unit: 'M/s', note: 'by dnsperf' }), run({ name: small, value: 97, unit: 'KiB' })]);
  t.equal(rowOf(page, small), '| firewall image | 97 KiB | <= 96 KiB | **not yet** |  |', 'the last figure counts');
  t.equal(rowOf(page, large), '| queries answered, one core | 5.50 M/s | >= 5 M/s | reached | by dnsperf |');
  for (const { goals } of GOALS) for (const goal of goals) t.ok(rowOf(page, goal.name)?.includes(reachText(goal)), goal.name);
  t.match(rowOf(page, 'chain of 8'), /- \| reported \| \*\*not measured yet\*\*/);
  t.match(rowOf(page, 'wire'), /\*\*not measured yet\*\*/, 'a scenario that was not measured says so, too');
  t.end();
});

t.test('a scenario reaches its time, or as many cycles where the clock is slower than that of the target', (t) => {
  const row = (ns_per_packet: number, cycles_per_packet: number): Row => ({ name: 'nat-10k', engine: 'native', frame_size: 64, ns_per_packet, cycles_per_packet, samples: [ns_per_packet], reference_ns_per_packet: ns_per_packet, peers: {} });
  const verdict = (of: Row) => rowOf(specification([{ ...run(), scenarios: [of] }]), 'nat-10k')?.split(' | ').at(-1)?.replace(' |', '');
  t.equal(verdict(row(15, 45)), 'reached', 'at 3 GHz');
  t.equal(verdict(row(17, 35.7)), 'reached in cycles: 39.0 are 15 ns at 2.6 GHz', 'at 2.1 GHz');
  t.equal(verdict(row(19, 39.9)), '**not yet**', 'at 2.1 GHz, more cycles');
  t.end();
});

t.test('what cannot be measured has no figure, and others go on', async (t) => {
  const group = (name: string, measure?: GoalGroup['measure']): GoalGroup => ({ name, title: name, goals: [{ name: `${name} figure`, unit: 's', reach: { most: 1 } }], ...(measure === undefined ? {} : { measure }) });
  const said: string[] = [];
  const figures = await measureGoals(
    [group('none'), group('broken', async () => Promise.reject(new Error('no such device'))), group('odd', async () => [{ name: 'odd figure', value: NaN }]), group('other', async () => [{ name: 'unknown', value: 1 }]), group('good', async () => [{ name: 'good figure', value: 0.5 }])],
    1, (text) => said.push(text),
  );
  t.same(figures, [{ name: 'good figure', value: 0.5, unit: 's' }]);
  for (const text of ['none: there is no measurement of it yet', 'broken is not measured: no such device', 'odd is not measured: "odd figure" is no number', 'other is not measured: "unknown" is none of its goals']) t.ok(said.includes(text), text);
});

t.test('bounds belong to what is reached, and figures keep their digits', (t) => {
  t.same([1, 1.01].map((value) => reached({ name: '', unit: '', reach: { most: 1 } }, value)), [true, false]);
  t.same([1, 0.99].map((value) => reached({ name: '', unit: '', reach: { least: 1 } }, value)), [true, false]);
  t.equal(reached({ name: '', unit: '' }, 5), null);
  t.same([1234.5, 12.34, 1.234, 0.0123, 7].map((value) => figureText({ value, unit: 'us' })), ['1,235 us', '12.3 us', '1.23 us', '0.012 us', '7 us']);
  t.end();
});

t.test('the program that measures the generator alone compiles', (t) => {
  const include = ['tender', 'vswitch', 'abi'].flatMap((folder) => ['-I', path.join(packageRoot, 'native', folder)]);
  const { status, stderr } = spawnSync('c++', ['-std=c++20', '-fsyntax-only', '-fno-exceptions', '-fno-rtti', '-D_GNU_SOURCE', ...include, path.join(packageRoot, 'bench/wl_generator_bench.cpp')], { encoding: 'utf8' });
  t.equal(status, 0, stderr);
  t.end();
});
