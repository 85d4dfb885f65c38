/** What is wrong with a site, its machine or its disk: said clearly; the others go on, and nothing is left behind. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot } from '#src/package-root.js';
import { probeKvm } from '#src/run/machine.js';
import { wirelet } from './command-line.js';
import { Lab } from './lab/lab.js';
import { until } from './lab/until.js';
import { writeFaultingImage } from './patched-image.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wlfault-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const env = { XDG_RUNTIME_DIR: folder };
const rack = path.join(folder, 'wirelet/rack');
const WIRE = path.join(packageRoot, 'configs/wire.yaml');
const kvm = probeKvm().usable ? false : 'no usable /dev/kvm';
const lab = Lab.problem() ?? false;
const write = (name: string, text: string) => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};
const up = (file: string) => wirelet(['up', file], { env });
const rows = async () => JSON.parse((await wirelet(['ps', '--json'], { env })).stdout) as { name: string; state: string; pid: number; restarts: number }[];
const alive = (pid: number) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
/** No site runs, and none has left sockets or its record. */
async function nothingLeft(test: Test): Promise<void> {
  test.match(await wirelet(['ps'], { env }), { status: 1, stderr: /^WL4211/ }, 'no site runs');
  if (existsSync(rack)) test.same(readdirSync(rack).filter((name) => !['crashes', 'logs', 'rack.log'].includes(name)), [], 'nothing is left');
}

t.test('images that are not ours, are cut off, or are not there are told at their places', async (t) => {
  copyFileSync(process.execPath, path.join(folder, 'cut.elf'));
  truncateSync(path.join(folder, 'cut.elf'), 3000);
  const site = write('foreign.yaml', `appliances:\n  foreign: { image: /bin/true }\n  cut: { image: cut.elf }\n  missing: { image: nowhere.elf }\n`);
  const { status, stderr } = await up(site);
  t.equal(status, 1);
  t.match(stderr, /WL3101 \S*foreign\.yaml:2:3 error: \/bin\/true is not an image of Wirelet/);
  t.match(stderr, /WL3101 \S*foreign\.yaml:3:3 error: \S*cut\.elf is not an image of Wirelet/);
  t.match(stderr, /WL4200 \S*foreign\.yaml:4:3 error: the image \S*nowhere\.elf is not there/);
  await nothingLeft(t);
});

t.test('an appliance that needs more memory than it may have is refused', { skip: kvm }, async (t) => {
  t.match(await up(write('memory.yaml', `appliances:\n  small: { graph: ${WIRE}, memory: 64KiB }\n`)), { status: 1, stderr: /WL4204 .*"small" needs [\d.]+ MiB of memory, and may have 0\.06 MiB/ });
  await nothingLeft(t);
});

t.test('where no more files may be opened, it is said how to change that, and nothing is left', { skip: kvm, timeout: 120_000 }, async (t) => {
  const limited = (words: readonly string[]) => ['sh', '-c', 'ulimit -n 150 && exec "$@"', 'sh', ...words];
  t.match(await wirelet(['up', write('descriptors.yaml', `appliances: { a: { graph: ${WIRE}, count: 60 } }\n`)], { env, around: limited }), { status: 1, stderr: /^WL5000 error: .*\n +hint: .*ulimit -n/ });
  await nothingLeft(t);
});

t.test('interfaces that are missing, of another kind, or taken are named, and no part of the site is left', { skip: kvm || lab, timeout: 120_000 }, async (t) => {
  const laboratory = new Lab();
  t.teardown(() => laboratory.close());
  const tap = laboratory.tap();
  const site = (name: string, port: string) => write(`${name}.yaml`, `appliances: { a: { graph: ${WIRE} } }\ninterfaces: { x: { ${port} } }\nnetworks: { n: { ports: [x, a.lan] } }\n`);
  t.match(await up(site('missing', 'packet: wlnosuch0')), { status: 1, stderr: /^WL4032 error: there is no network interface wlnosuch0/ });
  t.match(await up(site('kind', 'tap: lo')), { status: 1, stderr: /^WL4031 error: lo is there, but is not a tap/ });
  await nothingLeft(t);
  t.match(await up(site('first', `tap: ${tap}`)), { status: 0 });
  t.teardown(() => wirelet(['down'], { env }));
  // Another user's site, so to speak.
  const other = path.join(folder, 'other');
  mkdirSync(other, { mode: 0o700 });
  const second = await wirelet(['up', site('second', `tap: ${tap}`)], { env: { XDG_RUNTIME_DIR: other } });
  t.match(second, { status: 1, stderr: new RegExp(`^WL\\d{4} error: .*${tap}`) }, 'who comes second is told which interface it is');
  t.match(await wirelet(['ps'], { env: { XDG_RUNTIME_DIR: other } }), { status: 1, stderr: /^WL4211/ });
  t.match(await rows(), [{ name: 'a', state: 'running' }], 'the first goes on');
  t.equal((await wirelet(['down'], { env })).status, 0);
});

