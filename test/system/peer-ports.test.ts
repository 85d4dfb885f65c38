/** Ports of a run whose other side is another program: DPDK by vhost-user, an interface by AF_XDP; measured through them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { wirelet } from './command-line.js';
import { Lab } from './lab/lab.js';
import { Testpmd } from './lab/testpmd.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wlpeer-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const WIRE = path.join(packageRoot, 'configs/wire.yaml');
const FRAMES = 500;

interface Outcome {
  readonly ports: Readonly<Record<string, { rx_packets: number; tx_packets: number }>>;
  readonly streams: Readonly<Record<string, { offered: number; received: number }>>;
}

t.test('frames of a generator come back from testpmd, whatever runs the appliance', { skip: Testpmd.problem() ?? false, timeout: 180_000 }, async (t) => {
  const socket = path.join(folder, 'pmd.sock');
  const testpmd = await Testpmd.start(`net_vhost0,iface=${socket}`, 'peer');
  t.teardown(() => testpmd.end());
  for (const vmm of ['process', 'native', 'node']) {
    const said = await wirelet(['run', WIRE, '--vmm', vmm, '--port', `lan=gen:size=128,count=${FRAMES},rate=1k,returned=true`, '--port', `wan=vhost-user:${socket}`, ...(vmm === 'node' ? ['--for', '3'] : ['--until-idle']), '--json']);
    t.equal(said.status, 0, said.stderr);
    const { ports, streams } = JSON.parse(said.stdout) as Outcome;
    t.ok(ports['wan']!.tx_packets >= FRAMES * (vmm === 'node' ? 0.5 : 1), `${vmm}: ${ports['wan']!.tx_packets} frames went to testpmd`);
    // testpmd itself drops what finds no room at the moment.
    t.ok(streams['lan']!.received >= FRAMES * (vmm === 'node' ? 0.5 : 0.9) && streams['lan']!.received <= FRAMES, `${vmm}: ${streams['lan']!.received} came back, and no frame counts twice`);
  }
  const bench = await wirelet(['bench', WIRE, '--vmm', 'process', '--method', 'soak', '--rate', '1000', '--duration', '1', '--port', `wan=vhost-user:${socket}`, '--json']);
  t.equal(bench.status, 0, bench.stderr);
  t.match(JSON.parse(bench.stdout), { settings: { generator: /behind wan=vhost-user:/ } });
  t.match(await wirelet(['bench', WIRE, '--port', `wan=vhost-user:${socket}`]), { status: 2, stderr: /WL1391 .*--port needs a method/ });
  t.match(await wirelet(['bench', WIRE, '--method', 'loss', '--port', 'lan=xdp:eth0']), { status: 2, stderr: /WL1391 .*the generator is there/ });
});

t.test('an appliance has an interface by AF_XDP', { skip: Lab.problem('ping', 'ethtool') ?? false, timeout: 60_000 }, async (t) => {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const cables = [lab.cable(), lab.cable()];
  const [left, right] = [lab.machine('left'), lab.machine('right')];
  const appliance = lab.start(['node', path.join(packageRoot, 'src/cli/wirelet.cjs'), 'run', WIRE, '--vmm', 'process', '--port', `lan=xdp:${cables[0]!.near}`, '--port', `wan=xdp:${cables[1]!.near}`, '--for', '30'], 60_000);
  left.plug(cables[0]!.far, '10.75.0.1/24');
  right.plug(cables[1]!.far, '10.75.0.2/24');
  let reached = false;
  for (const begin = performance.now(); !reached && performance.now() - begin < 20_000; ) reached = (await left.ping('10.75.0.2')).status === 0;
  t.ok(reached, `pings pass ${appliance.stderr}`);
});
