/** Paths through this kernel are measured with a scenario's own frames, or say why not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { measureKernelPaths } from '../../bench/kernel-paths.js';
import { SCENARIOS } from '../../bench/scenarios.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-paths-test-'));
t.teardown(() => rmSync(folder, { recursive: true }));

for (const name of ['wire', 'mac-swap', 'router-100', 'firewall-20', 'nat-10k']) {
  t.test(`what the kernel does of ${name}`, async (t) => {
    const measured = await measureKernelPaths(SCENARIOS.find((scenario) => scenario.name === name)!, 1, folder);
    t.ok(Object.keys(measured).length > 0);
    for (const [peer, figure] of Object.entries(measured)) {
      if ('reason' in figure) {
        t.ok(figure.reason.length > 5, `${peer}: ${figure.reason}`);
        t.comment(`${peer} was not measured: ${figure.reason}`);
      } else {
        t.ok(figure.ns_per_packet > 10 && figure.ns_per_packet < 1e6, `${peer}: ${figure.ns_per_packet} ns`);
      }
    }
  });
}

t.test('a scenario that no kernel does has no paths', async (t) => {
  t.same(await measureKernelPaths({ ...SCENARIOS[0]!, name: 'switch-1m' }, 1, folder), {});
});
