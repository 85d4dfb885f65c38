/** Handlers of a running appliance: read and written by name and over a socket, the same in every way of running. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { connect } from 'node:net';
import path from 'node:path';
import t, { type Test } from 'tap';
import { probeKvm } from '#src/run/machine.js';
import type { Vmm } from '#src/run/outcome.js';
import { wirelet } from './command-line.js';
import { refusalOf, running, until } from './running.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-control-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
/** A run folder of the test's own. */
const env = { XDG_RUNTIME_DIR: folder };
const runFolder = path.join(folder, 'wirelet');

function graph(name: string, text: string): string {
  const file = path.join(folder, `${name}.yaml`);
  writeFileSync(file, `name: ${name}\ninterfaces: { lan: { mac: 02:00:00:00:00:01 }, wan: { mac: 02:00:00:00:00:02 } }\ngraph: |\n  ${text.trim().replace(/\n/g, '\n  ')}\n`);
  return file;
}

const BRANCH = graph('branch', `
lan -> arrived :: Counter -> way :: Switch(0) -> left :: Counter -> wan
way[1] -> right :: Counter -> waiting :: Queue(64) -> never :: RatedUnqueue(RATE 1) -> wan
wan -> Discard
`);

const kvm = probeKvm().usable ? false : 'no usable /dev/kvm';
const WAYS: readonly [Vmm, string | false][] = [['kvm', kvm], ['process', false], ['native', false], ['node', false]];

for (const [vmm, skip] of WAYS) {
  await t.test(`handlers of an appliance as ${vmm}`, { skip }, async (t) => {
    const appliance = await running('branch', [BRANCH, '--vmm', vmm, '--port', 'lan=gen:size=64,rate=2000', '--port', 'wan=null'], env);
    t.teardown(() => appliance.process.kill('SIGKILL'));
    const { client, read } = appliance;
    const count = async (name: string) => Number(await read(`${name}.count`));

    const first = await until(() => count('arrived'), (value) => value > 100);
    t.ok(first > 100, 'packets are counted while they come');
    t.ok((await until(() => count('arrived'), (value) => value > first)) > first, 'and go on being counted');
    t.equal(await count('right'), 0, 'all of them go one way');

    await client.write('way.switch', '1');
    t.equal(await read('way.switch'), '1');
    t.ok((await until(() => count('right'), (value) => value > 100)) > 100, 'Switch sends them another way as soon as it is told');
    const before = await count('left');
    await until(() => count('right'), (value) => value > 300);
    t.equal(await count('left'), before, 'and no more the first way');

    t.equal(await until(() => read('waiting.length'), (value) => value === '64'), '64', 'a queue fills up');
    await client.write('way.switch', '0');
    await client.write('waiting.reset', '');
    t.ok(Number(await read('waiting.length')) <= 1, 'it is empty after reset: its packets have ended');
    await client.write('way.switch', '1');
    t.equal(await until(() => read('waiting.length'), (value) => value === '64'), '64', 'their buffers are free again, and the queue fills up once more');

    await client.write('arrived.reset', '');
    t.ok((await count('arrived')) < 5000, 'a count begins again');
    t.equal(await read('waiting.capacity'), '64');
    t.equal(await read('waiting.class'), 'Queue');
    t.match(await read('list'), /^\d+\narrived\nway\n/);
    t.match(await read('way.handlers'), /^switch\trw$/m);
    t.equal(JSON.parse(await read('appliance')).vmm, vmm);
    t.ok(JSON.parse(await read('figures')).ports.lan.rx_packets > 300, 'figures are those of the run');

    t.equal(await refusalOf(client.read('nobody.count')), "510 No element named 'nobody'");
    t.equal(await refusalOf(client.read('arrived.cuont')), "511 No handler named 'arrived.cuont'");
    t.equal(await refusalOf(client.write('arrived.count', '5')), "530 Handler 'arrived.count' read-only");
    t.equal(await refusalOf(client.write('way.switch', 'left')), "520 Write handler 'way.switch' error:\nSwitch output must be integer");
    await client.write('stop', '');
    t.equal(await appliance.ended, 0, 'the handler stop ends the run as it should end');
    t.notOk(statSync(path.join(runFolder, 'branch.sock'), { throwIfNoEntry: false }), 'nothing of it is left');
    t.notOk(statSync(path.join(runFolder, 'branch.json'), { throwIfNoEntry: false }));
  });
}

const NAT = graph('nat', `
lan -> Strip(14) -> CheckIPHeader -> [0]nat :: IPRewriter(pattern 192.0.2.1 1024-65535 - - 0 1)
nat[0] -> EtherEncap(0x0800, 02:00:00:00:00:02, 02:00:00:00:00:03) -> wan
nat[1] -> Discard
wan -> Discard
`);

