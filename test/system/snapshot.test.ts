/** What elements know, taken out of one running appliance and given to another. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packState, unpackState } from '#src/run/control/state-file.js';
import { probeKvm } from '#src/run/machine.js';
import { wirelet } from './command-line.js';
import { refusalOf, running, until, type RunningAppliance } from './running.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-snapshot-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const env = { XDG_RUNTIME_DIR: folder };
const VMM = probeKvm().usable ? 'kvm' : 'process';

/** A NAT between counters; `more` and `flows` change what it is made of. */
function nat(name: string, flows: number, more = ''): string {
  const file = path.join(folder, `${name}.yaml`);
  writeFileSync(file, `name: ${name}
interfaces: { lan: { mac: 02:00:00:00:00:01 }, wan: { mac: 02:00:00:00:00:02 } }
graph: |
  lan -> arrived :: Counter -> way :: Switch(0) -> Strip(14) -> CheckIPHeader -> [0]nat :: IPRewriter(pattern 192.0.2.1 1024-65535 - - 0 1, MAPPING_CAPACITY ${flows})
  way[1] -> Discard
  nat[0] -> ${more}EtherEncap(0x0800, 02:00:00:00:00:02, 02:00:00:00:00:03) -> wan
  nat[1] -> Discard
  wan -> Discard
`);
  return file;
}

const begin = (name: string, graph: string, traffic: string, ...more: string[]) =>
  running(name, [graph, '--vmm', VMM, '--port', `lan=gen:${traffic}`, '--port', 'wan=null', ...more], env);
/** The flows without their times, sorted. */
const flows = async (appliance: RunningAppliance) => (await appliance.read('nat.table')).trim().split('\n').map((line) => line.replace(/exp\d+/, '')).sort();

await t.test('state goes from one appliance to another', async (t) => {
  const first = await begin('first', nat('first', 1000), 'count=300,flows=20,rate=max');
  t.teardown(() => first.process.kill('SIGKILL'));
  await until(() => first.read('arrived.count'), (count) => count === '300');
  await first.client.write('way.switch', '1');
  const known = await flows(first);
  t.equal(known.length, 40, 'the first one has twenty flows');
  const file = path.join(folder, 'first.snapshot');
  const taken = JSON.parse((await wirelet(['snapshot', 'first', file, '--json'], { env })).stdout);
  t.same([taken.file, taken.bytes], [file, readFileSync(file).length]);

  await t.test('an appliance that begins with a snapshot knows all of it', async (t) => {
    const second = await begin('second', nat('second', 1000), 'count=100,flows=20,rate=max', '--from-snapshot', file);
    t.teardown(() => second.process.kill('SIGKILL'));
    t.same(await flows(second), known, 'its flows');
    t.equal(await second.read('way.switch'), '1', 'what was written to handlers');
    t.equal(await until(() => second.read('arrived.count'), (count) => count === '400'), '400', 'and counts on');
    await second.client.write('way.switch', '0');
    const figures = JSON.parse(await second.read('figures'));
    t.equal(figures.elements.way.outputs['0'], 300, 'figures go on, too');
    t.equal(await second.stop(), 0);
  });

  await t.test('a running appliance takes over what fits', async (t) => {
    const longer = await begin('longer', nat('longer', 1000, 'out :: Counter -> '), 'count=1,rate=1000');
    t.teardown(() => longer.process.kill('SIGKILL'));
    const state = await first.read('state');
    const fit = JSON.parse((await longer.client.read('state_fit', state)).toString());
    t.same(fit.misfits, [], 'an element between others is no hindrance');
    t.ok(fit.fresh.includes('out') && ['arrived', 'way', 'nat'].every((name) => fit.taken.includes(name)));
    await longer.client.write('state', state);
    t.same(await flows(longer), known);
    t.equal(await longer.read('arrived.count'), '300', 'a declared counter is taken over by its name');

    await longer.client.write('way.switch', '0');
    await longer.client.write('hold', '5000');
    const held = JSON.parse(await longer.read('figures'));
    t.equal(JSON.parse(await longer.read('figures')).elements.way.packets, held.elements.way.packets, 'while it is held, nothing moves');
    await longer.client.write('way.switch', '1');
    await longer.client.write('release', '');
    t.equal(await longer.read('way.switch'), '1', 'but handlers can be written');
    t.equal(await longer.stop(), 0);
  });

  await t.test('what does not fit is said', async (t) => {
    const larger = nat('larger', 4000);
    const refused = await wirelet(['run', larger, '--vmm', VMM, '--port', 'lan=gen:count=1', '--from-snapshot', file, '--until-idle'], { env });
    t.equal(refused.status, 1);
    t.match(refused.stderr, /WL4148 error: the snapshot does not fit the appliance:\n {2}nat: ".*" was a table for \d+ entries with the key .* and is a table for \d+ entries/);
    const fresh = await wirelet(['run', larger, '--vmm', VMM, '--port', 'lan=gen:count=1', '--from-snapshot', file, '--fresh', '--until-idle', '--json'], { env });
    t.equal(fresh.status, 0, 'with --fresh it begins anew');
    t.match(fresh.stderr, /warning: nat begins anew/);
    t.equal(JSON.parse(fresh.stdout).elements.arrived.counters.count, 301, 'and the others go on');
    const broken = path.join(folder, 'broken');
    writeFileSync(broken, readFileSync(file).subarray(0, 500));
    t.match((await wirelet(['run', larger, '--from-snapshot', broken], { env })).stderr, /WL4147 error: .*broken is not a snapshot of an appliance: it is damaged/);
    const state = unpackState(readFileSync(file), file);
    const lying = { ...state, elements: state.elements.map((element) => (element.name === 'nat' ? { ...element, pieces: element.pieces.map(() => new Uint8Array(100_000)) } : element)) };
    t.match(await refusalOf(first.client.write('state', packState(lying).toString('base64'))), /nat begins anew: what is kept of it is not as long as its shape says/);
    t.same(await flows(first), known, 'what it refuses changes nothing');
    t.match(await refusalOf(first.client.write('state', 'nonsense')), /^520 Write handler 'state' error:\nthe value is not a snapshot/);
  });
  t.equal(await first.stop(), 0);
});
