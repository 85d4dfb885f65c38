/** Two machines with the running wire between them. WIRELET_VMM chooses how the appliance runs. */
import t, { type Test } from 'tap';
import { versionOf } from '#src/run/machine.js';
import { startAppliance } from './lab/appliance.js';
import { Lab } from './lab/lab.js';

const problem = Lab.problem('ping', 'curl', 'sysctl') ?? false;
const noQemu = (await versionOf('qemu-system-x86_64')) === undefined && 'no qemu-system-x86_64';
await t.test('a wire on taps', { skip: problem }, (t) => carries(t));
await t.test('a wire on taps, in QEMU', { skip: problem || noQemu }, (t) => carries(t, 'qemu'));

await t.test('a wire on interfaces, by packet sockets', { skip: Lab.problem('ping', 'curl', 'sysctl', 'ethtool') ?? false }, (t) => carries(t, undefined, 'packet'));
await t.test('the same in Node', { skip: Lab.problem('ping', 'curl', 'sysctl', 'ethtool') ?? false }, (t) => carries(t, 'node', 'packet'));

async function carries(t: Test, vmm?: string, kind: 'tap' | 'packet' = 'tap'): Promise<void> {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const left = lab.machine('left');
  const right = lab.machine('right');
  const [lan, wan] = kind === 'tap' ? [lab.tap(), lab.tap()].map((name) => ({ near: name, far: name })) : [lab.cable(), lab.cable()];
  const appliance = await startAppliance(lab, 'wire', { lan: `${kind}:${lan!.near}`, wan: `${kind}:${wan!.near}` }, vmm);
  left.plug(lan!.far, '10.0.0.1/24');
  right.plug(wan!.far, '10.0.0.2/24');
  await right.serveWeb('right', 80);

  await t.test('carries pings of any size', async (t) => {
    for (const size of ['0', '56', '1472', '4000']) {
      const { status, stdout } = await left.ping('10.0.0.2', '-s', size);
      t.equal(status, 0, stdout);
    }
  });
  await t.test('carries pages', async (t) => {
    const { status, stdout, stderr } = await left.curl('http://10.0.0.2/');
    t.equal(status, 0, stderr);
    t.match(stdout, 'right 10.0.0.1');
  });
  await t.test('counts every frame once on each side', async (t) => {
    const { ports } = await appliance.stop();
    t.ok(ports.lan!.rx_packets > 20);
    t.equal(ports.lan!.rx_packets, ports.wan!.tx_packets);
    t.equal(ports.wan!.rx_packets, ports.lan!.tx_packets);
  });
}
