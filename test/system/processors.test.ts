/** Handlers of an appliance on two processors: one answer for both copies, and both are written to; what they know is kept. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { probeKvm } from '#src/run/machine.js';
import type { Vmm } from '#src/run/outcome.js';
import { wirelet } from './command-line.js';
import { running, until } from './running.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-processors-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const env = { XDG_RUNTIME_DIR: folder };
const kvm = probeKvm().usable ? false : 'no usable /dev/kvm';
const WAYS: readonly [Vmm, string | false][] = [['kvm', kvm], ['process', false], ['native', false], ['node', false]];

const graph = path.join(folder, 'two.yaml');
writeFileSync(graph, `name: two
cpus: 2
interfaces: { lan: { mac: 02:00:00:00:00:01 }, wan: { mac: 02:00:00:00:00:02 } }
graph: |
  lan -> arrived :: Counter -> way :: Switch(0) -> left :: Counter -> Strip(14) -> CheckIPHeader -> track :: IPConnTrack -> Unstrip(14) -> wan
  wan -> Strip(14) -> CheckIPHeader -> [1]track
  way[1] -> waiting :: Queue(64) -> Discard(ACTIVE false)
  track[1] -> Discard
  track[2] -> Discard
`);

for (const [vmm, skip] of WAYS) {
  await t.test(`handlers of an appliance on two processors as ${vmm}`, { skip }, async (t) => {
    const appliance = await running('two', [graph, '--vmm', vmm, '--port', 'lan=gen:size=64,rate=2000,flows=100', '--port', 'wan=null'], env);
    t.teardown(() => appliance.process.kill('SIGKILL'));
    const { client, read } = appliance;
    const count = async (name: string) => Number(await read(`${name}.count`));
    t.ok((await until(() => count('arrived'), (value) => value > 300)) > 300, 'packets of both are counted');
    const figures = JSON.parse(await read('figures'));
    t.ok(figures.elements.arrived.counters.packets > 300, 'and are in the figures');
    t.equal(await until(() => read('track.size'), (value) => value === '100'), '100', 'flows of both are');
    await client.write('way.switch', '1');
    t.equal(await read('way.switch'), '1', 'a setting is one');
    t.equal(await until(() => read('waiting.length'), (value) => value === '128'), '128', 'the queues of both are written to: both fill up');
    const before = await count('left');
    t.equal(await count('left'), before, 'nothing goes the first way any more');
    await client.write('way.switch', '0');
    await client.write('waiting.reset', '');
    t.equal(await read('waiting.length'), '0', 'and are empty after reset');
    await client.write('arrived.reset', '');
    t.ok((await count('arrived')) < 5000, 'a count begins again');
    t.equal(await read('arrived.class'), 'Counter');
    if (vmm !== 'node') {
      const snapshot = path.join(folder, `${vmm}.snapshot`);
      t.equal((await wirelet(['snapshot', 'two', snapshot], { env })).status, 0);
      await client.write('stop', '');
      t.equal(await appliance.ended, 0);
      const next = await running('two', [graph, '--vmm', vmm, '--from-snapshot', snapshot, '--port', 'wan=null'], env);
      t.teardown(() => next.process.kill('SIGKILL'));
      t.equal(await next.read('track.size'), '100', 'flows are known after a snapshot');
      await next.client.write('stop', '');
      t.equal(await next.ended, 0);
      const one = await wirelet(['run', graph, '--vmm', vmm, '--cpus', '1', '--from-snapshot', snapshot, '--for', '0.1'], { env });
      t.equal(one.status, 1);
      t.match(one.stderr, /WL4148 .*\n(.*\n)* {2}track: it was on 2 processors, and is on one processor/);
    } else {
      await client.write('stop', '');
      t.equal(await appliance.ended, 0);
    }
  });
}
