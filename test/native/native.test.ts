/** The C++ tests of the native side, built with sanitizers and run. WIRELET_SEED=N replays one. */
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';

const FOLDER = path.join(packageRoot, 'build', 'native-test');
/** Of the machine's time: compilers are slow beside others. */
const BUILD_AND_RUN_MS = 580_000;
const missing = ['cmake', 'c++'].find((command) => spawnSync(command, ['--version']).status !== 0);

t.test('the native side holds against hostile rings, images and captures', { skip: missing && `${missing} is not installed`, timeout: BUILD_AND_RUN_MS }, (t) => {
  execFileSync('cmake', ['-S', path.join(packageRoot, 'native'), '-B', FOLDER], { stdio: 'pipe' });
  execFileSync('cmake', ['--build', FOLDER, '--target', 'wl_native_test', '-j', '2'], { stdio: 'pipe' });
  for (const seed of [1, process.env['WIRELET_SEED'] ?? Math.floor(Math.random() * 1e9)]) {
    const { status, stdout, stderr } = spawnSync(path.join(FOLDER, 'wl_native_test'), { env: { ...process.env, WIRELET_SEED: String(seed) }, encoding: 'utf8' });
    const lines = stdout.split('\n').filter((line) => /^(not )?ok /.test(line));
    t.ok(lines.length > 0, 'there are tests');
    for (const line of lines) t.ok(line.startsWith('ok '), `${line.replace(/^(not )?ok \d+ - /, '')} (WIRELET_SEED=${seed})`);
    t.equal(status, 0, `WIRELET_SEED=${seed}: ${stderr.slice(0, 2000)}`);
  }
  t.end();
});
