/**
 * Images in machines of QEMU as it is, without our tender: the cards are where the machine's command line, firmware or PCI says, and
 * what leaves the appliance is what leaves it in Node, byte for byte.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { probeKvm, versionOf } from '#src/run/machine.js';
import { runConfig } from '../configs/run-config.js';
import { configFile, CONFIGS, PORTS, shippedArrivals } from '../configs/traffic.js';
import { wirelet } from './command-line.js';
import { Program } from './lab/program.js';
import { until } from './lab/until.js';

const CONFIG = 'firewall';
const BOOT_MS_MAX = 60_000;
const MEMORY_MIB = 32;
/** The first may be late, and then come at once. */
const FRAMES_NOT_TIMED = 200;
const FRAMES_TIMED = 400;
const noQemu = (await versionOf('qemu-system-x86_64')) === undefined && 'no qemu-system-x86_64';
const noKvm = !probeKvm().usable && 'no usable /dev/kvm';

type Card = (netdev: string, index: number) => string[];
const mmio: Card = (netdev) => ['-device', `virtio-net-device,netdev=${netdev}`];
const pci = (more = ''): Card => (netdev) => ['-device', `virtio-net-pci,romfile=,netdev=${netdev}${more}`];
const behindPort: Card = (netdev, index) => ['-device', `pcie-root-port,id=port${index},chassis=${index + 1}`, ...pci(`,bus=port${index}`)(netdev, index)];
const behindSecondRoot: Card = (netdev, index) => ['-device', `pxb-pcie,id=root${index},bus_nr=${64 + 32 * index},bus=pcie.0`, '-device', `pcie-root-port,id=port${index},chassis=${index + 1},bus=root${index}`, ...pci(`,bus=port${index}`)(netdev, index)];
const behindBridges: Card = (netdev, index) => [...(index === 0 ? ['-device', 'pci-bridge,id=outer,chassis_nr=1', '-device', 'pci-bridge,id=inner,chassis_nr=2,bus=outer'] : []), ...pci(',bus=inner')(netdev, index)];

const KVM = ['-accel', 'kvm', '-cpu', 'kvm64'];
const TCG = ['-accel', 'tcg'];
/** What a machine is called here, the options that make it, and how its cards are given. */
const MACHINES: readonly (readonly [name: string, options: readonly string[], card: Card])[] = [
  ['microvm: ACPI, the older virtio-mmio', ['-M', 'microvm', ...TCG], mmio],
  ['microvm: ACPI, virtio-mmio of today', ['-M', 'microvm', '-global', 'virtio-mmio.force-legacy=false', ...TCG], mmio],
  ['microvm: ACPI, by KVM', ['-M', 'microvm', ...KVM], mmio],
  ['microvm: command line, the older virtio-mmio, by KVM', ['-M', 'microvm,acpi=off,auto-kernel-cmdline=on', ...KVM], mmio],
  ['q35: functions of the root bus, transitional', ['-M', 'q35', ...TCG], pci(',disable-legacy=off')],
  ['q35: behind root ports', ['-M', 'q35', ...TCG], behindPort],
  ['q35: behind root ports, with an IOMMU that is not used', ['-M', 'q35', '-device', 'intel-iommu', ...TCG], behindPort],
  ['q35: behind a second root', ['-M', 'q35', ...TCG], behindSecondRoot],
  ['q35 without ACPI', ['-M', 'q35,acpi=off', ...TCG], behindPort],
  ['q35 with more memory than fits below 4 GiB', ['-M', 'q35', '-m', '6G', ...TCG], behindPort],
  ['pc: transitional', ['-M', 'pc', ...TCG], pci()],
  ['pc: virtio 1 only, behind two bridges', ['-M', 'pc', ...TCG], behindBridges],
  ['pc without ACPI', ['-M', 'pc,acpi=off', ...TCG], pci(',disable-legacy=on')],
];

