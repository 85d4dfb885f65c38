/** `wirelet init` begins a folder with an appliance that is whole: with what it is made of, and a test that passes, and fails when it should. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { wirelet } from './command-line.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-init-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
// As npm installs it.
mkdirSync(path.join(folder, 'node_modules'));
symlinkSync(packageRoot, path.join(folder, 'node_modules/wirelet'));

function tested(name: string): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', path.join(folder, name, `${name}.test.mjs`)], { cwd: folder, encoding: 'utf8', timeout: 60_000, env: { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: '', TAP: undefined } });
  return { status, text: stdout + stderr };
}

for (const name of ['dns-server', 'web-server', 'openflow-switch', 'firewall']) {
  await t.test(`${name} in a folder of one's own is whole, and its test passes`, async (t) => {
    const begun = await wirelet(['init', path.join(folder, name), '--from', name]);
    t.equal(begun.status, 0, begun.stderr);
    const checked = await wirelet(['check', path.join(folder, name, `${name}.yaml`)]);
    t.match(`${checked.stdout}${checked.stderr}`, /nothing wrong/);
    const { status, text } = tested(name);
    t.equal(status, 0, text);
  });
}

await t.test('the test fails when the appliance does something else', (t) => {
  const zone = path.join(folder, 'dns-server/zones/example.org.zone');
  const before = readFileSync(zone, 'utf8');
  writeFileSync(zone, before.replace(/^www\s.*$/m, ''));
  t.not(before, readFileSync(zone, 'utf8'));
  t.equal(tested('dns-server').status, 1);
  writeFileSync(zone, before);
  appendFileSync(zone, 'another A 192.0.2.200\n');
  t.equal(tested('dns-server').status, 0, 'and not when what is asked for stays');
  t.end();
});
