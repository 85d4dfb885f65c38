/** Ports of the switch: DPDK in both roles of vhost-user, QEMU, AF_XDP, captures and generators. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { readCapture } from '#src/capture/read.js';
import { CaptureWriter } from '#src/capture/write.js';
import { Lab } from './lab/lab.js';
import { Rig } from './lab/rig.js';
import { Testpmd } from './lab/testpmd.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wlports-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const FRAMES = 1000;

for (const [role, device, port] of [
  ['driver (virtio-user), to which a port is the back-end', (socket: string) => `net_virtio_user0,path=${socket},queue_size=256,mac=02:00:00:00:00:09`, 'vhost-user:SOCKET,server,role=back-end'],
  ['back-end (net_vhost), to which a port is the front-end', (socket: string) => `net_vhost0,iface=${socket}`, 'vhost-user:SOCKET,role=front-end'],
  ['back-end that connects, to a front-end that listens', (socket: string) => `net_vhost0,iface=${socket},client=1`, 'vhost-user:SOCKET,server,role=front-end'],
] as const) {
  t.test(`frames go to and come back from testpmd as ${role}; it comes and goes`, { skip: Testpmd.problem() ?? false, timeout: 120_000 }, async (t) => {
    const name = `pmd${role.length}`;
    const socket = path.join(folder, `${name}.vhost`);
    const rig = await Rig.start(t, path.join(folder, name));
    await rig.network('wire', 'wire', { outside: port.replace('SOCKET', socket) });
    let sent = 0;
    for (const [round, signal] of (['SIGTERM', 'SIGKILL'] as const).entries()) {
      const testpmd = await Testpmd.start(device(socket), `${name}-${round}`);
      t.teardown(() => testpmd.end());
      await rig.until('outside', ({ attached }) => attached, 'testpmd is there');
      await rig.plug('wire', `generator`, `gen:size=${round === 0 ? 64 : 1518},count=${FRAMES},rate=2000`);
      sent += FRAMES;
      const there = await rig.until('outside', ({ tx_packets }) => tx_packets >= sent, 'all frames went there');
      t.same([there.tx_packets, there.drops], [sent, {}]);
      // testpmd itself drops what finds no room at the moment.
      await rig.until('generator', ({ tx_packets }) => tx_packets >= FRAMES * 0.9, 'they came back');
      await testpmd.end(signal);
      await rig.until('outside', ({ attached }) => !attached, 'testpmd is gone');
      await rig.daemon.removePort('generator');
    }
    t.same(rig.stopped, []);
  });
}

t.test('two machines reach each other through AF_XDP ports, and streams pass', { skip: Lab.problem('ping', 'iperf3', 'ethtool') ?? false, timeout: 120_000 }, async (t) => {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const cables = [lab.cable(), lab.cable()];
  const [left, right] = [lab.machine('left'), lab.machine('right')];
  const rig = await Rig.start(t, path.join(folder, 'xdp'));
  await rig.network('net', 'switch', { left: `xdp:${cables[0]!.near}`, right: `xdp:${cables[1]!.near}` });
  await t.rejects(rig.plug('net', 'again', `xdp:${cables[0]!.near}`), { message: /WL4035.*cannot be used by AF_XDP/ }, 'an interface that is taken is refused');
  await t.rejects(rig.plug('net', 'none', 'xdp:wlab-none'), { message: /WL4035.*there is no network interface wlab-none/ });
  left.plug(cables[0]!.far, '10.79.0.1/24');
  right.plug(cables[1]!.far, '10.79.0.2/24');
  // What a network card would do for the sender, nobody does here: no checksum is left open.
  for (const [machine, cable] of [[left, cables[0]!], [right, cables[1]!]] as const) await machine.run('ethtool', '-K', cable.far, 'tx', 'off');
  t.equal((await left.ping('10.79.0.2')).status, 0, 'pings pass');
  await right.serve(/listening/i, 'iperf3', '--server', '--one-off', '--forceflush');
  const { stdout, stderr } = await left.run('iperf3', '--client', '10.79.0.2', '--time', '1', '--json');
  const { end } = JSON.parse(stdout || '{}') as { end?: { sum_received?: { bytes: number } } };
  t.ok((end?.sum_received?.bytes ?? 0) > 1_000_000, `a stream passes ${stderr}`);
  const figures = (await rig.daemon.figures()).ports;
  t.ok(figures.every(({ rx_packets, tx_packets }) => rx_packets > 100 && tx_packets > 100), 'both ports are counted');
});

t.test('a capture is played by one port and recorded by another, byte for byte', async (t) => {
  const [input, output] = [path.join(folder, 'in.pcap'), path.join(folder, 'out.pcap')];
  const frames = Array.from({ length: 300 }, (_, index) => Uint8Array.from({ length: 60 + index * 30 }, (_, at) => (at < 12 ? 2 : (index * 7 + at) & 255)));
  const writer = new CaptureWriter(input);
  frames.forEach((frame, index) => writer.write(BigInt(index) * 100_000n, frame));
  writer.close();
  const rig = await Rig.start(t, path.join(folder, 'pcap'));
  await rig.network('wire', 'wire', { to: `pcap:out=${output},speed=max` });
  await t.rejects(rig.plug('wire', 'from', `pcap:in=${path.join(folder, 'none.pcap')}`), { message: /WL4020/ });
  await rig.plug('wire', 'from', `pcap:in=${input},speed=recorded`);
  await rig.until('to', ({ tx_packets }) => tx_packets === frames.length, 'all are played');
  await rig.daemon.stop();
  t.same([...readCapture(output)].map(({ bytes }) => Buffer.from(bytes)), frames.map((frame) => Buffer.from(frame)));
});

t.test('a generator keeps its rate, and what floods is limited', async (t) => {
  const rig = await Rig.start(t, path.join(folder, 'generator'));
  await rig.network('wire', 'wire', { sink: 'gen:size=64,count=1,rate=1', source: 'gen:size=512,count=2000,rate=4000,mac=02:00:00:00:00:05' });
  const begin = performance.now();
  const { tx_packets, tx_bytes } = await rig.until('sink', (port) => port.tx_packets >= 2000, 'all have come');
  t.ok(performance.now() - begin > 300, 'not faster than asked for');
  t.same([tx_packets, tx_bytes], [2000, 2000 * 508]);
  await t.rejects(rig.plug('wire', 'third', 'gen:size=64'), { message: /WL4232/ });
});

const QEMU = Lab.problem('qemu-system-x86_64', 'ethtool');

t.test("a machine of QEMU boots over the network: its virtio-net is a port's, by vhost-user", { skip: QEMU ?? false, timeout: 180_000 }, async (t) => {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const [host, tap] = [lab.machine('host'), lab.tap()];
  const socket = path.join(folder, 'qemu.vhost');
  const rig = await Rig.start(t, path.join(folder, 'qemu'));
  await rig.network('net', 'switch', { machine: `vhost-user:${socket},server,role=back-end`, lan: `tap:${tap}` });
  host.plug(tap, '10.78.0.1/24');
  host.route('default', 'dev', tap); // for what is sent to 255.255.255.255
  // iPXE, QEMU's own firmware for network cards, asks for an address, loads this script by TCP, and asks again as it says.
  const script = path.join(folder, 'boot.cjs');
  writeFileSync(script, BOOT_SERVER);
  const server = await host.serve(/ready/, process.execPath, script);
  const machine = lab.start([
    'qemu-system-x86_64', '-machine', 'pc,accel=tcg', '-m', '128', '-display', 'none', '-nodefaults', '-no-reboot', '-serial', 'none', '-boot', 'n',
    '-object', 'memory-backend-memfd,id=memory,size=128M,share=on', '-numa', 'node,memdev=memory',
    '-chardev', `socket,id=port,path=${socket}`, '-netdev', 'vhost-user,id=net,chardev=port', '-device', 'virtio-net-pci,netdev=net,mac=02:00:00:00:00:31',
  ], 150_000);
  await server.says(/done 10\.78\.0\.9 262144/, 120_000).catch((error: Error) => t.fail(`${error.message}\n${machine.stderr}`));
  const port = await rig.port('machine');
  t.ok(port.attached && port.rx_packets > 50 && port.tx_packets > 180, 'a file of 256 KiB came through');
  t.same(port.drops.malformed ?? 0, 0);
  machine.kill('SIGKILL');
  await rig.until('machine', ({ attached }) => !attached, 'the machine is gone');
  t.same(rig.stopped, []);
});

/** DHCP for one machine, and a web server with the script that it is to run and a file. */
const BOOT_SERVER = `
const http = require('node:http'), dgram = require('node:dgram');
const big = Buffer.alloc(262144, 120);
http.createServer((request, response) => {
  const url = new URL(request.url, 'http://x');
  if (url.pathname === '/boot') return response.end('#!ipxe\\nimgfetch http://10.78.0.1:8080/big || exit\\nchain http://10.78.0.1:8080/done?ip=\${net0/ip}&size=262144\\n');
  if (url.pathname === '/big') return response.end(big);
  console.log('done ' + url.searchParams.get('ip') + ' ' + url.searchParams.get('size'));
  response.end('#!ipxe\\nsleep 1000\\n');
}).listen(8080, '0.0.0.0', () => {
  const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', (ask) => {
    const options = {};
    for (let at = 240; at < ask.length && ask[at] !== 255; at += ask[at] === 0 ? 1 : 2 + ask[at + 1]) if (ask[at] !== 0) options[ask[at]] = ask.subarray(at + 2, at + 2 + ask[at + 1]);
    const kind = options[53]?.[0];
    if (ask[0] !== 1 || (kind !== 1 && kind !== 3)) return;
    const answer = Buffer.alloc(240);
    answer[0] = 2;
    ask.copy(answer, 1, 1, 16);
    ask.copy(answer, 28, 28, 44);
    Buffer.from([10, 78, 0, 9]).copy(answer, 16);
    Buffer.from([10, 78, 0, 1]).copy(answer, 20);
    Buffer.from([0x63, 0x82, 0x53, 0x63]).copy(answer, 236);
    const file = Buffer.from('http://10.78.0.1:8080/boot');
    const tail = Buffer.from([53, 1, kind === 1 ? 2 : 5, 54, 4, 10, 78, 0, 1, 51, 4, 0, 0, 14, 16, 1, 4, 255, 255, 255, 0, 67, file.length, ...file, 255]);
    socket.send(Buffer.concat([answer, tail]), 68, '255.255.255.255');
  });
  socket.bind(67, '0.0.0.0', () => { socket.setBroadcast(true); console.log('ready'); });
});
`;
