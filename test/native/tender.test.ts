/** The tender as a program: what it does with good and bad input, with signals, with guests that misbehave. */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { readCapture } from '#src/capture/read.js';
import { CaptureWriter } from '#src/capture/write.js';
import { loadGraph } from '#src/graph/load.js';
import { build } from '#src/image/build.js';
import { Elf } from '#src/image/elf.js';
import { nativeFile } from '#src/native-files.js';
import { plan } from '#src/plan/plan.js';
import { probeKvm, probeTap, versionOf } from '#src/run/machine.js';
import { virtualRun } from '#src/run/node/virtual-run.js';
import { wireGraph } from './wire.js';

const TENDER = nativeFile('wirelet-tender');
const noKvm = probeKvm().usable ? false : 'no usable /dev/kvm';
const noQemu = (await versionOf('qemu-system-x86_64')) === undefined ? 'no qemu-system-x86_64' : false;
/** Why a back end cannot be used here; `qemu/tcg` is QEMU without KVM. */
const BACKENDS = { kvm: noKvm, process: false, 'qemu/kvm': noQemu || noKvm, 'qemu/tcg': noQemu } as const;
const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-tender-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string) => path.join(folder, name);

const graph = wireGraph();
const image = file('wire.img');
copyFileSync((await build(plan(graph), 'vm')).file, image);

/** Frames of many lengths: empty, a byte, jumbo, too long. */
const LENGTHS = [60, 1514, 64, 1856, 1857, 3712, 9216, 9217, 0, 1, 5];
function writeFrames(name: string, count: number, start: bigint, step: bigint): string {
  const writer = new CaptureWriter(file(name));
  for (let index = 0; index < count; index += 1) {
    writer.write(start + BigInt(index) * step, Uint8Array.from({ length: LENGTHS[index % LENGTHS.length]! }, (_, at) => index * 31 + at * 7));
  }
  writer.close();
  return file(name);
}
const left = writeFrames('left.pcap', 300, 1_000_000_000_000_000_007n, 1_000_003n);
const right = writeFrames('right.pcap', 200, 1_000_000_000_000_500_000n, 1_500_000n);

interface Event {
  readonly event: string;
  readonly [field: string]: any;
}
interface Result {
  readonly status: number | null;
  readonly events: readonly Event[];
}

const parse = (text: string): Event[] => text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Event);
const only = (result: Result, event: string): Event => result.events.find((item) => item.event === event) ?? { event: `no ${event} in ${JSON.stringify(result.events)}` };

/** The options for a name of BACKENDS. */
function backendOptions(name: string): string[] {
  const [backend, accelerator] = name.split('/');
  return ['--backend', backend!, ...(accelerator === undefined ? [] : ['--accelerator', accelerator])];
}

function tender(backend: string, subject: string, ...options: string[]): Result {
  const { status, stdout } = spawnSync(TENDER, ['run', subject, ...backendOptions(backend), '--report-fd', '1', '--until-idle', ...options], { encoding: 'utf8', timeout: 30_000 });
  return { status, events: parse(stdout) };
}

