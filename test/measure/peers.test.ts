/** What others do is measured with a scenario's own frames, or says why not. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot } from '#src/package-root.js';
import { measureClick } from '../../bench/click.js';
import { measureKernelPaths, type Measured } from '../../bench/kernel-paths.js';
import { measureOpenVswitch } from '../../bench/open-vswitch.js';
import { SCENARIOS } from '../../bench/scenarios.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-paths-test-'));
t.teardown(() => rmSync(folder, { recursive: true }));

for (const name of ['wire', 'mac-swap', 'router-100', 'firewall-20', 'nat-10k']) {
  t.test(`what the kernel does of ${name}`, async (t) => {
    const measured = await measureKernelPaths(SCENARIOS.find((scenario) => scenario.name === name)!, 1, folder);
    t.ok(Object.keys(measured).length > 0);
    for (const [peer, figure] of Object.entries(measured)) {
      measuredOrSkipped(t, peer, figure);
    }
  });
}

/** A peer that is missing is a skip, with what would install it. */
function measuredOrSkipped(t: Test, peer: string, figure: Measured): void {
  if ('reason' in figure) t.pass(peer, { skip: figure.reason });
  else t.ok(figure.ns_per_packet > 1 && figure.ns_per_packet < 1e6, `${peer}: ${figure.ns_per_packet} ns`);
}

t.test('Open vSwitch with DPDK switches the frames of the learning switch', async (t) => {
  const before = readFileSync('/proc/sys/vm/nr_hugepages', 'utf8');
  const measured = await measureOpenVswitch(SCENARIOS.find(({ name }) => name === 'switch-1k')!, 1, folder);
  for (const [peer, figure] of Object.entries(measured)) measuredOrSkipped(t, peer, figure);
  t.equal(readFileSync('/proc/sys/vm/nr_hugepages', 'utf8'), before, 'large pages are given back');
  t.same(await measureOpenVswitch(SCENARIOS[0]!, 1, folder), {});
});

t.test("a user's click gets a scenario as a configuration", (t) => {
  const program = path.join(folder, 'click');
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${path.join(packageRoot, 'src/cli/wirelet.cjs')} click "$@"\n`, { mode: 0o755 });
  const scenario = SCENARIOS.find(({ name }) => name === 'firewall-20')!;
  const measured = measureClick(program, scenario, 1, folder)[program]!;
  t.ok('ns_per_packet' in measured, 'reason' in measured ? measured.reason : '');
  writeFileSync(program, '#!/bin/sh\necho "config:1: unknown element class" >&2\nexit 1\n', { mode: 0o755 });
  t.match(measureClick(program, scenario, 1, folder)[program], { reason: 'config:1: unknown element class' });
  t.end();
});

t.test('a scenario that no kernel does has no paths', async (t) => {
  t.same(await measureKernelPaths({ ...SCENARIOS[0]!, name: 'switch-1m' }, 1, folder), {});
});
