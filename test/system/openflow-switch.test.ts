/**
 * The running switch with Open vSwitch's programs: ovs-ofctl asks and orders, ovs-testcontroller teaches it where hosts are; without a
 * controller it goes on, or stops, as it was told. WIRELET_VMM chooses how the appliance runs.
 */
import t from 'tap';
import { startAppliance } from './lab/appliance.js';
import { Lab } from './lab/lab.js';
import type { Machine } from './lab/machine.js';

const TARGET = 'tcp:192.0.2.6:6654';
const SEED = Number(process.env.WIRELET_SEED ?? 1);

/**
 * Sends to the switch what no controller should: noise, messages that are cut off, lie about their length or are changed anywhere; some
 * say nothing at all. Nobody waits for answers, all come again.
 */
const BAD_CONTROLLERS = `
const net = require('node:net');
let state = ${SEED};
const random = (below) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0, Math.floor(state / 2 ** 32 * below));
const hex = (text) => Buffer.from(text, 'hex');
const messages = ['0100000800000001', '0400000800000001', '0402000c0000000261626364', '0405000800000003', '0400001000000004000100080000001c',
  '010e004800000005' + '003fffff' + '00'.repeat(36) + '0000000000000000' + '0000' + '0000' + '0000' + '8000' + 'ffffffff' + 'ffff' + '0000',
  '040e0038000000060000000000000000000000000000000000000000000080' + '00ffffffffffffffffffffffff00000000' + '0001000400000000',
  '040d00280000000700ffffffffffffffff00000010000000000000000000' + '0000000000'.padEnd(10, '0'), '041200100000000800000000000000' + '00', '0112000c0000000900000000', '0418001800000a0b0000000200000000' + '0000000000000001'].map(hex);
let open = 0;
let made = 0;
function next() {
  if (made === 120) return open === 0 ? (console.log('done', made), process.exit(0)) : undefined;
  made += 1;
  open += 1;
  let over = false;
  const socket = net.connect(6654, '192.0.2.6');
  const end = () => { if (over) return; over = true; open -= 1; socket.destroy(); next(); };
  socket.on('error', end).on('close', end).on('data', () => undefined);
  socket.on('connect', () => {
    const kind = random(6);
    if (kind === 0) socket.write(Buffer.from(Array.from({ length: 1 + random(3000) }, () => random(256))));
    else if (kind > 1) {
      socket.write(messages[random(2)]);
      for (let count = random(12); count > 0; count -= 1) {
        const message = Buffer.from(messages[random(messages.length)]);
        for (let changes = random(4); changes > 0; changes -= 1) message[random(message.length)] = random(256);
        if (random(5) === 0) message.writeUInt16BE(random(65536), 2);
        socket.write(random(4) === 0 ? message.subarray(0, random(message.length)) : message);
      }
    }
    setTimeout(end, 20 + random(60));
  });
  setTimeout(end, 2000);
}
for (let count = 0; count < 6; count += 1) next();`;

const problem = Lab.problem('ping', 'ovs-ofctl', 'ovs-testcontroller') ?? false;

function cables(lab: Lab): Record<'lan' | 'wan' | 'dmz' | 'mgmt', string> {
  return { lan: lab.tap(), wan: lab.tap(), dmz: lab.tap(), mgmt: lab.tap() };
}