/** Runs until `when` has come `after` milliseconds ago, then sends the signal. */
async function interrupted(signal: NodeJS.Signals, after: number, backend: string, subject: string, ...options: string[]): Promise<Result> {
  const child = spawn(TENDER, ['run', subject, ...backendOptions(backend), '--report-fd', '1', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (piece: Buffer) => {
    if (text === '') setTimeout(() => child.kill(signal), after);
    text += piece.toString();
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, events: parse(text) };
}

for (const [backend, skip] of Object.entries(BACKENDS)) {
  t.test(`${backend}: captures come out as from the reference, byte for byte`, { skip }, async (t) => {
    const specs = [left, right].map((input, port) => ({ kind: 'pcap' as const, in: input, out: file(`node${port}.pcap`), speed: 'max' as const }));
    const reference = await virtualRun(graph, specs, { seed: 1, untilIdle: true, stopped: () => false, log: () => {} });
    const ports = [left, right].flatMap((input, port) => ['--port', `if${port}=pcap:in=${input},out=${file(`${path.basename(backend)}${port}.pcap`)},speed=max`]);
    const result = tender(backend, image, '--seed', '1', ...ports);
    t.equal(result.status, 0);
    t.equal(only(result, 'end')['ended'], 'idle');
    t.same(only(result, 'end')['ports'].map(({ name, ...figures }: Event) => figures), reference.ports);
    for (const port of [0, 1]) t.ok(readFileSync(file(`${path.basename(backend)}${port}.pcap`)).equals(readFileSync(file(`node${port}.pcap`))), `what interface ${port} sent`);
    t.end();
  });

  t.test(`${backend}: a signal ends a run, and the capture is whole up to there`, { skip }, async (t) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const output = file(`${path.basename(backend)}-${signal}.pcap`);
      const result = await interrupted(signal, 200, backend, image, '--port', 'if0=gen:size=64,rate=5000,flows=3', '--port', `if1=pcap:out=${output},speed=max`);
      const end = only(result, 'end');
      t.equal(result.status, 0);
      t.equal(end['ended'], 'signal');
      t.ok(end['ports'][1].tx_packets > 100, 'there was traffic');
      t.equal([...readCapture(output)].length, end['ports'][1].tx_packets);
    }
    t.end();
  });

  t.test(`${backend}: a run that waits for nothing ends by its time, and by a signal`, { skip }, async (t) => {
    t.equal(only(tender(backend, image, '--clock', 'real', '--for', '50000000', '--port', 'if0=gen:rate=10'), 'end')['ended'], 'time');
    t.equal(only(await interrupted('SIGTERM', 50, backend, image), 'end')['ended'], 'signal');
    t.end();
  });

  t.test(`${backend}: every generated frame comes through`, { skip }, (t) => {
    const end = only(tender(backend, image, '--port', 'if0=gen:size=128,count=200000,rate=max,flows=100'), 'end');
    t.match(end['ports'], [{ rx_packets: 200_000, drops: 0, rate: { sent: 200_000 } }, { tx_packets: 200_000, tx_bytes: 200_000 * 124, drops: 0 }]);
    t.end();
  });

  t.test(`${backend}: a fault of the guest is a panic with its place`, { skip }, (t) => {
    const bytes = readFileSync(image);
    const text = new Elf(bytes).section('.text')!;
    bytes.writeUInt16LE(0x0b0f, text.offset); // ud2
    writeFileSync(file('ud2.img'), bytes);
    const result = tender(backend, file('ud2.img'));
    t.match(only(result, 'panic'), { vector: 6, rip: text.address });
    t.match(only(result, 'error'), { code: 'WL4050' });
    t.equal(result.status, 1);
    t.end();
  });

  t.test(`${backend}: a guest that calls the kernel gets nothing`, { skip }, (t) => {
    const bytes = readFileSync(image);
    const { offset } = new Elf(bytes).section('.text')!;
    Buffer.from('b8390000000f05', 'hex').copy(bytes, offset); // mov $57, %eax (fork); syscall
    writeFileSync(file('fork.img'), bytes);
    const result = tender(backend, file('fork.img'));
    t.match(only(result, 'error'), { code: backend === 'process' ? 'WL5014' : 'WL4050' });
    t.equal(result.status, 1);
    t.end();
  });
}

t.test('bad input is one message with what to do', (t) => {
  const code = (result: Result) => [only(result, 'error')['code'], result.status];
  writeFileSync(file('noise'), Buffer.from(Array.from({ length: 10_000 }, (_, index) => index * 151)));
  t.same(code(tender('process', file('noise'))), ['WL4011', 1]);
  t.same(code(tender('process', file('nothing'))), ['WL4010', 1]);
  t.same(code(tender('process', image, '--port', `if0=pcap:in=${file('nothing')}`)), ['WL4020', 1]);
  t.same(code(tender('process', image, '--port', `if0=pcap:out=${file('no/folder')}`)), ['WL4022', 1]);
  t.same(code(tender('process', image, '--port', `if0=gen:template=${file('noise')},count=1`)), ['WL4021', 1]);
  t.same(code(tender('process', image, '--port', 'lan=null')), ['WL4002', 2]);
  t.same(code(tender('process', image, '--port', 'if0=null', '--port', 'if0=null')), ['WL4003', 2]);
  t.same(code(tender('process', image, '--port', 'if0=rope:1')), ['WL4004', 2]);
  t.same(code(tender('process', image, '--clock', 'virtual', '--port', 'if0=gen:count=1')), ['WL4005', 2]);
  t.same(code(tender('process', image, '--colour')), ['WL4040', 2]);
  t.end();
});

