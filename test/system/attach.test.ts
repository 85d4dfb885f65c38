/** Appliances in QEMU as it is, without our tender, controlled by their serial ports as those of our own VMM are. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { versionOf } from '#src/run/machine.js';
import { wirelet } from './command-line.js';
import { Program } from './lab/program.js';
import { refusalOf, running, until } from './running.js';

const RUN_MS_MAX = 300_000;
const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-attach-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const env = { XDG_RUNTIME_DIR: folder };
const noQemu = (await versionOf('qemu-system-x86_64')) === undefined && 'no qemu-system-x86_64';

/** An image of a graph whose packets come from within. */
async function imageOf(name: string, text: string): Promise<string> {
  const [graph, image] = [path.join(folder, `${name}.yaml`), path.join(folder, `${name}.elf`)];
  writeFileSync(graph, `name: ${name}\ninterfaces: { lan: { mac: 02:00:00:00:00:01 }, wan: { mac: 02:00:00:00:00:02 } }\ngraph: |\n  ${text.trim().replace(/\n/g, '\n  ')}\n`);
  const { status, stderr } = await wirelet(['build', graph, '-o', image]);
  if (status !== 0) throw new Error(stderr);
  return image;
}

const BRANCH = `
RatedSource(RATE 50) -> arrived :: Counter -> way :: Switch(0) -> left :: Counter -> wan
way[1] -> right :: Counter -> waiting :: Queue(64) -> never :: RatedUnqueue(RATE 1) -> wan
RatedSource(RATE 2) -> seen :: Print(seen) -> Discard
lan -> Discard
wan -> Discard
`;

const MACHINES: Readonly<Record<string, readonly string[]>> = {
  microvm: ['-M', 'microvm', '-device', 'virtio-net-device,netdev=net0', '-device', 'virtio-net-device,netdev=net1'],
  q35: ['-M', 'q35', '-device', 'virtio-net-pci,romfile=,netdev=net0', '-device', 'virtio-net-pci,romfile=,netdev=net1'],
};

function machine(t: Test, image: string, options: readonly string[], serial: string): Program {
  const nets = [0, 1].flatMap((index) => ['-netdev', `user,id=net${index},restrict=on`]);
  const program = new Program(['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-display', 'none', '-accel', 'tcg', '-m', '32', '-serial', serial, '-kernel', image, ...nets, ...options], RUN_MS_MAX);
  t.teardown(() => program.stop('SIGKILL'));
  return program;
}

const socketOf = (name: string) => path.join(folder, `${name}.serial`);

for (const [name, options] of Object.entries(MACHINES)) {
  await t.test(`an appliance in QEMU's ${name}`, { skip: noQemu, timeout: RUN_MS_MAX }, async (t) => {
    const image = await imageOf(`branch-${name}`, BRANCH);
    const socket = socketOf(name);
    machine(t, image, options, `unix:${socket},server=on,wait=off`);
    await until(async () => (await wirelet(['attach', image, '--serial', `unix:${socket}`], { stopAfter: /attached/ })).status, (status) => status === 0);
    const appliance = await running(name, [image, '--serial', `unix:${socket}`, '--metrics', '127.0.0.1:0'], env, 'attach');
    t.teardown(() => appliance.process.kill('SIGKILL'));
    const { client, read } = appliance;
    const count = async (counter: string) => Number(await read(`${counter}.count`));

    const first = await until(() => count('arrived'), (value) => value > 20);
    t.ok((await until(() => count('arrived'), (value) => value > first)) > first, 'counters go on while they are read');
    t.equal(await count('right'), 0);
    await client.write('way.switch', '1');
    t.equal(await read('way.switch'), '1');
    t.ok((await until(() => count('right'), (value) => value > 10)) > 10, 'a write handler changes what it does');
    t.equal(await until(() => read('waiting.length'), (value) => value === '64'), '64', 'a queue fills up');
    await client.write('way.switch', '0');
    await client.write('waiting.reset', '');
    t.ok(Number(await read('waiting.length')) <= 1, 'its packets have ended');
    await client.write('way.switch', '1');
    t.equal(await until(() => read('waiting.length'), (value) => value === '64'), '64', 'and their buffers are free again');
    await client.write('way.switch', '0');

    t.match(JSON.parse(await read('appliance')), { name, vmm: 'serial', image });
    t.ok(JSON.parse(await read('figures')).ports.wan.tx_packets > 20);
    t.match(await until(async () => appliance.printed(), (text) => /seen: .*\n.*seen: /.test(text)), /seen: +69 \|/, 'lines of the log are printed');
    const metrics = /metrics at (\S+)/.exec(appliance.said())![1]!;
    t.match(await (await fetch(metrics)).text(), /wirelet_element_packets_total\{element="arrived",class="Counter"\} \d\d+/);
    t.match(await wirelet(['tap', name, 'wan/tx', '-n', '5'], { env }), { status: 0, stdout: /(.* wan out .*\n){5}/, stderr: /5 frames/ });
    t.match(await wirelet(['read', name, 'arrived.count'], { env }), { status: 0, stdout: /^\d+\n$/ });
    t.match(await wirelet(['write', name, 'arrived.reset'], { env }), { status: 0 });
    t.match(await refusalOf(client.write('stop', '')), /another VMM runs this appliance/);
    t.match(await refusalOf(client.write('waiting.capacity', '5')), /^5\d\d /, 'what is a constant of its code stays');
    const snapshot = path.join(folder, `${name}.snapshot`);
    t.match(await wirelet(['snapshot', name, snapshot], { env }), { status: 0, stdout: /\d+ elements/ });
    await client.write('hold', '10000');
    const held = await count('arrived');
    await sleep(300);
    t.equal(await count('arrived'), held, 'a held appliance does nothing');
    await client.write('release', '');
    t.ok((await until(() => count('arrived'), (value) => value > held)) > held);

    t.equal(await appliance.stop(), 0, 'whoever was attached goes, and');
    const other = await running(name, [image, '--serial', `unix:${socket}`], env, 'attach');
    t.teardown(() => other.process.kill('SIGKILL'));
    t.ok(Number(await other.read('arrived.count')) > held, 'the appliance went on: another one attaches');
    await other.stop();
    const another = await imageOf(`other-${name}`, BRANCH.replace('RATE 50', 'RATE 51'));
    t.match(await wirelet(['attach', another, '--serial', `unix:${socket}`]), { status: 1, stderr: /WL4172[\s\S]*of another image: it says f5[0-9a-f]{14}/ });
  });
}