t.test('of two `up` at once one starts its site, and the other says who has it', { skip: kvm, timeout: 120_000 }, async (t) => {
  const sites = ['one', 'two'].map((name) => write(`${name}.yaml`, `name: ${name}\nappliances: { a: { graph: ${WIRE}, count: 3 } }\n`));
  t.teardown(() => wirelet(['down'], { env }));
  const said = await Promise.all(sites.map(up));
  t.same(said.map(({ status }) => status).sort(), [0, 1]);
  const lost = said.find(({ status }) => status === 1)!;
  t.match(lost.stderr, /WL4210 error: a site runs already: (one|two)/);
  t.equal((await rows()).filter(({ state }) => state === 'running').length, 3);
  t.equal((await wirelet(['down'], { env })).status, 0);
  await nothingLeft(t);
});

t.test('a full disk costs the record of a fault, and nothing else', { skip: kvm || lab, timeout: 180_000 }, async (t) => {
  const crashes = path.join(rack, 'crashes');
  mkdirSync(crashes, { recursive: true, mode: 0o700 });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'none', crashes], { encoding: 'utf8' });
  if (mounted.status !== 0) return void t.pass('the place for records is full', { skip: `no file system of 32 KiB can be mounted: ${mounted.stderr.trim()}` });
  t.teardown(() => spawnSync('umount', [crashes]));
  write('victim.yaml', 'interfaces: { lan: {} }\ngraph: |\n  lan -> Strip(14) -> CheckIPHeader -> DecIPTTL -> Discard;\n');
  t.equal((await wirelet(['build', path.join(folder, 'victim.yaml'), '-o', path.join(folder, 'sound.elf')], { env })).status, 0);
  t.ok(writeFaultingImage(path.join(folder, 'sound.elf'), 'DecIPTTL.ts', path.join(folder, 'victim.elf')));
  const site = write('full.yaml', `
appliances:
  victim: { image: victim.elf }
  other: { graph: ${WIRE} }
interfaces:
  source: { generator: "size=64,rate=2" }
networks:
  a: { ports: [source, victim.lan] }
  b: { ports: [other.lan] }
`);
  t.equal((await up(site)).status, 0);
  t.teardown(() => wirelet(['down'], { env }));
  const before = (await rows()).find(({ name }) => name === 'other')!.pid;
  await until(async () => (await wirelet(['logs', 'victim'], { env })).stdout, (text) => /no record of this fault is kept: WL4243 the record of a fault cannot be written: .*no space left/i.test(text), 'the log says what became of the record');
  await until(rows, (all) => all.every(({ state }) => state === 'running'), 'the victim is back');
  t.equal((await rows()).find(({ name }) => name === 'other')!.pid, before, 'the other one goes on');
  t.same(readdirSync(crashes).filter((name) => name.includes('draft')), [], 'no half of a record is left');
  t.equal((await wirelet(['down'], { env })).status, 0);
});

t.test('where there is no room for its sockets and records, a site is refused', { skip: kvm, timeout: 120_000 }, async (t) => {
  const full = path.join(folder, 'full');
  mkdirSync(full, { mode: 0o700 });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k,mode=700', 'none', full], { encoding: 'utf8' });
  if (mounted.status !== 0) return void t.pass('the folder is full', { skip: `no file system of 16 KiB can be mounted: ${mounted.stderr.trim()}` });
  t.teardown(() => spawnSync('umount', [full]));
  spawnSync('dd', ['if=/dev/zero', `of=${path.join(full, 'fill')}`, 'bs=1k', 'count=16']);
  const site = write('no-room.yaml', `appliances: { a: { graph: ${WIRE} } }\n`);
  t.match(await wirelet(['up', site], { env: { XDG_RUNTIME_DIR: full } }), { status: 1, stderr: /^WL4900 error: .*no space left on device/ });
  rmSync(path.join(full, 'fill'));
  t.match(await wirelet(['ps'], { env: { XDG_RUNTIME_DIR: full } }), { status: 1, stderr: /^WL4211/ });
});

t.test('after kill -9 of any part and of all at once the next `up` finds a clean place', { skip: kvm, timeout: 180_000 }, async (t) => {
  const site = write('killed.yaml', `appliances: { a: { graph: ${WIRE}, count: 2 } }\nnetworks: { n: { ports: [a.lan, a.wan] } }\n`);
  const shared = () => readdirSync('/dev/shm').filter((name) => name.startsWith('wirelet-'));
  const before = shared();
  t.teardown(() => wirelet(['down'], { env }));
  for (const victims of [['keeper'], ['switch', 'keeper'], ['appliances', 'switch', 'keeper']]) {
    t.equal((await up(site)).status, 0, `it starts, to lose ${victims.join(', ')}`);
    const { switch: carrier } = JSON.parse((await wirelet(['top', '--json'], { env })).stdout) as { switch: { pid: number } };
    const pids = { keeper: [(JSON.parse(readFileSync(path.join(rack, 'site.json'), 'utf8')) as { pid: number }).pid], switch: [carrier.pid], appliances: (await rows()).map(({ pid }) => pid) };
    for (const victim of victims) for (const pid of pids[victim as keyof typeof pids]) process.kill(pid, 'SIGKILL');
    await until(async () => Object.values(pids).flat().filter(alive), (left) => left.length === 0, 'all its processes end');
    t.match(await wirelet(['ps'], { env }), { status: 1, stderr: /^WL4211/ });
  }
  t.equal((await up(site)).status, 0, 'and starts again');
  t.equal((await wirelet(['down'], { env })).status, 0);
  await nothingLeft(t);
  t.same(shared().filter((name) => !before.includes(name) && name.includes(`-${process.pid}-`)), [], 'no shared memory is left');
});
