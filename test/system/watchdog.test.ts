/** An appliance that makes no progress is seen, and ended. */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { Watchdog } from '#src/run/watchdog.js';
import { until } from './running.js';

const START_MS_MAX = 60_000;

/** Processes whose parent that is. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((each) => {
    try {
      return Number(readFileSync(`/proc/${each}/stat`, 'latin1').split(') ')[1]!.split(' ')[1]) === pid;
    } catch {
      return false;
    }
  });
}

await t.test('a confined process that stands still is ended', async (t) => {
  const child = spawn(process.execPath, [path.join(packageRoot, 'src/cli/wirelet.cjs'), 'run', 'configs/wire.yaml', '--vmm', 'process', '--spin', '--watchdog', '2', '--port', 'lan=gen:rate=1000', '--port', 'wan=null'], {
    cwd: packageRoot, stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data) => (said += data));
  t.teardown(() => child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await until(() => Promise.resolve(said), (text) => text.includes('running'), START_MS_MAX);
  // The VMM, and below it the process that is the appliance.
  const [guest] = childrenOf(child.pid!).flatMap(childrenOf);
  t.ok(guest !== undefined, said);
  if (guest === undefined) return;
  process.kill(guest, 'SIGSTOP');
  t.equal(await ended, 1);
  t.match(said, /WL4149 error: the appliance makes no progress: no round of its loop has ended for 2 s/);
});

await t.test('who waits, or is held, makes progress enough', async (t) => {
  let barked = 0;
  const seen = { rounds: 7n, waits: true };
  const watchdog = new Watchdog(() => [seen], 0.1, () => (barked += 1));
  t.teardown(() => watchdog.close());
  await new Promise((resolve) => setTimeout(resolve, 400));
  t.equal(barked, 0);
  seen.waits = false;
  t.equal(await until(() => Promise.resolve(barked), (count) => count > 0), 1, 'who has work does not');
});
