/**
 * The running web server under load that others make: a folder of ten thousand files, ten thousand clients that are there and say nothing,
 * clients that are slow. WIRELET_VMM chooses how the appliance runs.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { startAppliance } from './lab/appliance.js';
import { Lab } from './lab/lab.js';

const FILES = 10_000;
const CLIENTS = 10_000;
const MEMORY_MAX = 16 * 2 ** 20;
const URL = 'http://192.0.2.80';
const problem = Lab.problem('ping', 'curl', 'nc') ?? false;

/** Opens connections, a hundred at a time, and holds them until somebody writes a line to it. */
const HOLDERS = `
const net = require('node:net');
let made = 0, open = 0, lost = 0;
const next = () => {
  if (made === ${CLIENTS}) return;
  made += 1;
  const socket = net.connect(80, '192.0.2.80');
  socket.on('connect', () => { open += 1; if (open === ${CLIENTS}) console.log('open', open); next(); });
  socket.on('error', () => undefined);
  socket.on('close', () => { lost += 1; console.log('lost', lost); });
};
for (let count = 0; count < 100; count += 1) next();
setTimeout(() => { console.log('late', open); process.exit(1); }, 90000);`;

await t.test('ten thousand idle connections', { skip: problem }, async (t) => {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const client = lab.machine('client');
  const lan = lab.tap();
  const appliance = await startAppliance(lab, 'web-server', { lan }, undefined, { connections: String(CLIENTS + 8) });
  client.plug(lan, '192.0.2.100/24');
  const holders = await client.serve(/begin/, 'sh', '-c', `ulimit -n ${CLIENTS + 100}; echo begin; exec ${process.execPath} -e "$1"`, 'sh', HOLDERS);
  await holders.says(/^(open|late|lost) \d+/m, 100_000);
  t.match((await client.run('curl', '--silent', '--max-time', '10', `${URL}/robots.txt`)).stdout, /User-agent/, 'another client is served');
  const { stdout } = await holders.stop('SIGTERM', 10_000);
  t.match(stdout, new RegExp(`^open ${CLIENTS}$`, 'm'), 'all were taken');
  t.notMatch(stdout, /lost/, 'and none was given up');
  const outcome = await appliance.stop();
  t.ok(outcome.elements.web!.counters.opened! > CLIENTS, JSON.stringify(outcome.elements.web!.counters));
  const bytes = outcome.memory.guest_bytes;
  if (bytes !== null) t.ok(bytes <= MEMORY_MAX, `${(bytes / 2 ** 20).toFixed(2)} MiB of memory`);
});

await t.test('a folder of ten thousand files, and clients that are slow', { skip: problem }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-files-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (let index = 0; index < FILES; index += 1) {
    const below = path.join(folder, `d${index % 100}`);
    if (index < 100) mkdirSync(below);
    writeFileSync(path.join(below, `file-${index}.txt`), `file ${index}\n`);
  }
  const lab = new Lab();
  t.teardown(() => lab.close());
  const client = lab.machine('client');
  const lan = lab.tap();
  const appliance = await startAppliance(lab, 'web-server', { lan }, undefined, { root: folder });
  client.plug(lan, '192.0.2.100/24');
  const raw = async (script: string) => (await client.run('sh', '-c', script)).stdout;

  await t.test('serves each of them', async (t) => {
    const wanted = Array.from({ length: 50 }, (_, step) => (step * 7919) % FILES);
    const got = await client.run('curl', '--silent', '--max-time', '15', ...wanted.map((index) => `${URL}/d${index % 100}/file-${index}.txt`));
    t.equal(got.stdout, wanted.map((index) => `file ${index}\n`).join(''));
    t.match((await client.run('curl', '--silent', '-I', `${URL}/d1/file-2.txt`)).stdout, /^HTTP\/1\.1 404 /);
  });
  await t.test('waits ten seconds for a request, and not for ever for one that takes nothing', async (t) => {
    const [slow, drip, good] = await Promise.all([
      raw("(printf 'GET / HT'; sleep 14) | timeout 16 nc 192.0.2.80 80"),
      // A letter every second does not keep a request alive.
      raw("(for letter in G E T ' ' / a b c d e f g h i; do printf \"$letter\"; sleep 1; done) | timeout 17 nc 192.0.2.80 80"),
      raw(`for each in 1 2 3 4 5; do curl --silent --max-time 5 ${URL}/d1/file-1.txt; sleep 1; done`),
    ]);
    t.match(slow, /^HTTP\/1\.1 408 /);
    t.match(drip, /^HTTP\/1\.1 408 /);
    t.equal(good, 'file 1\n'.repeat(5), 'others are served meanwhile');
  });
  const { elements } = await appliance.stop();
  t.ok(elements.web!.counters.slow_clients! >= 2, JSON.stringify(elements.web!.counters));
});