t.test('a truncated capture is a warning, and its whole frames are sent', (t) => {
  copyFileSync(left, file('cut.pcap'));
  truncateSync(file('cut.pcap'), 24 + 16 + 60 + 16 + 1000);
  const result = tender('process', image, '--port', `if0=pcap:in=${file('cut.pcap')}`);
  t.match(only(result, 'warning'), { file: file('cut.pcap'), message: /cut off in frame 2/ });
  t.match(only(result, 'end'), { ended: 'idle', ports: [{ rx_packets: 1 }, { tx_packets: 1 }] });
  t.equal(result.status, 0);
  t.end();
});

t.test('a full disk fails the run, but not before its end', { skip: existsSync('/dev/full') ? false : 'no /dev/full' }, (t) => {
  const result = tender('process', image, '--port', `if0=pcap:in=${left}`, '--port', 'if1=pcap:out=/dev/full');
  t.match(only(result, 'error'), { code: 'WL4023', message: /No space left/ });
  t.match(only(result, 'end'), { ended: 'idle' });
  t.equal(result.status, 1);
  t.end();
});

const tap = probeTap();
t.test('a tap that somebody has is busy, and is gone after its run', { skip: tap.usable && tap.problem === undefined ? false : (tap.problem ?? 'no taps') }, async (t) => {
  const name = `wlt${process.pid % 100_000}`;
  const first = interrupted('SIGTERM', 500, 'process', image, '--port', `if0=tap:${name}`);
  while (!existsSync(`/sys/class/net/${name}`)) await new Promise((resolve) => setTimeout(resolve, 5));
  t.match(only(tender('process', image, '--port', `if0=tap:${name}`), 'error'), { code: 'WL4031', message: /in use/ });
  t.equal((await first).status, 0);
  t.notOk(existsSync(`/sys/class/net/${name}`));
  t.end();
});

t.test('QEMU: what is missing or breaks is said, and nothing stays behind', { skip: noQemu }, async (t) => {
  const without = spawnSync(TENDER, ['run', image, '--backend', 'qemu', '--report-fd', '1', '--until-idle'], { encoding: 'utf8', env: { PATH: folder } });
  t.match(parse(without.stdout), [{ event: 'error', code: 'WL5019', hint: /apt-get install/ }]);
  t.equal(without.status, 3);

  const wide = file('wide.img');
  const names = Array.from({ length: 9 }, (_, index) => `eth${index}`);
  writeFileSync(file('wide.yaml'), `name: wide\ninterfaces: [${names}]\ngraph:\n${names.map((name, index) => `  - ${name} -> ${names[(index + 1) % 9]}\n`).join('')}`);
  copyFileSync((await build(plan((await loadGraph(file('wide.yaml'))).checked), 'vm')).file, wide);
  t.match(only(tender('qemu/tcg', wide), 'error'), { code: 'WL5018', message: /room for 8 network cards/ });

  const child = spawn(TENDER, ['run', image, '--backend', 'qemu', '--accelerator', 'tcg', '--report-fd', '1'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const piece of child.stdout as AsyncIterable<Buffer>) {
    const before = text;
    text += piece.toString();
    if (before === '') for (const id of childrenOf(child.pid!)) process.kill(id, 'SIGKILL');
  }
  t.match(only({ status: child.exitCode, events: parse(text) }, 'error'), { code: 'WL5018', message: /QEMU ended \(signal 9\)/ });
  t.end();
});

t.test('QEMU dies with the tender', { skip: noQemu }, async (t) => {
  const child = spawn(TENDER, ['run', image, '--backend', 'qemu', '--accelerator', 'tcg', '--report-fd', '1'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const children = childrenOf(child.pid!);
  t.equal(children.length, 1);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  const end = Date.now() + 5000;
  while (children.some((id) => existsSync(`/proc/${id}/exe`)) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  t.notOk(children.some((id) => existsSync(`/proc/${id}/exe`)));
  t.end();
});

/** Processes whose parent is `id`. */
function childrenOf(id: number): number[] {
  return readFileSync(`/proc/${id}/task/${id}/children`, 'utf8').trim().split(' ').filter((word) => word !== '').map(Number);
}
