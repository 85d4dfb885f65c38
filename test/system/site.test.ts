/** A site of appliances between two machines: packets pass, what is killed comes back, nothing is left behind. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { probeKvm } from '#src/run/machine.js';
import { wirelet } from './command-line.js';
import { Lab } from './lab/lab.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wlsite-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const env = { XDG_RUNTIME_DIR: folder };
const rack = path.join(folder, 'wirelet/rack');
const WIRE = path.join(packageRoot, 'configs/wire.yaml');
const skip = Lab.problem('ping', 'iperf3', 'ethtool') ?? (probeKvm().usable ? false : 'no usable /dev/kvm');

interface Row {
  readonly name: string;
  readonly state: string;
  readonly pid: number;
  readonly restarts: number;
}

const ps = async (): Promise<Row[]> => JSON.parse((await wirelet(['ps', '--json'], { env })).stdout) as Row[];
const alive = (pid: number) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

async function until<T>(look: () => Promise<T>, good: (value: T) => boolean, what: string): Promise<T> {
  for (const begin = performance.now(); ; ) {
    const value = await look().catch(() => undefined);
    if (value !== undefined && good(value)) return value;
    if (performance.now() - begin > 30_000) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

t.test('a chain of three virtual machines between two machines', { skip }, async (t) => {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const [left, right] = [lab.machine('left'), lab.machine('right')];
  const cables = [lab.cable(), lab.cable()];
  const site = path.join(folder, 'chain.yaml');
  writeFileSync(site, `
name: chain
appliances:
  one: { graph: ${WIRE} }
  two: { graph: ${WIRE} }
  three: { graph: ${WIRE}, restart: never }
interfaces:
  left: { packet: ${cables[0]!.near} }
  right: { packet: ${cables[1]!.near} }
networks:
  middle: { ports: [two.wan, three.lan] }
chains:
  - left -> one -> two.lan
  - three.wan -> right
`);
  const up = await wirelet(['up', site, '--json'], { env });
  t.equal(up.status, 0, up.stderr);
  t.teardown(() => wirelet(['down'], { env }));
  const report = JSON.parse(up.stdout) as { appliances: Row[] };
  t.same(report.appliances.map(({ name, state }) => [name, state]), [['one', 'running'], ['two', 'running'], ['three', 'running']]);

  const second = await wirelet(['up', site], { env });
  t.match(second, { status: 1, stderr: /^WL4210 error: a site runs already: chain/ }, 'a second site is refused, and says who has it');

  left.plug(cables[0]!.far, '10.77.0.1/24');
  right.plug(cables[1]!.far, '10.77.0.2/24');
  const reached = async () => (await left.ping('10.77.0.2')).status === 0;
  const passes = () => until(reached, (good) => good, 'packets pass again');
  t.ok(await reached(), 'machines reach each other through three VMs');

  await right.serve(/listening/i, 'iperf3', '--server', '--one-off', '--forceflush');
  const { stdout, stderr } = await left.run('iperf3', '--client', '10.77.0.2', '--time', '2', '--json');
  const { end } = JSON.parse(stdout || '{}') as { end?: { sum_received?: { bits_per_second: number; bytes: number } } };
  t.ok((end?.sum_received?.bytes ?? 0) > 1_000_000, `iperf3 carried ${Math.round((end?.sum_received?.bits_per_second ?? 0) / 1e6)} Mbit/s ${stderr}`);

  await t.test('a file of 1 MiB arrives as it is', async (t) => {
    const bytes = randomBytes(1 << 20);
    const served = path.join(folder, 'file');
    writeFileSync(served, bytes);
    const script = `require('node:net').createServer((socket) => require('node:fs').createReadStream(${JSON.stringify(served)}).pipe(socket)).listen(7000, '0.0.0.0', () => console.log('ready'))`;
    await right.serve(/ready/, process.execPath, '-e', script);
    const fetched = path.join(folder, 'fetched');
    const fetch = `require('node:net').connect(7000, '10.77.0.2').pipe(require('node:fs').createWriteStream(${JSON.stringify(fetched)}))`;
    t.equal((await left.run(process.execPath, '-e', fetch)).status, 0);
    const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex');
    t.equal(digest(readFileSync(fetched)), digest(bytes));
  });

  await t.test('a VM that is killed is started again, as its policy says', async (t) => {
    const [one, , three] = await ps();
    process.kill(one!.pid, 'SIGKILL');
    process.kill(three!.pid, 'SIGKILL');
    const after = await until(ps, ([row, , last]) => row!.restarts === 1 && row!.state === 'running' && last!.state !== 'running', 'the first is back, the last is not');
    t.not(after[0]!.pid, one!.pid);
    t.equal(after[2]!.state, 'failed', 'the policy of the last one is never');
    t.notOk(await reached(), 'nothing passes what does not run');
    t.equal((await wirelet(['restart', 'three'], { env })).status, 0);
    await passes();
    t.match((await wirelet(['logs', 'one'], { env })).stdout, /-- starting again\n.*-- started as process/s);
  });

  await t.test('a switch that is killed is replaced, and the VMs go on', async (t) => {
    const top = JSON.parse((await wirelet(['top', '--json'], { env })).stdout) as { switch: { pid: number }; ports: { name: string; tx_packets: number }[] };
    t.ok(top.ports.find(({ name }) => name === 'right')!.tx_packets > 100, 'ports are counted');
    const before = await ps();
    process.kill(top.switch.pid, 'SIGKILL');
    await passes();
    t.same((await ps()).map(({ pid }) => pid), before.map(({ pid }) => pid), 'no VM was started anew');
  });

  await t.test('handlers are read while it runs', async (t) => {
    t.match((await wirelet(['read', 'two', 'list'], { env })).stdout, /^\d+\n/);
    t.match(await wirelet(['restart', 'tow'], { env }), { status: 1, stderr: /^WL4214 .*\n.*Did you mean "two"/ });
  });

  await t.test('nothing is left when who keeps the site is killed, and the next one begins', async (t) => {
    const record = JSON.parse(readFileSync(path.join(rack, 'site.json'), 'utf8')) as { pid: number };
    const rows = await ps();
    process.kill(record.pid, 'SIGKILL');
    await until(async () => rows.filter(({ pid }) => alive(pid)).length, (count) => count === 0, 'the VMs end with their keeper');
    t.match(await wirelet(['ps'], { env }), { status: 1, stderr: /^WL4211 error: no site runs/ });
    const again = await wirelet(['up', site, '--json'], { env });
    t.equal(again.status, 0, again.stderr);
    await passes();
  });

  const rows = await ps();
  t.equal((await wirelet(['down'], { env })).status, 0);
  t.same(rows.filter(({ pid }) => alive(pid)), [], 'no process is left');
  t.same(readdirSync(rack).sort(), ['crashes', 'logs', 'rack.log'], 'no socket and no record is left');
  t.match(await wirelet(['down'], { env }), { status: 1, stderr: /^WL4211/ });
});