await t.test('an image in machines of QEMU', { skip: noQemu }, async (t) => {
  const image = path.join(folderOf(t), 'image.elf');
  const built = await wirelet(['build', configFile(CONFIG), '-o', image]);
  t.equal(built.status, 0, built.stderr);
  const { frames } = await runConfig(CONFIG, 'node');
  const wanted = Object.fromEntries(Object.entries(frames).map(([port, list]) => [port, list.map((frame) => frame.toString('hex'))]));
  t.ok(Object.values(wanted).every((list) => list.length > 10), 'frames pass in both directions');

  for (const [name, options, card] of MACHINES) {
    await t.test(name, { skip: options.includes('kvm') && noKvm }, async (t) => t.same(await leaves(t, image, options, card, wanted), wanted));
  }
  await t.test('too few cards, and too little memory, are said', async (t) => {
    const one = ['-netdev', 'user,id=net0', '-device', 'virtio-net-pci,netdev=net0'];
    t.match(await words(t, image, ['-M', 'q35', '-m', '32', ...TCG, ...one]), 'wirelet: fewer virtio-net devices than the appliance has interfaces');
    t.match(await words(t, image, ['-M', 'q35', '-m', '2', ...TCG, ...one]), 'wirelet: the machine needs more memory');
    t.match(await words(t, image, ['-M', 'q35', '-m', '3', ...TCG, ...one]), 'wirelet: the machine needs more memory');
  });
});

for (const machine of ['q35', 'pc'] as const) {
  await t.test(`run --machine ${machine} means what Node means`, { skip: noQemu }, async (t) => {
    for (const config of CONFIGS) {
      const [there, here] = [await runConfig(config, 'qemu', undefined, machine), await runConfig(config, 'node')];
      t.same({ ...there.frames, ...there.outcome.ports, ...there.outcome.elements }, { ...here.frames, ...here.outcome.ports, ...here.outcome.elements }, config);
    }
  });
}

await t.test("timers run at their rate: by KVM's clock, and by the timer of a PC", { skip: noQemu }, async (t) => {
  const folder = folderOf(t);
  const [graph, image] = [path.join(folder, 'rate.yaml'), path.join(folder, 'rate.elf')];
  writeFileSync(graph, 'name: rate\ninterfaces: [lan]\ngraph: |\n  RatedSource(RATE 200) -> lan\n  lan -> Discard\n');
  t.match(await wirelet(['build', graph, '-o', image]), { status: 0 });
  for (const [name, options, card] of [['KVM', ['-M', 'microvm', ...KVM], mmio], ['a PC', ['-M', 'q35', ...TCG], pci()]] as const) {
    await t.test(name, { skip: options.includes('kvm') && noKvm }, async (t) => {
      const socket = await bound(t);
      const place = await freePlace(t);
      const program = qemu(t, image, ['-m', '32', ...options, ...netdev(0, place, socket), ...card('net0', 0)]);
      const times: number[] = [];
      const all = new Promise<void>((resolve) => socket.on('message', () => times.push(performance.now()) > FRAMES_NOT_TIMED + FRAMES_TIMED && resolve()));
      await Promise.race([all, program.ended]);
      await program.stop('SIGKILL');
      const rate = (1000 * FRAMES_TIMED) / (times[FRAMES_NOT_TIMED + FRAMES_TIMED]! - times[FRAMES_NOT_TIMED]!);
      // Far from what a wrong guess of the TSC's rate makes of it; a loaded machine is late, but catches up.
      t.ok(rate > 120 && rate < 400, `${rate.toFixed(0)} frames a second, of 200`);
    });
  }
});

await t.test('an appliance that has nothing to do leaves most of the processor to others', { skip: noQemu }, async (t) => {
  const image = path.join(folderOf(t), 'image.elf');
  t.match(await wirelet(['build', configFile(CONFIG), '-o', image]), { status: 0 });
  for (const [name, options, card] of [['KVM', ['-M', 'microvm', ...KVM], mmio], ['a PC', ['-M', 'q35', ...TCG], behindPort]] as const) {
    await t.test(name, { skip: options.includes('kvm') && noKvm }, async (t) => {
      const sockets = [await bound(t), await bound(t)];
      const program = qemu(t, image, ['-m', '32', '-pidfile', `${image}.pid`, ...options, ...(await Promise.all(sockets.map(async (socket, index) => [...netdev(index, await freePlace(t), socket), ...card(`net${index}`, index)]))).flat()]);
      await sleep(2000);
      const begin = [ticksOf(image), performance.now()] as const;
      await sleep(2000);
      // Hundredths of seconds (sysconf(_SC_CLK_TCK)).
      const share = ((ticksOf(image) - begin[0]) * 10) / (performance.now() - begin[1]);
      await program.stop('SIGKILL');
      t.ok(share < 0.5, `${(100 * share).toFixed(0)} % of a processor`);
    });
  }
});

await t.test('a machine is for QEMU only, and one that there is', async (t) => {
  t.match(await wirelet(['run', configFile(CONFIG), '--vmm', 'process', '--machine', 'q35']), { status: 1, stderr: /WL4105.*--machine q35/ });
  t.match(await wirelet(['run', configFile(CONFIG), '--machine', 'q53']), { status: 2, stderr: /WL1391.*q53[\s\S]*q35/ });
});

