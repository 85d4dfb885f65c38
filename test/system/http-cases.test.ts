/** Every third case of test/http/cases against the running web server, from the kernel's TCP. WIRELET_VMM chooses how it runs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { EPOCH, readCases, wordsOf, wrong } from '../http/cases.js';
import { startAppliance } from './lab/appliance.js';
import { Lab } from './lab/lab.js';

/** Sends each of the requests in a file on a connection of its own, ten at a time, and prints what comes until it closes or is silent. */
const CLIENT = `
const net = require('node:net');
const requests = JSON.parse(require('node:fs').readFileSync(process.argv[1], 'utf8'));
const outcomes = [];
let next = 0;
function one() {
  const index = next;
  if (index === requests.length) return;
  next += 1;
  const got = [];
  let timer;
  const socket = net.connect(80, '192.0.2.80', () => socket.write(Buffer.from(requests[index], 'base64')));
  const done = (closed) => {
    clearTimeout(timer);
    socket.removeAllListeners();
    socket.on('error', () => undefined);
    socket.destroy();
    outcomes[index] = { bytes: Buffer.concat(got).toString('base64'), closed };
    if (Object.keys(outcomes).length === requests.length) console.log(JSON.stringify(outcomes));
    one();
  };
  const wait = (ms) => { clearTimeout(timer); timer = setTimeout(() => done(false), ms); };
  socket.on('data', (data) => { got.push(data); wait(1000); });
  socket.on('end', () => done(true));
  socket.on('error', () => done(true));
  wait(5000);
}
for (let count = 0; count < 10; count += 1) one();`;

await t.test('the running web server does what cases say', { skip: Lab.problem() ?? false }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-http-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const lab = new Lab();
  t.teardown(() => lab.close());
  const machine = lab.machine('client');
  const lan = lab.tap();
  process.env['SOURCE_DATE_EPOCH'] = EPOCH;
  const appliance = await startAppliance(lab, 'web-server', { lan });
  machine.plug(lan, '192.0.2.100/24');
  const file = path.join(folder, 'requests.json');
  const ask = async (requests: readonly Buffer[]) => {
    writeFileSync(file, JSON.stringify(requests.map((request) => request.toString('base64'))));
    const { stdout, stderr } = await machine.run(process.execPath, '-e', CLIENT, file);
    if (stdout === '') throw new Error(stderr);
    return (JSON.parse(stdout) as { bytes: string; closed: boolean }[]).map(({ bytes, closed }) => ({ bytes: Buffer.from(bytes, 'base64'), closed }));
  };
  const words = await wordsOf(async (coding) => (await ask([Buffer.from(`HEAD /style.css HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${coding}\r\n\r\n`)]))[0]!.bytes.toString('latin1'));
  const cases = readCases(words).filter((_, index) => index % 3 === 0);
  const outcomes = await ask(cases.map(({ sent }) => sent));
  cases.forEach((each, index) => t.equal(wrong(each, outcomes[index]!), undefined, `${each.file}: ${each.sentence}`));
  const { elements } = await appliance.stop();
  t.ok(elements['web']!.counters['requests']! > 10);
});
