/** A small configuration starts quickly: test suites start the driver hundreds of times. The figure is a ratio to a start of Node, on any machine. */
import { spawnSync } from 'node:child_process';
import { statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';

const configuration = 'InfiniteSource(LIMIT 3, STOP true) -> Print(x) -> Counter -> Discard';
const wirelet = path.join(packageRoot, 'src/cli/wirelet.mjs');
const ROUNDS = 7;
/** Node itself takes some 40 ms on an idle machine, and on a slow one 110 ms; module by module the driver takes three and a half times that. */
const RATIO_MAX = 3;

const median = (times: readonly number[]) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)]!;

function took(args: readonly string[]): number {
  const begin = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore', timeout: 30_000 });
  t.equal(status, 0, 'it ends as it should');
  return performance.now() - begin;
}

t.test('the driver starts in no more than three times the time of Node', (t) => {
  const rounds = Array.from({ length: ROUNDS }, () => [took(['-e', '0']), took([wirelet, 'click', '-e', configuration])] as const);
  const [node, driver] = [median(rounds.map(([bare]) => bare)), median(rounds.map(([, whole]) => whole))];
  t.ok(driver <= node * RATIO_MAX, `${driver.toFixed(0)} ms, Node ${node.toFixed(0)} ms`);
  t.end();
});

t.test('the driver comes from one file as long as none of the compiled files is newer', (t) => {
  const program = `import(${JSON.stringify(path.join(packageRoot, 'dist/src/cli/packed-driver.js'))}).then((module) => console.log(typeof module.packedDriver()))`;
  const kind = () => spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stdout.trim();
  const one = path.join(packageRoot, 'dist/elements/flow/Null.js');
  const { atime, mtime } = statSync(one);
  if (!(statSync(path.join(packageRoot, 'dist/driver.cjs'), { throwIfNoEntry: false })?.mtime! >= mtime)) t.pass('not looked at', { skip: 'the TypeScript was compiled without npm run build' });
  else {
    t.equal(kind(), 'function');
    utimesSync(one, atime, new Date(Date.now() + 10_000));
    t.teardown(() => utimesSync(one, atime, mtime));
    t.equal(kind(), 'undefined');
  }
  t.end();
});

t.test('under a debugger, which follows modules, the driver says the same', (t) => {
  const [usual, debugged] = [[], ['--inspect=127.0.0.1:0']].map((options) => spawnSync(process.execPath, [...options, wirelet, 'click', '-e', configuration, '-h', 'Counter@3.count'], { encoding: 'utf8' }));
  t.match(usual!.stdout, /3/);
  t.equal(debugged!.stdout, usual!.stdout);
  t.end();
});
