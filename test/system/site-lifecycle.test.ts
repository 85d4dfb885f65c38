/** Appliances of a site that stand still, begin with a snapshot, are watched and looked into; records of faults under gdb and in Node. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { frameBytes } from '#src/run/frames/frame-bytes.js';
import { probeKvm } from '#src/run/machine.js';
import { readRecord, writeRecord } from '#src/site/crash-record.js';
import { wirelet } from './command-line.js';
import { until } from './lab/until.js';
import { makeLibraryFault, writeFaultingImage } from './patched-image.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wllife-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const env = { XDG_RUNTIME_DIR: folder, WIRELET_CACHE: path.join(folder, 'cache') };
const crashes = path.join(folder, 'wirelet/rack/crashes');
const kvm = probeKvm().usable ? false : 'no usable /dev/kvm';
const gdb = spawnSync('gdb', ['--version'], { stdio: 'ignore' }).error === undefined ? false : 'gdb is not installed: apt-get install gdb';
const file = (name: string, text?: string) => {
  const full = path.join(folder, name);
  if (text !== undefined) writeFileSync(full, text);
  return full;
};
const VICTIM = 'interfaces: { lan: {} }\ngraph: |\n  lan -> seen :: Counter -> Strip(14) -> CheckIPHeader -> DecIPTTL -> Discard;\n';

async function succeeds(...words: string[]): Promise<string> {
  const said = await wirelet(words, { env });
  if (said.status !== 0) throw new Error(`${words.join(' ')}: ${said.stderr}`);
  return said.stdout;
}
const read = async (handler: string) => (await succeeds('read', 'a', handler)).trim();
const json = async <T>(...words: string[]) => JSON.parse(await succeeds(...words, '--json')) as T;

t.test('an appliance that stands still is ended, kept a record of, and started again', { skip: kvm, timeout: 180_000 }, async (t) => {
  file('victim.yaml', VICTIM);
  await succeeds('build', file('victim.yaml'), '-o', file('sound.elf'));
  t.ok(writeFaultingImage(file('sound.elf'), 'DecIPTTL.ts', file('stuck.elf'), 'stay'));
  await succeeds('up', file('stuck-site.yaml', `
appliances: { a: { image: stuck.elf, watchdog_s: 1 } }
interfaces: { source: { generator: "size=64,rate=4" } }
networks: { n: { ports: [source, a.lan] } }
`));
  t.teardown(() => wirelet(['down'], { env }));
  const log = await until(() => succeeds('logs', 'a'), (text) => text.includes('the record of this fault is'), 'a record is kept');
  t.match(log, /the appliance makes no progress: no round of its loop has ended for 1 s; it was at .*DecIPTTL/);
  await until(() => json<{ state: string; restarts: number }[]>('ps'), ([row]) => row!.state === 'running' && row!.restarts > 0, 'it runs again');
  const record = readRecord(path.join(crashes, readdirSync(crashes).find((name) => name.endsWith('.crash'))!));
  t.equal(record.fault.kind, 'stuck');
  t.match(record.fault.place, /DecIPTTL\.ts:\d+$/, 'and says where it stood');
  await succeeds('down');
});

t.test('an appliance of a site begins with a snapshot of one, and is watched while packets flow', { skip: kvm, timeout: 180_000 }, async (t) => {
  const site = (name: string, more: string, generator: string) => file(name, `
appliances: { a: { graph: count.yaml${more} } }
interfaces: { source: { generator: "${generator}" } }
networks: { n: { ports: [source, a.lan] } }
`);
  file('count.yaml', 'interfaces: { lan: {} }\ngraph: |\n  lan -> seen :: Counter -> Discard;\n');
  t.teardown(() => wirelet(['down'], { env }));
  await succeeds('up', site('first.yaml', '', 'size=64,rate=1000'));
  await until(() => read('seen.count'), (text) => Number(text) >= 700, 'frames are counted');
  t.ok(Number(await read('lan/rx.count')) >= 700, 'also by the interface that they came from');
  await succeeds('write', 'a', 'lan/rx.reset_counts', '');
  const since = Number(await read('lan/rx.count'));
  t.ok(since + 700 <= Number(await read('seen.count')), 'whose count begins anew when it is told to');
  await succeeds('snapshot', 'a', file('a.snapshot'));
  await succeeds('down');
  await succeeds('up', site('second.yaml', ', snapshot: a.snapshot', 'size=64,rate=5000'));
  t.ok(Number(await read('seen.count')) >= 700, 'it goes on counting');
  await succeeds('restart', 'a');
  t.ok(Number(await read('seen.count')) >= 700, 'also after a restart');
  const { appliances } = await json<{ appliances: { rx_pps: number; cycles_per_packet: number; processor_ns: number; start: Record<string, number> }[] }>('top');
  const [row] = appliances as [(typeof appliances)[number]];
  t.ok(row.rx_pps > 0 && row.cycles_per_packet > 0, `${row.rx_pps} frames a second, ${row.cycles_per_packet} cycles each`);
  const { total_us: total, ...parts } = row.start;
  t.same(Object.keys(parts).sort(), ['attach_us', 'enter_us', 'exec_us', 'image_us', 'machine_us', 'ports_us', 'setup_us', 'spawn_us']);
  t.ok(Object.values(parts).reduce((sum, part) => sum + part, 0) <= total! * 1.01 + 1, 'the parts of its start are not more than the whole');
  t.match(await succeeds('ps', '--boot'), /microseconds .*spawn .*exec .*machine .*to the switch .*all\na /);
  t.match(await json('logs', 'a'), { name: 'a', lines: /started as process/ });
  t.match(await json('read', 'a', 'seen.class'), { value: 'Counter' });
  t.match(await json('write', 'a', 'seen.reset', ''), { ok: true });
  await succeeds('down');
});

t.test('a record runs into its fault under gdb, and through Node', { skip: gdb, timeout: 180_000 }, async (t) => {
  file('victim.yaml', VICTIM);
  await succeeds('build', file('victim.yaml'), '-o', file('sound.elf'));
  await succeeds('build', file('victim.yaml'), '--target', 'native', '-o', file('victim.so'));
  const images = path.join(folder, 'cache/images');
  // What the replay takes for the native build of the graph.
  const [library] = readdirSync(images).filter((name) => name.endsWith('.so'));
  t.ok(await makeLibraryFault(path.join(images, library!), 'DecIPTTL.ts'));
  mkdirSync(crashes, { recursive: true, mode: 0o700 });
  const frame = frameBytes({ ethernet: { dst: 0x0200_0000_0001n }, ipv4: { src: 0x0a000001n, dst: 0x0a000002n }, udp: { sport: 9n, dport: 9n }, payload: Buffer.alloc(18) });
  const record = writeRecord(crashes, {
    appliance: 'a', site: 's', at: new Date().toISOString(), file: file('victim.yaml'), set: {}, element_folders: [], image_name: file('sound.elf'), seed: 1, received: {},
    fault: { kind: 'panic', problem: { code: 'WL4111', message: 'the appliance panicked' }, vector: 6, error: 0, address: 0, rip: 1, place: 'DecIPTTL.ts:1', registers: {} },
    frames: [{ interface: 'lan', at_ns: 1000, length: frame.length, data: frame }], state: undefined,
  }, file('sound.elf'));
  const under = await wirelet(['replay', record, '--gdb'], { env });
  t.match(under.stdout, /received signal SIGILL/, under.stderr);
  t.match(under.stdout, /Line \d+ of "[^"]*DecIPTTL\.ts"/, 'gdb shows the line of the element');
  const node = await wirelet(['replay', record, '--vmm', 'node', '--json'], { env });
  t.match(JSON.parse(node.stdout), { vmm: 'node', same: false, attempts: [{ frames: 1, fault: null }] }, 'the TypeScript itself is sound');
  t.equal(node.status, 1);
});