await t.test('a switch that is asked by ovs-ofctl', { skip: problem }, async (t) => {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const [manager, one, two] = [lab.machine('manager'), lab.machine('one'), lab.machine('two')];
  const taps = cables(lab);
  const appliance = await startAppliance(lab, 'openflow-switch', taps);
  manager.plug(taps.mgmt, '192.0.2.1/24');
  one.plug(taps.lan, '10.9.0.1/24');
  two.plug(taps.wan, '10.9.0.2/24');
  const ofctl = async (version: string, ...words: string[]) => {
    const { stdout, stderr } = await manager.run('ovs-ofctl', '-O', version, words[0]!, TARGET, ...words.slice(1));
    return stdout + stderr;
  };

  await t.test('answers pings', async (t) => t.match((await manager.ping('192.0.2.6')).stdout, /3 received/));
  await t.test('is a learning switch', async (t) => t.match((await one.ping('10.9.0.2')).stdout, /3 received/));
  for (const version of ['OpenFlow10', 'OpenFlow13']) {
    await t.test(`says what it is, in ${version}`, async (t) => {
      t.match(await ofctl(version, 'show'), /dpid:000002000000fe01[\s\S]*n_tables:1[\s\S]*1\(lan\): addr:02:00:00:00:fe:02/);
      t.match(await ofctl(version, 'dump-ports', '1'), /rx pkts=[1-9]/);
      t.match(await ofctl(version, 'dump-tables'), /active=0/);
    });
    await t.test(`takes flows, shows them and forgets them, in ${version}`, async (t) => {
      const flow = 'priority=10,tcp,nw_dst=10.0.0.0/8,tp_dst=80,cookie=0x17,idle_timeout=60,actions=mod_nw_dst:10.0.0.9,output:2';
      t.equal(await ofctl(version, 'add-flow', flow), '');
      t.match(await ofctl(version, 'dump-flows'), /cookie=0x17, .*priority=10,tcp,nw_dst=10.0.0.0\/8,tp_dst=80 actions=(mod_nw_dst:10.0.0.9|set_field:10.0.0.9->ip_dst),output:2/);
      t.match(await ofctl(version, 'dump-aggregate'), /flow_count=1/);
      t.equal(await ofctl(version, 'mod-flows', 'tcp,actions=drop'), '');
      t.match(await ofctl(version, 'dump-flows'), /tp_dst=80 actions=drop/);
      t.equal(await ofctl(version, 'del-flows', 'udp'), '');
      t.match(await ofctl(version, 'dump-aggregate'), /flow_count=1/);
      t.equal(await ofctl(version, 'del-flows'), '');
      t.match(await ofctl(version, 'dump-aggregate'), /flow_count=0/);
    });
  }
  await t.test('does what flows say before it is a learning switch', async (t) => {
    await ofctl('OpenFlow10', 'add-flow', 'priority=5,icmp,actions=drop');
    t.notMatch((await one.ping('10.9.0.2')).stdout, /[1-9] received/);
    t.match(await ofctl('OpenFlow10', 'dump-flows'), /n_packets=[1-9].*icmp actions=drop/);
    await ofctl('OpenFlow10', 'del-flows');
    t.match((await one.ping('10.9.0.2')).stdout, /3 received/);
  });
  for (const version of ['OpenFlow10', 'OpenFlow13']) {
    await t.test(`tells of flows whose time is over, and of ports that are closed, in ${version}`, async (t) => {
      const monitor = await manager.serve(/./, 'sh', '-c', `echo ready; exec ovs-ofctl -O ${version} --unixctl=none monitor ${TARGET} 65534`);
      // Once a flow can be seen the monitor, which came before, is known.
      await ofctl(version, 'add-flow', 'priority=7,ip,idle_timeout=1,send_flow_rem,cookie=0x11,actions=drop');
      await ofctl(version, 'add-flow', 'priority=8,ip,hard_timeout=2,send_flow_rem,cookie=0x12,actions=drop');
      await ofctl(version, 'add-flow', 'priority=9,ip,send_flow_rem,cookie=0x13,actions=drop');
      await ofctl(version, 'del-flows', 'priority=9,ip', '--strict');
      await monitor.says(/OFPT_FLOW_REMOVED[^\n]*cookie:?=?0x11[^\n]*reason=idle|OFPT_FLOW_REMOVED[^\n]*reason=idle[^\n]*cookie:?=?0x11/, 15_000);
      await monitor.says(/OFPT_FLOW_REMOVED[^\n]*reason=hard/, 15_000);
      await monitor.says(/OFPT_FLOW_REMOVED[^\n]*reason=delete/, 15_000);
      await ofctl(version, 'mod-port', '2', 'down');
      await monitor.says(/OFPT_PORT_STATUS[^\n]*MOD: 2\(wan\)[\s\S]*config:\s+PORT_DOWN/, 15_000);
      t.notMatch((await one.ping('10.9.0.2')).stdout, /[1-9] received/, 'through a closed port');
      await ofctl(version, 'mod-port', '2', 'up');
      t.match((await one.ping('10.9.0.2')).stdout, /[1-3] received/);
      await ofctl(version, 'del-flows');
      await monitor.stop('SIGTERM', 5_000);
    });
  }
  for (const version of ['OpenFlow10', 'OpenFlow13']) {
    await t.test(`tells of links that lead nowhere, in ${version}`, async (t) => {
      const monitor = await manager.serve(/./, 'sh', '-c', `echo ready; exec ovs-ofctl -O ${version} --unixctl=none monitor ${TARGET} 65534`);
      t.match(await ofctl(version, 'show'), /1\(lan\)[\s\S]*state:\s+(0|LIVE)\n[\s\S]*2\(wan\)/, 'a tap that is set up leads somewhere');
      one.ip('link', 'set', taps.lan, 'down');
      await monitor.says(/OFPT_PORT_STATUS[^\n]*MOD: 1\(lan\)[\s\S]*state:\s+LINK_DOWN/, 15_000);
      t.match(await ofctl(version, 'show'), /1\(lan\)[^(]*state:\s+LINK_DOWN/);
      one.ip('link', 'set', taps.lan, 'up');
      await monitor.says(/state:\s+LINK_DOWN[\s\S]*OFPT_PORT_STATUS[^\n]*MOD: 1\(lan\)[\s\S]*state:\s+(0|LIVE)\n/, 15_000);
      t.match((await one.ping('10.9.0.2')).stdout, /[1-3] received/);
      await monitor.stop('SIGTERM', 5_000);
    });
  }
  await t.test(`goes on in bad hands (WIRELET_SEED=${SEED})`, async (t) => {
    const { stdout } = await manager.run(process.execPath, '-e', BAD_CONTROLLERS);
    t.match(stdout, /^done \d+/m, stdout);
    t.match(await ofctl('OpenFlow13', 'show'), /n_tables:1/);
    // What they ordered may have been understood.
    await ofctl('OpenFlow13', 'del-flows');
    for (const port of ['1', '2', '3']) await ofctl('OpenFlow13', 'mod-port', port, 'up');
    t.match((await one.ping('10.9.0.2')).stdout, /3 received/);
  });
  await t.test('refuses what makes no sense', async (t) => {
    t.match(await ofctl('OpenFlow10', 'add-flow', 'actions=output:77'), /OFPBAC_BAD_OUT_PORT/);
  });
  const { elements } = await appliance.stop();
  t.ok(elements.agent!.counters.errors! >= 1, JSON.stringify(elements.agent));
});

for (const { version, option, fail, before } of [
  { version: '1.0', option: 'OpenFlow10', fail: 'secure', before: /0 received/ },
  { version: '1.3', option: 'OpenFlow13', fail: 'standalone', before: /3 received/ },
]) {
  await t.test(`a switch that ovs-testcontroller teaches, in OpenFlow ${version}, fail-${fail}`, { skip: problem }, async (t) => {
    const lab = new Lab();
    t.teardown(() => lab.close());
    const [manager, one, two] = [lab.machine('manager'), lab.machine('one'), lab.machine('two')];
    const taps = cables(lab);
    const appliance = await startAppliance(lab, 'openflow-switch', taps, undefined, { controller: 'tcp:192.0.2.1:6653', version, fail });
    manager.plug(taps.mgmt, '192.0.2.1/24');
    one.plug(taps.lan, '10.9.0.1/24');
    two.plug(taps.wan, '10.9.0.2/24');
    t.match((await one.ping('10.9.0.2')).stdout, before, 'before the controller is there');
    const controller = await manager.serve(/ready/, 'sh', '-c', `echo ready; exec ovs-testcontroller -O ${option} --unixctl=none ptcp:6653`);
    await one.ping('10.9.0.2');
    // The switch tries again and again; how soon it meets the controller is not said.
    for (let tries = 0; tries < 10 && !(await taught(manager, option)); tries += 1) await one.ping('10.9.0.2');
    t.match((await one.ping('10.9.0.2')).stdout, /3 received/, 'with a controller');
    t.ok(await taught(manager, option), 'by flows that the controller gave');
    await controller.stop('SIGTERM', 2_000);
    t.match((await one.ping('10.9.0.2')).stdout, /[1-3] received/, 'flows outlive the connection');
    await appliance.stop();
  });
}

/** Whether the switch has flows of a controller. */
async function taught(manager: Machine, version: string): Promise<boolean> {
  const { stdout } = await manager.run('ovs-ofctl', '-O', version, 'dump-flows', TARGET);
  return /actions=output/.test(stdout);
}
