/**
 * Machines at home reach the Internet through the running gateway under its one address; nobody from there
 * reaches them. WIRELET_VMM chooses how the appliance runs.
 */
import t from 'tap';
import { startAppliance } from './lab/appliance.js';
import { Lab } from './lab/lab.js';

await t.test('a gateway on taps', { skip: Lab.problem('ping', 'curl', 'sysctl') ?? false }, async (t) => {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const home = lab.machine('home');
  const internet = lab.machine('internet');
  const [inside, outside] = [lab.tap(), lab.tap()];
  const appliance = await startAppliance(lab, 'nat', { inside, outside });
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
