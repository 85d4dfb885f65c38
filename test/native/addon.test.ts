/** Appliances within this process: one after the other, two at once, stopped early, and what is wrong with them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { runAppliance } from '#src/index.js';
import { packageRoot } from '#src/package-root.js';

const WIRE = path.join(packageRoot, 'configs/wire.yaml');
const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-addon-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

t.test('runs follow each other, each with counters of its own', async (t) => {
  for (const count of [100, 200]) {
    const outcome = await runAppliance(WIRE, { vmm: 'native', ports: { lan: `gen:count=${count}` } });
    t.equal(outcome.ports['wan']!.tx_packets, count);
    t.equal(outcome.elements['lan/rx']!.counters['packets'], count);
  }
});

t.test('two appliances run at once', async (t) => {
  const outcomes = await Promise.all([300, 400].map((count) => runAppliance(WIRE, { vmm: 'native', ports: { lan: `gen:count=${count}` } })));
  t.same(outcomes.map(({ ports }) => ports['wan']!.tx_packets), [300, 400]);
});

t.test('a run is stopped, and its figures can be read meanwhile', async (t) => {
  const controller = new AbortController();
  const outcome = await runAppliance(WIRE, {
    vmm: 'native',
    ports: { lan: 'gen:rate=10000' },
    untilIdle: false,
    signal: controller.signal,
    onStart(running) {
      const look = setInterval(() => {
        if (running.snapshot().ports['wan']!.tx_packets < 10) return;
        clearInterval(look);
        controller.abort();
      }, 5);
    },
  });
  t.equal(outcome.ended, 'signal');
  t.ok(outcome.ports['wan']!.tx_packets >= 10);
});

t.test('what is wrong is an error like any other', async (t) => {
  await t.rejects(runAppliance(WIRE, { vmm: 'native', ports: { wan: `pcap:out=${folder}/none/x.pcap` } }), /cannot be written/);
  const addon = createRequire(import.meta.url)(path.join(packageRoot, 'build/Release/wirelet.node')) as { run(options: object, report: (event: string) => void, ended: () => void): unknown };
  const events: string[] = [];
  const options = { library: path.join(packageRoot, 'package.json'), ports: [], seed: 1, clock: 'real', untilIdle: true, duration: 0n, noWait: false };
  await new Promise<void>((resolve) => addon.run(options, (event) => events.push(event), resolve));
  t.match(JSON.parse(events[0]!), { event: 'error', code: 'WL4011' });
});