await t.test('an attachment outlives its machine, and takes up the next one', { skip: noQemu, timeout: RUN_MS_MAX }, async (t) => {
  const image = await imageOf('again', BRANCH);
  const socket = socketOf('again');
  const serial = `unix:${socket},server=on,wait=off`;
  const first = machine(t, image, MACHINES['microvm']!, serial);
  await until(async () => (await wirelet(['attach', image, '--serial', `unix:${socket}`], { stopAfter: /attached/ })).status, (status) => status === 0);
  const appliance = await running('again', [image, '--serial', `unix:${socket}`], env, 'attach');
  t.teardown(() => appliance.process.kill('SIGKILL'));
  t.ok(Number(await appliance.read('arrived.count')) >= 0);
  await first.stop('SIGKILL');
  t.match(await until(async () => appliance.said(), (text) => /is gone/.test(text)), /warning: unix:\S+ is gone/);
  t.match(await wirelet(['read', 'again', 'arrived.count'], { env }), { status: 1 });
  machine(t, image, MACHINES['microvm']!, serial);
  t.match(await until(async () => appliance.said(), (text) => text.match(/^attached to/gm)?.length === 2, 60_000), /is there again[\s\S]*attached to again/);
  t.match(await until(() => wirelet(['read', 'again', 'arrived.count'], { env }), ({ status }) => status === 0), { status: 0, stdout: /^\d+\n$/ });
  t.equal(await appliance.stop(), 0);
});

await t.test('a terminal does as well as a socket, and so does TCP', { skip: noQemu, timeout: RUN_MS_MAX }, async (t) => {
  const image = await imageOf('lines', BRANCH);
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  listener.close();
  const terminal = machine(t, image, MACHINES['microvm']!, 'pty');
  machine(t, image, MACHINES['microvm']!, `tcp:127.0.0.1:${port},server=on,wait=off`);
  await terminal.says(/redirected to \/dev\/pts\/\d+/, RUN_MS_MAX);
  for (const place of [/redirected to (\S+)/.exec(`${terminal.stdout}${terminal.stderr}`)![1]!, `tcp:127.0.0.1:${port}`]) {
    t.match(await until(() => wirelet(['attach', image, '--serial', place, '--json'], { stopAfter: /attached/ }), ({ status }) => status === 0), { status: 0, stdout: /"starts": 1/ }, place);
  }
});

await t.test('what is wrong is said', async (t) => {
  const image = await imageOf('wrong', BRANCH);
  t.match(await wirelet(['attach', image]), { status: 2, stderr: /WL1391.*needs a serial port/ });
  t.match(await wirelet(['attach', image, '--serial', 'COM1']), { status: 1, stderr: /WL4170.*COM1/ });
  t.match(await wirelet(['attach', image, '--serial', `unix:${folder}/nobody`]), { status: 1, stderr: /WL4171.*No such file/ });
  const native = path.join(folder, 'native.so');
  t.match(await wirelet(['build', path.join(folder, 'wrong.yaml'), '--target', 'native', '-o', native]), { status: 0 });
  t.match(await wirelet(['attach', native, '--serial', 'unix:/tmp/x']), { status: 1, stderr: /WL4173/ });
});
