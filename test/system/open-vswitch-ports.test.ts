/** Open vSwitch with DPDK at ports of the switch, as back-end and as driver of vhost-user. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { OpenVswitchDaemon } from '../../bench/open-vswitch-daemon.js';
import { Rig } from './lab/rig.js';

const FRAMES = 500;

t.test('Open vSwitch forwards between a port to which it is the back-end and one to which it is the driver', { skip: OpenVswitchDaemon.problem() ?? false, timeout: 180_000 }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wlovs-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [near, far] = ['near.vhost', 'far.vhost'].map((name) => path.join(folder, name)) as [string, string];
  const rig = await Rig.start(t, path.join(folder, 'switch'));
  // dpdkvhostuserclient connects to a front-end; virtio-user to a back-end.
  await rig.network('left', 'wire', { near: `vhost-user:${near},server,role=front-end` });
  await rig.network('right', 'wire', { far: `vhost-user:${far},server,role=back-end` });
  const daemon = await OpenVswitchDaemon.start(folder);
  t.teardown(() => daemon.end());
  daemon.vsctl('add-port', 'br0', 'near', '--', 'set', 'Interface', 'near', 'type=dpdkvhostuserclient', `options:vhost-server-path=${near}`);
  daemon.vsctl('add-port', 'br0', 'far', '--', 'set', 'Interface', 'far', 'type=dpdk', `options:dpdk-devargs=net_virtio_user0,path=${far},queue_size=256,mac=02:00:00:00:00:09`);
  for (const name of ['near', 'far']) await rig.until(name, ({ attached }) => attached, `Open vSwitch is at ${name}`);
  for (const [from, to] of [['left', 'right'], ['right', 'left']] as const) {
    await rig.plug(to, 'sink', 'null:-');
    await rig.plug(from, 'source', `gen:size=${from === 'left' ? 64 : 1518},count=${FRAMES},rate=500,verify=true`);
    // Open vSwitch itself drops what finds no room at the moment.
    await rig.until('sink', ({ tx_packets: packets }) => packets >= FRAMES * 0.9, `frames go from ${from} to ${to}`);
    // All are on their way, and none of them comes among those of the next stream.
    await rig.until('source', ({ rx_packets: packets }) => packets >= FRAMES, 'all were sent');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { corrupted, duplicated, reordered } = await rig.daemon.stream('source');
    t.same({ corrupted, duplicated, reordered }, { corrupted: 0, duplicated: 0, reordered: 0 }, `from ${from} to ${to}, as they were sent`);
    for (const name of ['sink', 'source']) await rig.daemon.removePort(name);
  }
  t.same(rig.stopped, []);
});
