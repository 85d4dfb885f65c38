/**
 * dig asks the running name server about its zone, and gets what the zone says; pings and floods do not disturb it.
 * WIRELET_VMM chooses how the appliance runs.
 */
import t from 'tap';
import { startAppliance } from './lab/appliance.js';
import { Lab } from './lab/lab.js';

await t.test('a name server on a tap', { skip: Lab.problem('ping', 'dig') ?? false }, async (t) => {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const asker = lab.machine('asker');
  const lan = lab.tap();
  const appliance = await startAppliance(lab, 'dns-server', { lan });
  asker.plug(lan, '192.0.2.100/24', '2001:db8::100/64');
  const dig = async (...words: string[]) => (await asker.run('dig', '@192.0.2.53', '+tries=2', '+time=2', ...words)).stdout;

  await t.test('answers with what the zone says', async (t) => {
    t.match(await dig('example.org', 'A', '+short'), /^192\.0\.2\.80$/m);
    t.match(await dig('example.org', 'AAAA', '+short'), /^2001:db8::80$/m);
    t.match(await dig('example.org', 'MX', '+short'), /^10 mail\.example\.org\.\n20 mail\.example\.net\.$/m);
    t.match(await dig('ftp.example.org', 'A', '+short'), /^www\.example\.org\.\nexample\.org\.\n192\.0\.2\.80$/m, 'along aliases');
    t.match(await dig('anything.hosting.example.org', 'A', '+short'), /^192\.0\.2\.90$/m, 'by a wildcard');
    t.match(await dig('_imaps._tcp.example.org', 'SRV', '+short'), /^0 1 993 mail\.example\.org\.$/m);
    t.match(await dig('WwW.eXaMpLe.OrG', 'A'), /status: NOERROR.*\n;; flags: qr aa/, 'in any case, with authority');
  });
  await t.test('says what there is not', async (t) => {
    t.match(await dig('nobody.example.org', 'A'), /status: NXDOMAIN[\s\S]*SOA\s+ns1\.example\.org\./);
    const none = await dig('mail.example.org', 'TXT');
    t.match(none, /status: NOERROR/);
    t.match(none, /ANSWER: 0[\s\S]*SOA\s+ns1\.example\.org\./);
    t.match(await dig('example.com', 'A'), /status: REFUSED/);
  });
  await t.test('refers to the servers of a branch', async (t) => {
    t.match(await dig('host.branch.example.org', 'A', '+norecurse'), /AUTHORITY: 2[\s\S]*branch\.example\.org\.\s+\d+\s+IN\s+NS\s+ns\.branch[\s\S]*198\.51\.100\.53/);
  });
  await t.test('answers pings', async (t) => {
    t.match((await asker.ping('192.0.2.53')).stdout, /3 received/);
  });
  await t.test('answers over IPv6', async (t) => {
    const dig6 = async (...words: string[]) => (await asker.run('dig', '@2001:db8::53', '+tries=3', '+time=2', ...words)).stdout;
    t.match(await dig6('example.org', 'AAAA', '+short'), /^2001:db8::80$/m);
    t.match((await asker.run('ping', '-6', '-c', '3', '-i', '0.2', '-W', '2', '2001:db8::53')).stdout, /3 received/);
    t.match((await asker.run('ping', '-6', '-c', '1', '-W', '1', '2001:db8::54')).stdout, /0 received/, 'nobody else is there');
  });
  await t.test('answers over IPv6 and TCP: many questions in one connection, and what did not fit', async (t) => {
    const dig6 = async (...words: string[]) => (await asker.run('dig', '-6', '@2001:db8::53', '+tries=2', '+time=5', ...words)).stdout;
    t.match(await dig6('+tcp', 'example.org', 'AAAA'), /status: NOERROR[\s\S]*2001:db8::80[\s\S]*SERVER: 2001:db8::53#53\(2001:db8::53\) \(TCP\)/);
    t.match(await dig6('+tcp', 'nobody.example.org', 'A'), /status: NXDOMAIN[\s\S]*SOA\s+ns1\.example\.org\./);
    t.match(await dig6('+tcp', 'axfr', 'example.org'), /Transfer failed/);
    const several = await dig6('+tcp', '+keepopen', 'example.org', 'A', '+short', 'example.org', 'AAAA', '+short', 'mail.example.org', 'A', '+short');
    t.match(several, /192\.0\.2\.80\n2001:db8::80\n/);
  });
  await t.test('says what it did', async (t) => {
    const { elements } = await appliance.stop();
    const { counters } = elements.dns!;
    t.ok(counters.no_error! >= 8 && counters.name_errors === 2 && counters.refused === 2, JSON.stringify(counters));
  });
});
