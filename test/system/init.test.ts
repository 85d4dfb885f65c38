/** What comes with Wirelet can be taken along: the appliance, what it reads, and tests that notice a change. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { wirelet } from './command-line.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-init-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const CONFIGS = readdirSync(path.join(packageRoot, 'configs')).filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -5));

const program = path.join(folder, 'wirelet');
writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${path.join(packageRoot, 'src/cli/wirelet.cjs')}" "$@"\n`);
chmodSync(program, 0o755);

/** The tests of the folder, as `npm test` there runs them. */
function ownTests(name: string, more: NodeJS.ProcessEnv = {}) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return spawnSync(process.execPath, ['--test', '--test-reporter=tap', 'test/'], { cwd: path.join(folder, name), encoding: 'utf8', env: { ...env, WIRELET: program, ...more } });
}

for (const name of CONFIGS) {
  t.test(`${name} stands in a folder of its own`, async (t) => {
    const { status, stdout, stderr } = await wirelet(['init', path.join(folder, name), '--from', name, '--json']);
    t.equal(status, 0, stderr);
    const { files } = JSON.parse(stdout) as { files: string[] };
    t.same(files.filter((file) => !existsSync(file)), [], 'every file it names is there');
    t.match(await wirelet(['check', path.join(folder, name, `${name}.yaml`)]), { status: 0 });
    t.match(await wirelet(['init', path.join(folder, name), '--from', name]), { status: 1, stderr: /^WL1394 error: .* are there already/ }, 'nothing is written over');
  });
}

for (const name of ['firewall', 'dns-server', 'openflow-switch']) {
  t.test(`the tests that ${name} brings along pass`, (t) => {
    const { status, stdout } = ownTests(name);
    t.equal(status, 0, stdout);
    t.match(stdout, /^# fail 0$/m);
    t.end();
  });
}

t.test('they fail when the appliance does something else, and keep what it does when asked to', (t) => {
  const graph = path.join(folder, 'firewall/firewall.yaml');
  writeFileSync(graph, readFileSync(graph, 'utf8').replace('- allow tcp opt ack ', '- deny tcp opt ack '));
  const changed = ownTests('firewall');
  t.equal(changed.status, 1);
  t.match(changed.stdout, /frame \d+ that leaves at lan differs|frame \d+ that leaves at wan differs/);
  t.equal(ownTests('firewall', { UPDATE: '1' }).status, 0);
  t.equal(ownTests('firewall').status, 0);
  t.end();
});
