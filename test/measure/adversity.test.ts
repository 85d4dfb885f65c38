/** What can go wrong around a measurement: the clock is set, there is one core, no permission, too much is asked, it is interrupted. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { conditionsText } from '#src/measure/conditions.js';
import { packageRoot } from '#src/package-root.js';
import type { BenchRecord } from '#src/measure/record.js';
import { wirelet } from '../system/command-line.js';
import { runProgram } from '../system/lab/program.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-adversity-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const WIRE = path.join(packageRoot, 'configs/wire.yaml');
const WIRELET = path.join(packageRoot, 'src/cli/wirelet.cjs');
const TIMEOUT_MS = 120_000;
const installed = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const NO_FIGURE = /NaN|Infinity|undefined|"(mpps|ns_per_packet)":-/;

t.test('the clock of the day may be set while a measurement runs', { skip: installed('cc') ? false : 'no cc' }, async (t) => {
  const shim = path.join(folder, 'clock-steps.so');
  const compiled = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-o', shim, path.join(packageRoot, 'test/measure/clock-steps.c')], { encoding: 'utf8' });
  t.equal(compiled.status, 0, compiled.stderr);
  const env = { LD_PRELOAD: shim };
  for (const words of [['--method', 'soak', '--rate', '5000', '--duration', '0.5', '--runs', '1'], ['--method', 'latency', '--duration', '0.05', '--runs', '1']]) {
    const { status, stdout, stderr } = await wirelet(['bench', 'configs/wire.yaml', '--vmm', 'native', '--json', ...words], { env });
    t.equal(status, 0, stderr);
    t.notMatch(stdout, NO_FIGURE);
    for (const [, left, unit] of stderr.matchAll(/about (\d+) (s|min) left/g)) t.ok(Number(left) * (unit === 's' ? 1 : 60) < 3600, `${left} ${unit} left`);
    const record = JSON.parse(stdout) as BenchRecord;
    t.ok(Math.abs(Date.parse(record.conditions.date) - Date.now()) > 1_800_000, 'the clock was set');
    t.ok(record.mpps! > 0.001 && record.mpps! < 1000, `${record.mpps} Mpps`);
    const [result] = record.results;
    for (const { pacing } of result !== undefined && 'trials' in result ? result.trials : []) t.ok(pacing === undefined || Math.abs(pacing.error_ppm) < 1e9, `pacing is off by ${pacing?.error_ppm} ppm, not by days`);
    if (result?.method === 'latency') for (const { latency } of result.loads) t.ok(latency === null || (latency.min_ns >= 0 && latency.max_ns < 60e9), `${latency?.max_ns} ns at most`);
  }
});

t.test('what carries frames asks the clock of the day only for the time stamps of captures and guests', (t) => {
  const native = path.join(packageRoot, 'native');
  const asking = readdirSync(native, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(h|c|cpp)$/.test(file)).flatMap((file) => readFileSync(path.join(native, file), 'utf8').split('\n').filter((line) => /CLOCK_REALTIME|gettimeofday|system_clock|\btime\((NULL|nullptr|0)\)/.test(line.replace(/\/\/.*/, ''))).map((line) => `${file}: ${line.trim()}`));
  t.same(asking, ['tender/wl_tsc.h: epoch_ns = clock_ns(CLOCK_REALTIME);']);
  t.end();
});

t.test('with one core the figures say so', { skip: installed('taskset') ? false : 'taskset is not installed: apt-get install util-linux' }, async (t) => {
  const pinned = async (...words: string[]) => runProgram(['taskset', '-c', '0', process.execPath, WIRELET, 'bench', WIRE, '--vmm', 'process', ...words], TIMEOUT_MS);
  const said = await pinned('--runs', '1', '--json');
  t.equal(said.status, 0, said.stderr);
  t.notMatch(said.stdout, NO_FIGURE);
  const record = JSON.parse(said.stdout) as BenchRecord;
  t.equal(record.conditions.usable_cores, 1);
  t.ok(record.mpps! > 0);
  t.match(conditionsText(record.conditions), /ONE OF THEM USABLE/);
});

/** A user without any right, and a folder of that user. */
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', 'env', '-u', 'NODE_OPTIONS', `HOME=${folder}/home`, `XDG_CACHE_HOME=${folder}/home`, `XDG_RUNTIME_DIR=${folder}/home`];
const unreadable = (() => {
  if (process.getuid?.() !== 0) return 'only root may be somebody else';
  if (!installed('setpriv')) return 'setpriv is not installed: apt-get install util-linux';
  return spawnSync(NOBODY[0]!, [...NOBODY.slice(1, 5), 'test', '-r', WIRELET]).status === 0 ? false : 'the tree lies where others cannot read it';
})();

