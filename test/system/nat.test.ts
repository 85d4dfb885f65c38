/**
 * Machines at home reach the Internet through the running gateway under its one address; nobody from there
 * reaches them. On several processors it is the same. WIRELET_VMM chooses how the appliance runs.
 */
import t from 'tap';
import { startAppliance } from './lab/appliance.js';
import { Lab } from './lab/lab.js';

for (const processors of [1, 2]) {
  await t.test(`a gateway on taps, on ${processors === 1 ? 'one processor' : `${processors} processors`}`, { skip: Lab.problem('ping', 'curl', 'sysctl') ?? false }, async (t) => {
    const lab = new Lab();
    t.teardown(() => lab.close());
    const home = lab.machine('home');
    const internet = lab.machine('internet');
    const far = lab.machine('far');
    const [inside, outside] = [lab.tap(), lab.tap()];
    const appliance = await startAppliance(lab, 'nat', { inside, outside }, process.env.WIRELET_VMM, {}, processors);
    home.plug(inside, '10.0.0.10/24', '10.0.0.11/24');
    home.route('default', 'via', '10.0.0.1', 'src', '10.0.0.10');
    // The Internet has no way to 10.0.0.0/24 but through the gateway.
    internet.plug(outside, '198.51.100.254/24');
    internet.addresses('203.0.113.80');
    internet.route('10.0.0.0/24', 'via', '198.51.100.1');
    await internet.serveWeb('internet', 80);
    await internet.serveUdpEcho(5353);
    await home.serveWeb('home', 80);

    await t.test('gives machines at home its own address', async (t) => {
      for (const machine of ['10.0.0.10', '10.0.0.11']) {
        const { status, stdout, stderr } = await home.curl('http://203.0.113.80/', '--interface', machine);
        t.equal(status, 0, stderr);
        t.match(stdout, 'internet 198.51.100.1', `asked from ${machine}`);
      }
    });
    await t.test('keeps two machines apart that use the same port', async (t) => {
      const both = ['10.0.0.10', '10.0.0.11'].map((machine) =>
        home.curl('http://203.0.113.80/', '--interface', machine, '--local-port', '40000'));
      for (const { status, stdout, stderr } of await Promise.all(both)) {
        t.equal(status, 0, stderr);
        t.match(stdout, 'internet 198.51.100.1');
      }
    });
    await t.test('translates UDP', async (t) => {
      // Not the web server's address: a socket bound to no address answers from that of the way back.
      const { status, stdout } = await home.udpAsk('198.51.100.254', 5353, 'who am I?');
      t.equal(status, 0);
      t.match(stdout, 'who am I? 198.51.100.1');
    });
    await t.test('answers pings on both sides', async (t) => {
      t.match((await home.ping('10.0.0.1')).stdout, /3 received/);
      t.match((await internet.ping('198.51.100.1')).stdout, /3 received/);
    });
    await t.test('lets pings through, of two machines with one identifier, too', async (t) => {
      t.match((await home.ping('203.0.113.80')).stdout, /3 received/);
      const both = ['10.0.0.10', '10.0.0.11'].map((machine) => home.ping('203.0.113.80', '-e', '4242', '-I', machine));
      for (const { stdout, stderr } of await Promise.all(both)) t.match(stdout, /3 received/, stderr);
      t.match((await internet.ping('10.0.0.10')).stdout, /0 received/, 'but not in');
    });
    await t.test('brings errors back: that a port is closed', async (t) => {
      const { stdout } = await home.run(process.execPath, '-e', `
        const socket = require('node:dgram').createSocket('udp4');
        socket.on('error', ({ code }) => { console.log(code); process.exit(0); });
        socket.connect(9, '198.51.100.254', () => socket.send('x'));
        setTimeout(() => process.exit(1), 5000);`);
      t.equal(stdout, 'ECONNREFUSED\n');
    });
    await t.test('tells errors of machines inside to servers', async () => {
      // Asks, is no more, and says so to who answers late.
      const late = await internet.serve(/ready/, process.execPath, '-e', `
        const socket = require('node:dgram').createSocket('udp4');
        socket.on('error', ({ code }) => { console.log('told', code); process.exit(0); });
        socket.on('message', (text, from) => setTimeout(() => socket.connect(from.port, from.address, () => socket.send('late')), 1000));
        socket.bind(5454, '198.51.100.254', () => console.log('ready'));`);
      await home.run(process.execPath, '-e', `
        const socket = require('node:dgram').createSocket('udp4');
        socket.send('x', 5454, '198.51.100.254', () => socket.close());`);
      await late.says(/^told ECONNREFUSED/m, 10_000);
    });
    await t.test('lets machines at home find the MTU of a path', async (t) => {
      // The way on from the Internet's first router is narrow.
      internet.ip('link', 'add', 'narrow', 'type', 'veth', 'peer', 'name', 'far');
      internet.ip('link', 'set', 'far', 'netns', far.namespace);
      internet.ip('address', 'add', '203.0.114.1/24', 'dev', 'narrow');
      internet.ip('link', 'set', 'narrow', 'mtu', '1300', 'up');
      far.ip('address', 'add', '203.0.114.2/24', 'dev', 'far');
      far.ip('link', 'set', 'far', 'up');
      far.route('default', 'via', '203.0.114.1');
      await internet.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
      t.match((await home.ping('203.0.114.2')).stdout, /3 received/);
      const { stdout, stderr } = await home.ping('203.0.114.2', '-M', 'do', '-s', '1400');
      t.match(stdout + stderr, /From 198\.51\.100\.254 .*[Ff]rag needed.*mtu = 1300|message too long, mtu=1300/);
      await home.run('ip', 'route', 'flush', 'cache');
      await far.serve(/ready/, process.execPath, '-e', `require('node:http').createServer((request, response) => {
        let bytes = 0; request.on('data', (data) => { bytes += data.length; }).on('end', () => response.end(String(bytes)));
      }).listen(80, '0.0.0.0', () => console.log('ready'))`);
      const sent = await home.run('sh', '-c', "head -c 200000 /dev/zero | curl --silent --show-error --max-time 10 --data-binary @- http://203.0.114.2/");
      t.equal(sent.stdout, '200000', sent.stderr);
      const hops = await home.run('sh', '-c', 'for hop in 1 2 3; do ping -n -c 1 -W 2 -t $hop 203.0.114.2; done');
      t.match(hops.stdout, /From 10\.0\.0\.1 [\s\S]*From 198\.51\.100\.254 [\s\S]*1 received/, 'each hop says what it is');
    });
    await t.test('lets nobody in', async (t) => {
      t.not((await internet.curl('http://198.51.100.1/')).status, 0, 'to the gateway');
      t.not((await internet.curl('http://10.0.0.10/')).status, 0, 'to a machine at home');
    });
    await t.test('says what it did', async (t) => {
      const { ports, elements } = await appliance.stop();
      t.ok(ports.inside!.tx_packets > 0 && ports.outside!.tx_packets > 0);
      t.ok((elements.not_for_us?.counters.packets ?? 0) > 0, 'packets for machines at home, from outside');
    });
  });
}
