/** A small configuration starts quickly: test suites start the driver hundreds of times. The figure is a ratio to a start of Node, on any machine. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';

const ROUNDS = 7;
/** Node itself takes some 40 ms on an idle machine; so many times that is 0.25 s. */
const RATIO_MAX = 6;

const median = (times: readonly number[]) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)]!;

function took(args: readonly string[]): number {
  const begin = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore', timeout: 30_000 });
  t.equal(status, 0, 'it ends as it should');
  return performance.now() - begin;
}

t.test('the driver starts in no more than six times the time of Node', (t) => {
  const configuration = 'InfiniteSource(LIMIT 3, STOP true) -> Print(x) -> Counter -> Discard';
  const rounds = Array.from({ length: ROUNDS }, () => [took(['-e', '0']), took([path.join(packageRoot, 'src/cli/wirelet.mjs'), 'click', '-e', configuration])] as const);
  const [node, driver] = [median(rounds.map(([bare]) => bare)), median(rounds.map(([, whole]) => whole))];
  t.ok(driver <= node * RATIO_MAX, `${driver.toFixed(0)} ms, Node ${node.toFixed(0)} ms`);
  t.end();
});
