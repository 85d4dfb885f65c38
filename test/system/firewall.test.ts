/**
 * Two machines on the two sides of the running firewall: what its rules allow works, what they do not is
 * silent, and the figures say why. WIRELET_VMM chooses how the appliance runs.
 */
import t from 'tap';
import { startAppliance } from './lab/appliance.js';
import { Lab } from './lab/lab.js';

/** curl's status for "time is over". */
const CURL_TIMED_OUT = 28;

await t.test('a firewall on taps', { skip: Lab.problem('ping', 'curl', 'sysctl') ?? false }, async (t) => {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const office = lab.machine('office');
  const internet = lab.machine('internet');
  const [lan, wan] = [lab.tap(), lab.tap()];
  const appliance = await startAppliance(lab, 'firewall', { lan, wan });
  office.plug(lan, '192.0.2.100/24', '192.0.2.10/24', '192.0.2.80/24');
  office.route('default', 'via', '192.0.2.1', 'src', '192.0.2.100');
  internet.plug(wan, '192.0.2.1/24');
  internet.addresses('198.51.100.80', '203.0.113.66', '192.0.2.200', '10.0.0.66');
  await internet.serveWeb('internet', 80, 8080);
  await office.serveWeb('office', 80, 3389);

  await t.test('lets the office ping the Internet', async (t) => {
    const { status, stdout } = await office.ping('198.51.100.80');
    t.equal(status, 0, stdout);
    t.match(stdout, /3 received/);
  });
  await t.test('lets the office read pages', async (t) => {
    const { status, stdout, stderr } = await office.curl('http://198.51.100.80/');
    t.equal(status, 0, stderr);
    t.match(stdout, 'internet 192.0.2.100');
  });
  await t.test('lets the Internet read the pages of the web server', async (t) => {
    const { status, stdout, stderr } = await internet.curl('http://192.0.2.80/', '--interface', '203.0.113.66');
    t.equal(status, 0, stderr);
    t.match(stdout, 'office 203.0.113.66');
  });
  await t.test('keeps the office from a port where the Internet listens', async (t) => {
    t.equal((await internet.curl('http://198.51.100.80:8080/')).status, 0, 'somebody does listen there');
    t.equal((await office.curl('http://198.51.100.80:8080/')).status, CURL_TIMED_OUT);
  });
  await t.test('keeps the Internet from a port where the office listens', async (t) => {
    t.equal((await office.curl('http://192.0.2.80:3389/')).status, 0, 'somebody does listen there');
    t.equal((await internet.curl('http://192.0.2.80:3389/', '--interface', '203.0.113.66')).status, CURL_TIMED_OUT);
  });
  await t.test('drops large pings, fragments and addresses that lie', async (t) => {
    t.not((await office.ping('198.51.100.80', '-s', '1000')).status, 0, 'large');
    t.not((await office.ping('198.51.100.80', '-s', '3000')).status, 0, 'in fragments');
    t.not((await internet.ping('192.0.2.80', '-I', '192.0.2.200')).status, 0, 'from outside with an inner address');
    t.not((await internet.ping('192.0.2.80', '-I', '10.0.0.66')).status, 0, 'from a private address');
  });
  await t.test('says what it dropped, and why', async (t) => {
    const { elements, ports } = await appliance.stop();
    const packets = (name: string) => elements[name]?.counters.packets ?? 0;
    t.ok((elements.outbound?.drops.denied ?? 0) >= 4, 'denied outbound: 1 or more SYN, 3 large pings');
    t.ok((elements.inbound?.drops.denied ?? 0) >= 1, 'denied inbound');
    t.equal(packets('wan_spoofed'), 6, 'three pings from each false address');
    t.ok(packets('lan_fragments') >= 9, 'three pings in three fragments each');
    t.ok(ports.lan!.tx_packets > 0 && ports.wan!.tx_packets > 0);
  });
});
