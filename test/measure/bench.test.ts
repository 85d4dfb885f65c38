/** `wirelet bench` on real appliances, as a person calls it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { wirelet } from '../system/command-line.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-bench-test-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const at = (name: string) => path.join(folder, name);

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
  t.match(JSON.parse((await wirelet(['bench', 'compare', at('a.json'), at('b.json'), '--json'])).stdout), { verdict: 'slower' });
  t.match(await wirelet(['bench', 'compare', at('a.json'), at('c.json')]), { status: 1, stdout: /different hosts/ });
});
