/**
 * The switch in QEMU as it is, without our tender: what the controller is told of links is what the virtio devices say (VIRTIO_NET_F_STATUS;
 * virtio 1.2, 5.1.4), which QEMU's monitor sets.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { openImage } from '#src/image/image.js';
import { packageRoot } from '#src/package-root.js';
import { wirelet } from './command-line.js';
import { Lab } from './lab/lab.js';
import { until } from './lab/until.js';

await t.test('a switch whose cables QEMU pulls out', { skip: Lab.problem('ping', 'ovs-ofctl', 'qemu-system-x86_64') ?? false }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-links-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [image, socket] = [path.join(folder, 'switch.elf'), path.join(folder, 'monitor')];
  const built = await wirelet(['build', path.join(packageRoot, 'configs/openflow-switch.yaml'), '-o', image]);
  t.equal(built.status, 0, built.stderr);
  const lab = new Lab();
  t.teardown(() => lab.close());
  const manager = lab.machine('manager');
  const taps = ['lan', 'wan', 'dmz', 'mgmt'].map(() => lab.tap());
  const cards = openImage(image).manifest.interfaces.flatMap(({ mac }, index) => ['-netdev', `tap,id=net${index},ifname=${taps[index]},script=no,downscript=no`, '-device', `virtio-net-device,id=card${index},netdev=net${index},mac=${mac}`]);
  lab.start(['qemu-system-x86_64', '-accel', 'kvm', '-accel', 'tcg', '-cpu', 'kvm64', '-M', 'microvm,acpi=off,x-option-roms=off,pic=off,pit=off,rtc=off,auto-kernel-cmdline=on', '-nodefaults', '-no-user-config', '-display', 'none',
    '-m', '64', '-kernel', image, '-global', 'virtio-mmio.force-legacy=false', '-qmp', `unix:${socket},server=on,wait=off`, ...cards], 90_000);
  // The tap goes to the machine once QEMU has it.
  const monitor = (await until(async () => {
    const client = connect(socket);
    const [spoke] = await Promise.race([once(client, 'data'), once(client, 'close').then(() => [undefined])]).catch(() => [undefined]);
    return spoke === undefined ? undefined : client;
  }, (client) => client !== undefined, 'QEMU listens'))!;
  t.teardown(() => monitor.destroy());
  const order = async (execute: string, values: object = {}) => {
    monitor.write(`${JSON.stringify({ execute, arguments: values })}\n`);
    await once(monitor, 'data');
  };
  await order('qmp_capabilities');
  manager.plug(taps[3]!, '192.0.2.1/24');
  const states = async () => [...(await manager.run('ovs-ofctl', '-O', 'OpenFlow13', 'dump-ports-desc', 'tcp:192.0.2.6:6654')).stdout.matchAll(/^ *\d\((\w+)\)[\s\S]*?state:\s+(\S+)/gm)].map(([, name, state]) => `${name} ${state}`).join(', ');
  const told = (wanted: string) => until(states, (seen) => seen === wanted, wanted);
  await told('lan 0, wan 0, dmz 0');
  await order('set_link', { name: 'card1', up: false });
  await told('lan 0, wan LINK_DOWN, dmz 0');
  await order('set_link', { name: 'card1', up: true });
  await told('lan 0, wan 0, dmz 0');
  t.pass('all were told');
});
