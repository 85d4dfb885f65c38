/**
 * The TCP of an appliance and the kernel's over a bad network: a relay between two taps, itself a graph of Wirelet with a seed, loses,
 * doubles, delays and reorders what goes either way. What comes back must be what was sent. WIRELET_SEED=N adds a seed, WIRELET_VMM
 * chooses how the appliance runs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { ip } from './lab/ip.js';
import { Lab } from './lab/lab.js';

const BYTES = 400_000;
const CONNECTIONS = 3;
const SEEDS = [1, ...(process.env.WIRELET_SEED === undefined ? [] : [Number(process.env.WIRELET_SEED)])];
const MAC = '02:00:00:00:fe:07';

/** Sends back what comes; the buffer holds all of it, whatever the other side does not take yet. */
const ECHO = `
FromDevice(lan) -> kind :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800);
kind[0] -> ARPResponder(192.0.2.7 ${MAC}) -> out :: ToDevice(lan);
arp :: ARPQuerier(192.0.2.7, ${MAC}) -> out;
kind[1] -> [1]arp;
kind[2] -> Strip(14) -> CheckIPHeader -> IPClassifier(dst host 192.0.2.7 && tcp) -> CheckTCPHeader
  -> ep :: TCPEndpoint(PORT 7, CONNECTIONS ${CONNECTIONS + 1}, BUFFER 1048576) -> arp;
ep[1] -> what :: PaintSwitch;
what[0] -> [1]ep; what[1] -> Discard; what[2] -> Paint(1) -> [1]ep; what[3] -> Discard;
`;

/** One way of the relay: of a hundred frames two are lost, one comes twice, five come late. */
const way = (from: string, to: string) => `
FromDevice(${from}) -> RandomSample(0.98) -> double${from} :: RandomSample(0.99) -> late${from} :: RandomSample(0.95);
double${from}[1] -> both${from} :: Tee; both${from}[0] -> late${from}; both${from}[1] -> late${from};
late${from}[0] -> Queue(1000) -> DelayUnqueue(4ms) -> to${to} :: ToDevice(${to});
late${from}[1] -> Queue(1000) -> DelayUnqueue(9ms) -> to${to};
`;

const CLIENT = `
const { createHash, randomBytes } = require('node:crypto');
const net = require('node:net');
let left = ${CONNECTIONS};
for (let number = 0; number < ${CONNECTIONS}; number += 1) {
  const sent = randomBytes(${BYTES});
  const got = [];
  const socket = net.connect(7, '192.0.2.7', () => socket.end(sent));
  socket.on('data', (data) => got.push(data));
  socket.on('error', (error) => { console.log('error', error.message); process.exit(1); });
  socket.on('end', () => {
    const hash = (data) => createHash('sha256').update(data).digest('hex');
    console.log(hash(Buffer.concat(got)) === hash(sent) ? 'same' : 'other: ' + Buffer.concat(got).length);
    if ((left -= 1) === 0) process.exit(0);
  });
}
setTimeout(() => { console.log('late'); process.exit(1); }, 60000);`;

for (const seed of SEEDS) {
  await t.test(`streams come through a bad network whole (WIRELET_SEED=${seed})`, { skip: Lab.problem() ?? false }, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-relay-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const lab = new Lab();
    t.teardown(() => lab.close());
    const client = lab.machine('client');
    const [near, far] = [lab.tap(), lab.tap()];
    const wirelet = (name: string, text: string, ...args: string[]) => {
      const file = path.join(folder, `${name}.click`);
      writeFileSync(file, text);
      return lab.start([process.execPath, path.join(packageRoot, 'src/cli/wirelet.mjs'), 'run', file, '--json', ...args], 240_000);
    };
    const vmm = process.env.WIRELET_VMM;
    const echo = wirelet('echo', ECHO, '--port', `lan=tap:${near}`, ...(vmm === undefined ? [] : ['--vmm', vmm]));
    await echo.says(/^running /m, 120_000);
    ip('link', 'set', near, 'up');
    const relay = wirelet('relay', way('near', 'far') + way('far', 'near'), '--vmm', 'native', '--seed', String(seed), '--port', `near=packet:${near}`, '--port', `far=tap:${far}`);
    await relay.says(/^running /m, 120_000);
    client.plug(far, '192.0.2.100/24');
    const program = await client.serve(/begin/, 'sh', '-c', `echo begin; exec ${process.execPath} -e "$1"`, 'sh', CLIENT);
    const { stdout } = await program.ended;
    t.equal(stdout, `begin\n${'same\n'.repeat(CONNECTIONS)}`);
    await relay.stop('SIGINT', 10_000);
    const figures = JSON.parse((await echo.stop('SIGINT', 10_000)).stdout);
    const { counters } = figures.elements.ep;
    t.ok(counters.retransmitted > 10 && counters.fast_recoveries > 0 && counters.out_of_order > 10, JSON.stringify(counters));
    t.equal(counters.bytes_received, BYTES * CONNECTIONS);
  });
}
