/** Commands start quickly: test suites start the driver hundreds of times. Figures are ratios to a start of Node, on any machine. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';

const configuration = 'InfiniteSource(LIMIT 3, STOP true) -> Print(x) -> Counter -> Discard';
const wirelet = path.join(packageRoot, 'src/cli/wirelet.cjs');
const small = 'Idle -> Discard; DriverManager(stop)';
const ROUNDS = 9;
/**
 * Node itself takes some 40 ms on an idle machine, and on a slow one 140 ms; the driver 1.55 times that, and module by module three times. Checking a graph
 * takes 1.9 times, and three times. The least of some rounds has little noise.
 */
const STARTS = [
  ['the driver starts', 2, 'click', '-e', small],
  ['a small graph is checked', 2.6, 'check', path.join(packageRoot, 'configs/wire.yaml')],
] as const;

function took(args: readonly string[]): number {
  const begin = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore', timeout: 30_000 });
  t.equal(status, 0, 'it ends as it should');
  return performance.now() - begin;
}

const dist = path.join(packageRoot, 'dist');
const changed = (file: string) => statSync(path.join(dist, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
const compiled = ['src', 'elements'].flatMap((folder) => readdirSync(path.join(dist, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js')).map((name) => path.join(folder, name)));
const packed = compiled.every((file) => changed(file) <= changed('command.cjs'));
const skip = !packed && 'the TypeScript was compiled without npm run build';
const record = ['tsconfig.tsbuildinfo', 'tsconfig.test.tsbuildinfo'].find((name) => changed(name) > 0)!;

for (const [name, max, ...args] of STARTS) {
  t.test(`${name} in no more than ${max} times the time of Node`, { skip }, (t) => {
    took([wirelet, ...args]);
    const rounds = Array.from({ length: ROUNDS }, () => [took(['-e', '0']), took([wirelet, ...args])] as const);
    const [node, whole] = [Math.min(...rounds.map(([bare]) => bare)), Math.min(...rounds.map(([, all]) => all))];
    t.ok(whole <= node * max, `${whole.toFixed(0)} ms, Node ${node.toFixed(0)} ms`);
    t.end();
  });
}

t.test('a graph with elements of its own, which import modules one by one, is checked the same', { skip }, (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-start-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  spawnSync(process.execPath, [wirelet, 'new-element', 'Same', folder]);
  writeFileSync(path.join(folder, 'built.yaml'), 'interfaces: [lan, wan]\ngraph: lan -> wan; wan -> lan\n');
  for (const files of [['same.yaml'], ['built.yaml', 'same.yaml']]) {
    const [usual, debugged] = [[], ['--inspect=127.0.0.1:0']].map((options) => spawnSync(process.execPath, [...options, wirelet, 'check', ...files], { encoding: 'utf8', cwd: folder }));
    t.match(usual!.stdout, /same\.yaml: \d+ elements, nothing wrong\n$/);
    t.match(debugged, { stdout: usual!.stdout, status: usual!.status });
  }
  t.end();
});

t.test('the driver comes from few files as long as none of the compiled files is newer', { skip }, (t) => {
  const kind = () => spawnSync(process.execPath, ['-p', `typeof require(${JSON.stringify(path.join(dist, 'command.cjs'))}).packedCommand(${JSON.stringify(dist)}, 'click')`], { encoding: 'utf8' }).stdout.trim();
  const later = (name: string) => {
    const file = path.join(dist, name);
    const { atime, mtime } = statSync(file);
    t.teardown(() => utimesSync(file, atime, mtime));
    utimesSync(file, atime, new Date(Date.now() + 10_000));
  };
  t.equal(kind(), 'function');
  later(record);
  t.equal(kind(), 'function', 'the compiler has written none of its modules');
  later('elements/flow/Null.js');
  t.equal(kind(), 'undefined');
  t.end();
});

t.test('code is kept once a configuration has come to its classes, and none is kept where nobody can write', { skip }, (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-start-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const kept = (cache: string, ...args: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [wirelet, 'click', ...args], { encoding: 'utf8', env: { ...process.env, WIRELET_CACHE: cache } });
    t.match({ status, stderr }, { status: 0, stderr: '' });
    return existsSync(path.join(cache, 'code')) ? readdirSync(path.join(cache, 'code')) : [];
  };
  t.strictSame(kept(folder, '--help'), []);
  const [first] = kept(folder, '-e', small);
  t.ok(first);
  t.strictSame(kept(folder, '-e', 'InfiniteSource(LIMIT 3, STOP true) -> Counter -> Discard'), [first]);
  t.strictSame(kept(path.join(packageRoot, 'package.json'), '-e', small), []);
  t.end();
});

t.test('under a debugger, which follows modules, the driver says the same', (t) => {
  const [usual, debugged] = [[], ['--inspect=127.0.0.1:0']].map((options) => spawnSync(process.execPath, [...options, wirelet, 'click', '-e', configuration, '-h', 'Counter@3.count'], { encoding: 'utf8' }));
  t.match(usual!.stdout, /3/);
  t.equal(debugged!.stdout, usual!.stdout);
  t.end();
});