t.test('without permission there is a way round, or the fix is said', { skip: unreadable }, async (t) => {
  chmodSync(folder, 0o755);
  mkdirSync(path.join(folder, 'home'));
  chmodSync(path.join(folder, 'home'), 0o777);
  const nobody = async (...words: string[]) => runProgram([...NOBODY, process.execPath, WIRELET, 'bench', WIRE, ...words], TIMEOUT_MS);
  const measured = await nobody('--runs', '1', '--json');
  t.equal(measured.status, 0, measured.stderr);
  t.ok((JSON.parse(measured.stdout) as BenchRecord).mpps! > 0, 'without KVM it runs as a process');
  for (const [words, message] of [
    [['--method', 'soak', '--port', 'wan=packet:lo'], /no permission to open a packet socket/],
    [['--method', 'soak', '--port', 'wan=tap:wlnobody0'], /no permission to use tap wlnobody0|\/dev\/net\/tun cannot be opened: Permission denied/],
    ...(spawnSync(NOBODY[0]!, [...NOBODY.slice(1, 5), 'test', '-w', '/dev/kvm']).status === 0 ? [] : [[['--vmm', 'kvm'], /\/dev\/kvm/] as const]),
  ] as const) {
    const { status, stdout, stderr } = await nobody(...words);
    t.ok(status !== null && status > 0, `${words.join(' ')}: ${status}`);
    t.equal(stdout, '', 'there is no figure');
    t.match(stderr, message);
    t.match(stderr, /hint:|run with|usermod/, 'and a fix');
    t.notMatch(stderr, /\n\s+at .*:\d+:\d+/, 'no stack trace');
  }
});

t.test('a rate beyond any machine is refused, or its loss is told', async (t) => {
  for (const rate of ['0', '-5', '2e9', 'fast']) t.match(await wirelet(['bench', 'configs/wire.yaml', '--method', 'soak', '--rate', rate]), { status: 2, stdout: '', stderr: /WL1391 .*--rate/ }, rate);
  const { status, stdout, stderr } = await wirelet(['bench', 'configs/wire.yaml', '--vmm', 'process', '--method', 'soak', '--rate', '900000000', '--duration', '0.05', '--runs', '1', '--json']);
  t.equal(status, 0, stderr);
  t.notMatch(stdout, NO_FIGURE);
  const [result] = (JSON.parse(stdout) as BenchRecord).results;
  if (result?.method !== 'soak') return t.fail('no soak');
  t.equal(result.offered, 45_000_000);
  const late = result.trials[0]!.pacing?.error_ppm ?? 0;
  t.ok(result.lost > result.offered / 10 || late > 100_000, `${result.lost} of ${result.offered} were lost, ${late} ppm too slow: the rate was not kept, and the report says so`);
  const slow = await wirelet(['bench', 'configs/wire.yaml', '--vmm', 'process', '--method', 'soak', '--rate', '1', '--duration', '1', '--runs', '1', '--json']);
  t.match(JSON.parse(slow.stdout).results, [{ offered: 1, lost: 0 }], 'one frame a second is a rate');
});

t.test('a measurement that is interrupted has the parts that were done, marked in every report', async (t) => {
  const html = path.join(folder, 'loss.html');
  const { status, stdout } = await wirelet(['bench', 'configs/wire.yaml', '--vmm', 'process', '--method', 'loss', '--duration', '0.5', '--runs', '1', '--json', '--html', html], { stopAfter: /trial 2,/ });
  t.equal(status, 1);
  const record = JSON.parse(stdout) as BenchRecord;
  t.equal(record.partial, true);
  const [result] = record.results;
  if (result?.method !== 'loss') return t.fail('no loss curve');
  t.equal(result.partial, true);
  t.ok(result.points.length >= 1 && result.points.length < 10, `${result.points.length} points`);
  t.match(readFileSync(html, 'utf8'), /interrupted/i);
});

t.test('interrupted before anything was done, there is no report', async (t) => {
  writeFileSync(path.join(folder, 'fresh.yaml'), 'interfaces: [lan, wan]\ngraph: |\n  lan -> Counter -> Counter -> Counter -> wan\n  wan -> lan\n');
  const { status, stdout, stderr } = await wirelet(['bench', path.join(folder, 'fresh.yaml'), '--vmm', 'process'], { stopAfter: /\.\.\./ });
  t.equal(status, 1);
  t.equal(stdout, '');
  t.match(stderr, /WL4133/);
});
