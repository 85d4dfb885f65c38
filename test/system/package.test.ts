/** The package as npm packs and installs it: what it is without the repository around it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-package-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const installed = path.join(folder, 'node_modules/wirelet');

/** Packed from what is compiled already, and unpacked beside the packages that it depends on. */
function install(): void {
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: packageRoot });
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', path.join(folder, archive), '--strip-components=1', '-C', installed]);
  for (const name of readdirSync(path.join(packageRoot, 'node_modules'))) if (name !== 'wirelet') symlinkSync(path.join(packageRoot, 'node_modules', name), path.join(folder, 'node_modules', name));
}

function wirelet(...args: string[]) {
  return spawnSync(process.execPath, [path.join(installed, 'src/cli/wirelet.cjs'), ...args], { cwd: folder, encoding: 'utf8', env: { ...process.env, WIRELET_CACHE: path.join(folder, 'cache') } });
}

install();

t.test('a package has what it takes to run and to be built, and no tests', (t) => {
  for (const absent of ['test', 'dist/test', 'dist/bench', 'package-lock.json']) t.notOk(existsSync(path.join(installed, absent)), absent);
  const { status, stderr } = spawnSync('cmake', ['-S', installed, '-B', path.join(folder, 'configured'), `-DCMAKE_JS_INC=${folder}`], { encoding: 'utf8' });
  t.equal(status, 0, stderr);
  t.end();
});

t.test('without the VMM, commands say what builds it, and the rest works', (t) => {
  const command = `node ${path.join(installed, 'src/setup/install.mjs')}`;
  t.match(wirelet('doctor').stdout, `to mend it: ${command}`);
  const run = wirelet('run', path.join(installed, 'configs/wire.yaml'), '--vmm', 'process', '--for', '0.1');
  t.equal(run.status, 3);
  t.match(run.stderr, command);
  t.equal(wirelet('run', path.join(installed, 'configs/wire.yaml'), '--vmm', 'node', '--until-idle').status, 0);
  const kept = () => readdirSync(path.join(folder, 'cache/code')).length;
  const before = kept();
  const click = wirelet('click', '-e', 'InfiniteSource(LIMIT 2, STOP true) -> c :: Counter -> Discard', '-h', 'c.count');
  t.equal(click.stdout, '2\n', click.stderr);
  t.equal(kept(), before + 1, 'code of the packed command');
  t.end();
});

t.test('with it, graphs become appliances', (t) => {
  symlinkSync(path.join(packageRoot, 'build'), path.join(installed, 'build'));
  const { status, stderr } = wirelet('run', path.join(installed, 'configs/firewall.yaml'), '--vmm', 'process', '--port', 'lan=gen:count=10', '--until-idle');
  t.equal(status, 0, stderr);
  t.end();
});