/** The flows of a rewriter without their times, sorted. */
const flows = (table: string) => table.trim().split('\n').map((line) => line.replace(/exp\d+/, '')).sort();

await t.test('tables of flows are as in Node, and can be cleared', { skip: kvm }, async (t) => {
  const tables: string[][] = [];
  for (const vmm of ['node', 'kvm'] as const) {
    const appliance = await running(`nat-${vmm}`, [NAT, '--vmm', vmm, '--port', 'lan=gen:size=64,count=400,flows=25,rate=max', '--port', 'wan=null'], env);
    t.teardown(() => appliance.process.kill('SIGKILL'));
    // Each flow has a line for each direction.
    const table = await until(() => appliance.read('nat.table'), (text) => flows(text).length >= 50);
    tables.push(flows(table));
    await until(() => appliance.read('figures'), (text) => JSON.parse(text).ports.lan.rx_packets === 400);
    await appliance.client.write('nat.clear', '');
    t.equal(await appliance.read('nat.table'), '', `${vmm}: no flow is left`);
    await appliance.stop();
  }
  t.equal(tables[1]!.length, 50, 'each flow has two lines');
  t.same(tables[1], tables[0], 'the text of the handler is the same in the VM');
});

await t.test('names of running appliances', async (t) => {
  const appliance = await running('edge', [BRANCH, '--vmm', 'process', '--port', 'lan=gen:rate=10', '--port', 'wan=null', '--control', '127.0.0.1:0'], env);
  t.teardown(() => appliance.process.kill('SIGKILL'));
  t.equal(statSync(runFolder).mode & 0o777, 0o700, 'only their owner can reach them');

  const taken = await wirelet(['run', BRANCH, '--name', 'edge', '--for', '1'], { env });
  t.equal(taken.status, 1);
  t.match(taken.stderr, /WL4143 error: an appliance named "edge" runs already \(process \d+\)/, 'a name that is taken is refused');

  const read = await wirelet(['read', 'edge', 'way.switch', '--json'], { env });
  t.same(JSON.parse(read.stdout), { value: '0' });
  const written = await wirelet(['write', 'edge', 'way.switch', '1'], { env });
  t.equal(written.stdout, "Write handler 'way.switch' OK\n");
  t.equal((await wirelet(['read', 'edge', 'way.switch'], { env })).stdout, '1\n');
  t.match((await wirelet(['read', 'edge'], { env })).stdout, /^waiting\.length\tr$/m, 'without a handler, all of them are listed');
  const wrong = await wirelet(['read', 'edge', 'way.swich'], { env });
  t.equal(wrong.status, 1);
  t.match(wrong.stderr, /WL4146 error: edge: No handler named 'way.swich'/);
  t.match((await wirelet(['read', 'egde', 'way.switch'], { env })).stderr, /WL4144 error: no appliance named "egde" runs\n {2}hint: Did you mean "edge"\?/);

  const port = Number(/127\.0\.0\.1:(\d+)/.exec(appliance.said())![1]);
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write('READ way.switch\r\nWRITE way.switch 0\r\nREAD way.switch\r\nQUIT\r\n'));
    socket.on('data', (data) => (text += data)).on('end', () => resolve(text)).on('error', reject);
  });
  t.equal(answer, [
    'Click::ControlSocket/1.3', "200 Read handler 'way.switch' OK", 'DATA 1', "1200 Write handler 'way.switch' OK", "200 Read handler 'way.switch' OK", 'DATA 1', '0200 Goodbye!', '',
  ].join('\r\n'), "Click's own clients find what they know");

  appliance.process.kill('SIGKILL');
  // Its standard error is also the VMM's, which ends with it.
  await appliance.ended;
  t.ok(JSON.parse(readFileSync(path.join(runFolder, 'edge.json'), 'utf8')).pid > 0, 'who is killed leaves its record');
  const again = await running('edge', [BRANCH, '--vmm', 'process', '--port', 'lan=gen:rate=10', '--port', 'wan=null'], env);
  t.teardown(() => again.process.kill('SIGKILL'));
  t.equal(await again.read('way.switch'), '0', 'which does not keep anybody from the name');
  t.equal(await again.stop(), 0);
});

await t.test('an image brings its graph along', async (t: Test) => {
  const image = path.join(folder, 'branch.img');
  t.equal((await wirelet(['build', BRANCH, '-o', image])).status, 0);
  const appliance = await running('image', [image, '--vmm', 'process', '--port', 'lan=gen:rate=1000', '--port', 'wan=null'], env);
  t.teardown(() => appliance.process.kill('SIGKILL'));
  t.ok(Number(await until(() => appliance.read('left.count'), (value) => Number(value) > 10)) > 10);
  await appliance.client.write('way.switch', '1');
  t.ok(Number(await until(() => appliance.read('right.count'), (value) => Number(value) > 10)) > 10);
  t.equal(await appliance.stop(), 0);
});