function qemu(t: Test, image: string, options: readonly string[]): Program {
  const program = new Program(['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio', '-kernel', image, ...options], BOOT_MS_MAX);
  t.teardown(() => program.stop('SIGKILL'));
  return program;
}

/** What the appliance says when it cannot begin. */
async function words(t: Test, image: string, options: readonly string[]): Promise<string> {
  const program = qemu(t, image, options);
  await program.says(/wirelet: .*\n/, BOOT_MS_MAX);
  return (await program.stop('SIGKILL')).stdout;
}

/** Gives all frames of the shipped captures to a machine; what leaves it, by interface. */
async function leaves(t: Test, image: string, options: readonly string[], card: Card, wanted: Readonly<Record<string, readonly string[]>>): Promise<Record<string, string[]>> {
  const ports = PORTS[CONFIG];
  const sockets = await Promise.all(ports.map(() => bound(t)));
  const places = await Promise.all(ports.map(() => freePlace(t)));
  const got: Record<string, string[]> = Object.fromEntries(ports.map((port) => [port, []]));
  sockets.forEach((socket, index) => socket.on('message', (frame) => got[ports[index]!]!.push(frame.toString('hex'))));
  const cards = ports.flatMap((_, index) => [...netdev(index, places[index]!, sockets[index]!), ...card(`net${index}`, index)]);
  const program = qemu(t, image, [...(options.includes('-m') ? [] : ['-m', String(MEMORY_MIB)]), ...options, ...cards]);
  const arrivals = shippedArrivals(CONFIG);
  const send = (port: string, bytes: Buffer) => new Promise<void>((resolve) => sockets[ports.indexOf(port as never)]!.send(bytes, places[ports.indexOf(port as never)], '127.0.0.1', () => resolve()));
  // Until the appliance is there nobody takes frames; the first that comes through is sent again and again.
  const passes = arrivals.find(({ bytes }) => Object.values(wanted).some((list) => list.includes(bytes.toString('hex'))))!;
  const all = () => Object.values(got).reduce((sum, list) => sum + list.length, 0);
  for (const begin = Date.now(); all() === 0; await sleep(50)) {
    if (Date.now() - begin > BOOT_MS_MAX) throw new Error('nothing comes through');
    await send(passes.port, passes.bytes);
  }
  await sleep(300);
  for (const port of ports) got[port]!.length = 0;
  const count = Object.values(wanted).reduce((sum, list) => sum + list.length, 0);
  for (const [index, { port, bytes }] of arrivals.entries()) {
    await send(port, bytes);
    // No socket's buffer may overflow: loopback loses frames where that happens.
    if (index % 8 === 7) await until(async () => places.map(waiting), (bytes) => bytes.every((count) => count === 0), 'QEMU takes what it was sent');
  }
  for (const begin = Date.now(); all() < count && Date.now() - begin < 5000;) await sleep(20);
  await sleep(100);
  await program.stop('SIGKILL');
  return got;
}

/** What QEMU has used of processors, by /proc. */
function ticksOf(image: string): number {
  const [user, system] = readFileSync(`/proc/${readFileSync(`${image}.pid`, 'utf8').trim()}/stat`, 'utf8').replace(/^.*\) /, '').split(' ').slice(11, 13).map(Number);
  return user! + system!;
}

function folderOf(t: Test): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-machines-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A network of QEMU's whose frames are datagrams between a port of its own and a socket. */
function netdev(index: number, place: number, socket: Socket): string[] {
  return ['-netdev', `dgram,id=net${index},local.type=inet,local.host=127.0.0.1,local.port=${place},remote.type=inet,remote.host=127.0.0.1,remote.port=${socket.address().port}`];
}

/** Bytes that wait at a port of this machine to be taken. */
function waiting(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return parseInt(new RegExp(`:${hex} \\S+ \\S+ \\w+:(\\w+)`).exec(readFileSync('/proc/net/udp', 'latin1'))?.[1] ?? '0', 16);
}

/** A port that was free a moment ago. */
async function freePlace(t: Test): Promise<number> {
  const socket = await bound(t);
  const { port } = socket.address();
  socket.close();
  return port;
}

async function bound(t: Test): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  t.teardown(() => { try { socket.close(); } catch { /* closed already */ } });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.setRecvBufferSize(2 ** 20);
  return socket;
}
