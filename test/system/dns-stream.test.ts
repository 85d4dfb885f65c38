/**
 * Questions over TCP, and transfers of the whole zone, by the programs that others use for them; BIND's named is the judge of what
 * they get. WIRELET_VMM chooses how the appliance runs.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { Named, namedProblem } from '../dns/named.js';
import { namesAround, ORIGIN } from '../dns/questions.js';
import { startAppliance } from './lab/appliance.js';
import { Lab } from './lab/lab.js';

/** Enough that a transfer takes many messages, each of many segments. */
const HOSTS = 4000;
const TYPES = ['A', 'NS', 'SOA', 'MX', 'TXT', 'AAAA', 'SRV', 'CNAME'];

const problem = namedProblem ?? Lab.problem('ping', 'dig', 'kdig', 'drill', 'dnsperf');

await t.test('a name server that is asked over TCP', { skip: problem ?? false }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-zone-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const zone = path.join(folder, 'large.zone');
  const hosts = Array.from({ length: HOSTS }, (_, index) => `host-${index} ${index % 2 === 0 ? `A 10.0.${index >> 8}.${index & 255}` : `TXT "number ${index} of many"`}`);
  writeFileSync(zone, `${readFileSync(path.join(packageRoot, 'test/dns/full.zone'), 'utf8')}\n$ORIGIN example.org.\n${hosts.join('\n')}\n`);
  const named = await Named.start(zone, ORIGIN, { transfers: true });
  t.teardown(() => named.stop());

  const lab = new Lab();
  t.teardown(() => lab.close());
  const asker = lab.machine('asker');
  const lan = lab.tap();
  const appliance = await startAppliance(lab, 'dns-server', { lan }, undefined, { zone, transfer: '192.0.2.100 2001:db8::100', rate: '0' });
  asker.plug(lan, '192.0.2.100/24', '192.0.2.101/24', '2001:db8::100/64', '2001:db8::101/64');
  const asked = async (program: string, ...words: string[]) => (await asker.run(program, ...words)).stdout;
  const dig = (...words: string[]) => asked('dig', '@192.0.2.53', '+tries=2', '+time=5', ...words);

  await t.test('comes back by TCP for what did not fit', async (t) => {
    t.match(await dig('huge.example.org', 'TXT', '+ignore', '+bufsize=1232'), /flags: qr aa tc[\s\S]*ANSWER: 0/);
    const whole = await dig('huge.example.org', 'TXT', '+bufsize=1232');
    t.match(whole, /flags: qr aa rd[\s\S]*\(TCP\)/);
    t.equal(whole.match(/^huge\.example\.org\./gm)?.length, 3, whole);
  });
  await t.test('answers drill and kdig', async (t) => {
    t.match(await asked('drill', '-t', '@192.0.2.53', 'ns1.example.org', 'A'), /rcode: NOERROR[\s\S]*^ns1\.example\.org\.\s+\d+\s+IN\s+A/m);
    const two = await asked('kdig', '@192.0.2.53', '+tcp', '+keepopen', 'huge.example.org', 'TXT', '+noall', '+answer', 'nobody.example.org', 'A', '+noall', '+header');
    t.equal(two.match(/^huge\.example\.org\./gm)?.length, 3);
    t.match(two, /status: NXDOMAIN/);
  });
  await t.test('answers as named does, many questions in one connection', async (t) => {
    const questions = path.join(folder, 'questions');
    const names = namesAround(zone).filter((name) => !name.includes('host-') && /^[\w.*-]+$/.test(name));
    writeFileSync(questions, names.map((name, index) => `${name} ${TYPES[index % TYPES.length]}`).join('\n'));
    const options = ['+tcp', '+keepopen', '+norecurse', '+nocookie', '+tries=2', '+time=5', '+nostats', '+nocmd', '-f', questions];
    const theirs = spawnSync('dig', ['@127.0.0.1', '-p', String(named.port), ...options], { encoding: 'utf8', timeout: 60_000 }).stdout;
    const ours = await dig(...options);
    t.ok(names.length > 200, `${names.length} questions`);
    const [given, wanted] = [answers(ours), answers(theirs)];
    t.equal(wanted.length, names.length);
    const wrong = names.flatMap((name, index) => (given[index] === wanted[index] ? [] : [`${name}:\n${given[index]}\nbut named:\n${wanted[index]}`]));
    t.equal(wrong.slice(0, 5).join('\n'), '', `${wrong.length} differ`);
  });
  await t.test('gives the whole zone to whom it may, as named does', async (t) => {
    const theirs = records(spawnSync('dig', ['@127.0.0.1', '-p', String(named.port), 'axfr', 'example.org', '+nocookie'], { encoding: 'utf8', timeout: 60_000, maxBuffer: 2 ** 26 }).stdout);
    t.ok(theirs.length > HOSTS, `${theirs.length} records of named`);
    t.same(records(await dig('axfr', 'example.org')), theirs);
    t.same(records(await asked('kdig', '@192.0.2.53', 'example.org', 'AXFR')).length, theirs.length);
    t.same(records(await dig('ixfr=0', 'example.org')), theirs, 'in place of what changed, too');
    t.match(await dig('axfr', 'host-2.example.org'), /Transfer failed/);
  });
  await t.test('refuses it to others', async (t) => {
    t.match(await dig('-b', '192.0.2.101', 'axfr', 'example.org'), /Transfer failed/);
  });
  await t.test('does all that over IPv6, too', async (t) => {
    const dig6 = (...words: string[]) => asked('dig', '-6', '-b', '2001:db8::100', '@2001:db8::53', '+tries=2', '+time=5', ...words);
    t.match(await dig6('huge.example.org', 'TXT', '+ignore', '+bufsize=1232'), /flags: qr aa tc[\s\S]*ANSWER: 0/);
    const whole = await dig6('huge.example.org', 'TXT', '+bufsize=1232');
    t.match(whole, /flags: qr aa rd[\s\S]*\(TCP\)/);
    t.equal(whole.match(/^huge\.example\.org\./gm)?.length, 3, whole);
    const over4 = records(await dig('axfr', 'example.org'));
    t.ok(over4.length > HOSTS);
    t.same(records(await dig6('axfr', 'example.org')), over4, 'the whole zone');
    t.match(await asked('dig', '-6', '-b', '2001:db8::101', '@2001:db8::53', 'axfr', 'example.org'), /Transfer failed/, 'not to others');
    t.match(await asked('drill', '-6', '-t', '@2001:db8::53', 'ns1.example.org', 'A'), /rcode: NOERROR/);
    t.equal((await asked('kdig', '@2001:db8::53', '+tcp', '+keepopen', 'huge.example.org', 'TXT', '+noall', '+answer')).match(/^huge\.example\.org\./gm)?.length, 3);
  });
  await t.test('stands dnsperf, over TCP and UDP', async (t) => {
    const questions = path.join(folder, 'load');
    writeFileSync(questions, Array.from({ length: 1000 }, (_, index) => `host-${index * 4}.example.org ${index % 3 === 0 ? 'TXT' : 'A'}`).join('\n'));
    for (const [mode, server] of [['udp', '192.0.2.53'], ['tcp', '192.0.2.53'], ['tcp', '2001:db8::53']] as const) {
      const said = await asked('dnsperf', '-s', server, '-m', mode, '-d', questions, '-c', '8', '-n', '5', '-q', '40', '-l', '10');
      t.match(said, /Queries completed:\s+\d+ \((9\d\.\d\d|100\.00)%\)/, said);
      t.notMatch(said, /SERVFAIL|REFUSED|FORMERR/);
    }
  });
  await t.test('does not listen to who speaks something else, nor wait for ever', async (t) => {
    const closed = await asker.run('bash', '-c', "exec 3<>/dev/tcp/192.0.2.53/53; printf 'GET / HTTP/1.1\\r\\n\\r\\n' >&3; timeout 8 cat <&3; echo $?");
    t.match(closed.stdout, /^0$/m, 'the connection was closed');
    t.match((await asker.ping('192.0.2.53')).stdout, /3 received/);
  });
  const { elements } = await appliance.stop();
  const { counters } = elements.dns!;
  t.ok(counters.transfers === 5 && counters.bad_streams === 1 && counters.opened! > 10, JSON.stringify(counters));
});

/** Answers that dig printed, in their order, without what differs each time. */
function answers(text: string): string[] {
  return text.split(';; Got answer:').slice(1).map((answer) => {
    const lines = answer.replace(/, id: \d+/, '').replace(/^; (EDNS|EDE):.*$/gm, '').split('\n');
    // Letters of names are as in the question or as in the zone.
    return lines.filter((line) => line !== '').map((line) => line.toLowerCase()).sort().join('\n');
  });
}

function records(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith(';')).map((line) => line.replace(/\s+/g, ' ')).sort();
}
