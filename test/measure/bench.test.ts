/** `wirelet bench` on real appliances, as a person calls it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { recordErrors } from './record-check.js';
import { wirelet } from '../system/command-line.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-bench-test-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const at = (name: string) => path.join(folder, name);
const revisions = spawnSync('git', ['-C', packageRoot, 'rev-parse', 'HEAD']).status === 0 ? false : 'this tree is no clone of the repository';

t.test('the rate of a wire, in JSON, HTML and CSV', async (t) => {
  const { status, stdout, stderr } = await wirelet(['bench', 'configs/wire.yaml', '--vmm', 'process', '--method', 'throughput', '--duration', '0.05', '--runs', '2', '--json', '--html', at('r.html'), '--csv', at('r.csv'), '--history', at('h.ndjson')]);
  t.equal(status, 0, stderr);
  const record = JSON.parse(stdout);
  for (const field of ['conditions', 'samples', 'median', 'unit', 'mpps', 'ns_per_packet', 'cycles_per_packet']) t.ok(field in record, field);
  t.equal(record.samples.length, 2);
  t.equal(record.settings.forwarded, 1);
  t.match(record.results[0], { method: 'throughput', frame_size: 64, goals: [{ goal: { name: 'NDR' } }, { goal: { name: 'PDR' } }] });
  t.match(readFileSync(at('r.html'), 'utf8'), /^<!doctype html>/);
  t.match(readFileSync(at('r.csv'), 'utf8'), /full speed/);
  t.equal(JSON.parse(readFileSync(at('h.ndjson'), 'utf8')).subject, 'configs/wire.yaml');
  t.equal(recordErrors(record), '', 'as the schema says');
  t.same(record.figures.map(({ what }: { what: string }) => what), ['full speed', 'NDR', 'PDR']);
  const [{ frame_bytes: bytes }] = record.results;
  t.equal(bytes, 64, 'frames have the size that was asked for, their check sequence included');
});

t.test('frames described in YAML are sent, each checked when it comes back, and their size is told', async (t) => {
  writeFileSync(at('frames.yaml'), 'frames:\n  - ipv4: { src: 10.0.0.0/28, dst: 10.0.1.1 }\n    udp: { sport: 1024-1039, dport: 53 }\n    size: 200\n');
  const { status, stdout, stderr } = await wirelet(['bench', 'configs/wire.yaml', '--vmm', 'process', '--method', 'soak', '--rate', '2000', '--duration', '0.5', '--runs', '1', '--template', at('frames.yaml'), '--traffic', 'verify=true', '--trials']);
  t.equal(status, 0, stderr);
  t.match(stdout, /captured {2}lost in soak +\d+ +frames +0\.003\d+ +0\.003\d+ /, 'with the rates of 200 bytes on the wire');
  t.match(stdout, /reordered +duplicated +corrupted[^]*captured +1 +0\.5 +1000 +\d+ +\d+ +\d+ +0 +0 /, 'duplicated, corrupted: none');
  t.match(stdout, /Every trial:\n.*rate, pps/);
});

t.test('an appliance that forwards nothing is not given a rate', async (t) => {
  writeFileSync(at('hole.yaml'), 'interfaces: [lan]\ngraph: |\n  lan -> Discard\n');
  t.match(await wirelet(['bench', at('hole.yaml'), '--vmm', 'process']), { status: 1, stderr: /WL4131 error: the appliance forwards none/ });
});

t.test('a firewall is measured with its own traffic, and says how much of it passes', async (t) => {
  const { status, stdout, stderr } = await wirelet(['bench', 'configs/firewall.yaml', '--vmm', 'process', '--runs', '1', '--json']);
  t.equal(status, 0, stderr);
  const { settings } = JSON.parse(stdout);
  t.match(settings.traffic, /captured frames: .*lan-in\.pcap/);
  t.ok(settings.forwarded > 0.5 && settings.forwarded < 1);
});

t.test('wrong options are said before anything is measured', async (t) => {
  for (const [words, message] of [
    [['bench', 'configs/wire.yaml', '--method', 'magic'], /there is no such method/],
    [['bench', 'configs/wire.yaml', '--sizes', '63'], /are not sizes from 64/],
    [['bench', 'configs/wire.yaml', '--runs', '0'], /--runs 0 is not a number from 1/],
    [['bench', 'configs/wire.yaml', '--duration', 'long'], /--duration long is not a number/],
    [['bench', 'configs/wire.yaml', 'configs/nat.yaml'], /takes one graph/],
    [['bench', 'compare', 'x'], /needs two records/],
    [['bench', 'compare', 'HEAD', 'HEAD', '--runs', '5'], /--runs 5 is not a number from 8/],
    [['bench', 'compare', 'HEAD', 'HEAD', '--sizes', '64,128'], /of one size/],
    [['bench', 'configs/wire.yaml', '--html', at('none/r.html')], /--html .*none\/r\.html cannot be written \(ENOENT\)/],
  ] as const) {
    const { status, stderr } = await wirelet([...words]);
    t.equal(status, 2, words.join(' '));
    t.match(stderr, message);
  }
  t.match(await wirelet(['bench', 'configs/wire.yaml', '--from', 'dmz', '--vmm', 'process']), { status: 1, stderr: /WL4130 [^]*Its interfaces are lan, wan/ });
  t.match(await wirelet(['bench', 'compare', 'no-such-revision', 'HEAD']), { status: 1, stderr: /WL4134/ });
});

t.test('a measurement that is interrupted reports what it has, marked', async (t) => {
  const { status, stdout } = await wirelet(['bench', 'configs/wire.yaml', '--vmm', 'process', '--sizes', '64,128,256', '--method', 'throughput', '--duration', '0.2', '--runs', '1', '--json'], { stopAfter: /128 bytes, (NDR|PDR)/ });
  t.equal(status, 1);
  const record = JSON.parse(stdout);
  t.equal(record.partial, true);
  t.same(record.results.map(({ frame_size }: { frame_size: number }) => frame_size), [64]);
});

t.test('two records are compared, and only of one host', async (t) => {
  const made = at('h.ndjson');
  if (!existsSync(made)) return t.fail('no record');
  const record = JSON.parse(readFileSync(made, 'utf8').split('\n')[0]!);
  writeFileSync(at('a.json'), JSON.stringify({ ...record, samples: [10, 10.1, 9.9, 10, 10.05, 9.95] }));
  writeFileSync(at('b.json'), JSON.stringify({ ...record, samples: [12, 12.1, 11.9, 12, 12.05, 11.95] }));
  writeFileSync(at('c.json'), JSON.stringify({ ...record, conditions: { ...record.conditions, host_fingerprint: 'another' } }));
  const compared = await wirelet(['bench', 'compare', at('a.json'), at('b.json'), '--json', '--html', at('compare.html'), '--csv', at('compare.csv')]);
  t.equal(compared.status, 0, compared.stderr);
  t.match(JSON.parse(compared.stdout), { verdict: 'slower', in_turns: false, interval: null });
  t.equal(recordErrors(JSON.parse(compared.stdout)), '');
  t.match(readFileSync(at('compare.html'), 'utf8'), /B takes 20\.0 % more time than A[^]*<svg /);
  t.match(readFileSync(at('compare.csv'), 'utf8'), /^turn,a_ns_per_packet,b_ns_per_packet\r\n1,10,12\r\n/);
  t.match(await wirelet(['bench', 'compare', at('a.json'), at('c.json')]), { status: 1, stdout: /different hosts/ });
});

t.test('two revisions are built, kept, and measured in turns; what is interrupted leaves nothing half-done', { skip: revisions, timeout: 550_000 }, async (t) => {
  const cache = at('cache');
  const env = { WIRELET_CACHE: cache };
  const kept = () => (existsSync(path.join(cache, 'revisions')) ? readdirSync(path.join(cache, 'revisions')) : []);
  const stopped = await wirelet(['bench', 'compare', 'HEAD', 'HEAD'], { env, stopAfter: /building HEAD/ });
  t.match(stopped, { status: 1, stdout: '', stderr: /WL4133/ });
  t.same(kept(), [], 'a build that was interrupted leaves nothing behind');
  const { status, stdout, stderr } = await wirelet(['bench', 'compare', 'HEAD', 'HEAD~0', '--vmm', 'process', '--graph', 'configs/wire.yaml', '--json', '--html', at('turns.html')], { env, timeoutMs: 500_000, stopAfter: /turn 3 of 9, about \d+ (s|min) left/ });
  t.equal(status, 1, stderr);
  const record = JSON.parse(stdout);
  t.equal(recordErrors(record), '');
  t.match(record, { partial: true, verdict: 'unclear', in_turns: true, names: [/^HEAD \([0-9a-f]{12}\)$/, /^HEAD~0 /], conditions: { vmm: 'process' } });
  t.equal(record.a.length, 2);
  t.equal(record.b.length, 2);
  t.match(record.core_to_core_ns.map((times: unknown[]) => times.length), [3, 3], 'before, between and after the samples');
  for (const ns of [...record.a, ...record.b]) t.ok(ns > 1 && ns < 1e6, `${ns} ns/packet`);
  t.match(stderr, /building HEAD [^]*HEAD is built[^]*HEAD~0 \([0-9a-f]{12}\) was built before/);
  t.equal(kept().length, 1, 'one commit is built once, and kept');
  t.match(readFileSync(at('turns.html'), 'utf8'), /interrupted[^]*<svg /i);
});
