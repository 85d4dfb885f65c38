/** `bench density|chain|swap` and `bench boot --others`: small ones, for what they say rather than how much. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { probeKvm } from '#src/run/machine.js';
import { wirelet } from './command-line.js';

const kvm = probeKvm().usable ? false : 'no usable /dev/kvm';
const folder = mkdtempSync(path.join(tmpdir(), 'wlbs-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

async function bench<T>(t: Test, ...words: string[]): Promise<T> {
  const html = path.join(folder, 'report.html'), csv = path.join(folder, 'report.csv');
  for (const file of [html, csv]) rmSync(file, { force: true });
  // What they make is to be gone with them.
  const said = await wirelet(['bench', ...words, '--json', '--history', path.join(folder, 'history.ndjson'), '--html', html, '--csv', csv], { env: { TMPDIR: folder } });
  if (said.status !== 0) throw new Error(said.stderr);
  const record = JSON.parse(said.stdout) as T & { conditions: object; samples: number[] };
  const page = readFileSync(html, 'utf8');
  for (const name of Object.keys(record.conditions)) t.ok(page.includes(name.replace(/_/g, ' ')), `the page tells of ${name}`);
  const lines = readFileSync(csv, 'utf8').trim().split('\r\n');
  t.equal(lines[0], 'section,what,value,unit,note');
  for (const name of Object.keys(record.conditions)) t.ok(lines.some((line) => line.startsWith(`condition,${name},`)), `a row has ${name}`);
  t.equal(lines.filter((line) => line.startsWith('sample,')).length >= record.samples.length, true, 'and each sample one');
  const figures = lines.filter((line) => line.startsWith('figure,'));
  t.ok(figures.length > 1 && figures.every((line) => /^figure,("[^"]*"|[^,]*),-?[\d.e+-]*,/.test(line)), lines.join('\n'));
  return record;
}

t.test('each of several firewalls forwards pings and their answers, and has its share of memory', { skip: kvm, timeout: 120_000 }, async (t) => {
  const result = await bench<{ count: number; running: number; pings: number; answered: number; answering: number; memory_bytes: { process: number; switch: number } }>(t, 'density', '--count', '5', '--runs', '3');
  t.match(result, { count: 5, running: 5, pings: 15, answered: 15, answering: 5 });
  t.ok(result.memory_bytes.process > 100_000 && result.memory_bytes.process < 8 << 20, `${result.memory_bytes.process} bytes`);
});

t.test('one more appliance starts while others run', { skip: kvm, timeout: 120_000 }, async (t) => {
  const result = await bench<{ others: number; samples: number[]; alone: { samples: number[] }; ratio: number }>(t, 'boot', '--others', '3', '--runs', '4');
  t.equal(result.others, 3);
  t.ok(result.samples.length === 4 && result.alone.samples.length === 4 && result.ratio > 0);
});

t.test('frames go round through the switch, and through rows of VMs', { skip: kvm, timeout: 180_000 }, async (t) => {
  const result = await bench<{ pairs: { frame_size: number; mpps: number }[]; chains: { vms: number; offered: number; lost: number; latency_us: { p50: number } }[]; hop: { with_us: { p50: number }; without_us: { p50: number } } }>(t, 'chain', '--most', '2', '--runs', '1');
  t.same(result.pairs.map(({ frame_size: size }) => size), [64, 1518]);
  for (const { mpps } of result.pairs) t.ok(mpps > 0.001, `${mpps} Mpps`);
  t.equal(result.chains[0]?.vms, 2);
  t.ok(result.chains[0]!.offered > 0 && result.chains[0]!.lost <= result.chains[0]!.offered && result.chains[0]!.latency_us.p50 > 0);
  t.ok(result.hop.with_us.p50 > result.hop.without_us.p50, 'a VM on the way takes time');
});

t.test('a gateway is replaced while a million packets a second are offered, and none is lost', { skip: kvm, timeout: 180_000 }, async (t) => {
  const result = await bench<{ swaps: number; samples: number[]; offered: number; offered_pps: number; lost: number; reordered: number; outage_ms: { samples: number[] } }>(t, 'swap', '--rate', '1000000', '--runs', '2');
  t.match(result, { swaps: 2, lost: 0, reordered: 0 });
  // A wire pushes back where the machine is busy: what is due comes later then, and nothing is left out.
  t.comment(`${Math.round(result.offered_pps / 1e3)} thousand a second; frames waited ${result.samples.join(', ')} ms`);
  t.ok(result.offered >= 1_000_000 && result.samples.length === 2 && result.outage_ms.samples.length > 0);
  t.equal(readFileSync(path.join(folder, 'history.ndjson'), 'utf8').trim().split('\n').length, 4, 'each was recorded');
  t.same(readdirSync(folder).filter((name) => name.startsWith('wlbench-')), [], 'nothing is left behind');
});

t.test('wrong numbers are refused', async (t) => {
  for (const words of [['density', '--count', '0'], ['density', '--count', '5000'], ['chain', '--sizes', 'imix'], ['swap', '--rate', '1'], ['boot', '--others', '-1']]) {
    const { status, stderr } = await wirelet(['bench', ...words]);
    t.equal(status, 2, words.join(' '));
    t.match(stderr, /WL1391/);
  }
});

t.test('a row of measurements that is interrupted reports what it has, marked, and leaves no VM behind', { skip: kvm, timeout: 180_000 }, async (t) => {
  const html = path.join(folder, 'partial.html');
  for (const [words, stopAfter] of [
    [['boot', '--runs', '1000'], /start 26 of 1000, about \d+ (s|min) left/],
    [['chain', '--most', '2', '--runs', '1', '--only', 'pairs'], /1518 bytes \(2 of 2, about/],
  ] as const) {
    const { status, stdout, stderr } = await wirelet(['bench', ...words, '--json', '--html', html], { env: { TMPDIR: folder }, stopAfter });
    t.equal(status, 1, stderr);
    const record = JSON.parse(stdout) as { partial?: boolean; samples: number[] };
    t.equal(record.partial, true, words.join(' '));
    t.ok(record.samples.length >= 1, `${record.samples.length} samples`);
    t.match(readFileSync(html, 'utf8'), /interrupted/i);
  }
  t.match(await wirelet(['bench', 'density', '--count', '3'], { env: { TMPDIR: folder }, stopAfter: /starting 3 firewalls/ }), { status: 1, stdout: '', stderr: /WL4133/ });
  t.same(readdirSync(folder).filter((name) => name.startsWith('wlbench-')), [], 'nothing is left behind');
});
