/**
 * The TCP of an appliance and the kernel's over a bad network, the appliance as server and as client: a relay between two taps, itself a
 * graph of Wirelet with a seed, loses, doubles, delays and reorders what goes either way. What comes back must be what was sent.
 * WIRELET_SEED=N adds a seed, WIRELET_VMM chooses how the appliance runs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { ip } from './lab/ip.js';
import { Lab } from './lab/lab.js';

const CONNECTIONS = 3;
/** Far more than a stream takes, which is a second or two; less than one takes that waits for time-outs. */
const PATIENCE_MS = 60_000;
const SEEDS = [1, ...(process.env.WIRELET_SEED === undefined ? [] : [Number(process.env.WIRELET_SEED)])];
const MAC = '02:00:00:00:fe:07';

/** Shares of the frames that come through, that come once, and that come in time. */
interface Network {
  readonly name: string;
  readonly kept: number;
  readonly single: number;
  readonly punctual: number;
  readonly bytes: number;
}

const NETWORKS: readonly Network[] = [
  { name: '1 % lost, 1 % twice, 2 % late', kept: 0.99, single: 0.99, punctual: 0.98, bytes: 400_000 },
  { name: '5 % lost, 3 % twice, 15 % late', kept: 0.95, single: 0.97, punctual: 0.85, bytes: 150_000 },
];

/** Sends back what comes; the buffer holds all of it, whatever the other side does not take yet. */
const echo = (role: string) => `
FromDevice(lan) -> kind :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800);
kind[0] -> ARPResponder(192.0.2.7 ${MAC}) -> out :: ToDevice(lan);
arp :: ARPQuerier(192.0.2.7, ${MAC}) -> out;
kind[1] -> [1]arp;
kind[2] -> Strip(14) -> CheckIPHeader -> IPClassifier(dst host 192.0.2.7 && tcp) -> CheckTCPHeader
  -> ep :: TCPEndpoint(${role}, BUFFER 1048576) -> arp;
ep[1] -> what :: PaintSwitch;
what[0] -> [1]ep; what[1] -> Discard; what[2] -> Paint(1) -> [1]ep; what[3] -> Discard;
`;

const way = (from: string, to: string, { kept, single, punctual }: Network) => `
FromDevice(${from}) -> RandomSample(${kept}) -> double${from} :: RandomSample(${single}) -> late${from} :: RandomSample(${punctual});
double${from}[1] -> both${from} :: Tee; both${from}[0] -> late${from}; both${from}[1] -> late${from};
late${from}[0] -> Queue(1000) -> DelayUnqueue(4ms) -> to${to} :: ToDevice(${to});
late${from}[1] -> Queue(1000) -> DelayUnqueue(9ms) -> to${to};
`;

/** One end of a stream in the kernel: sends, ends, and compares what comes back. */
const EXCHANGE = (bytes: number, streams: number) => `
const { createHash, randomBytes } = require('node:crypto');
const net = require('node:net');
let left = ${streams};
function exchange(socket) {
  const sent = randomBytes(${bytes});
  const got = [];
  socket.end(sent);
  socket.on('data', (data) => got.push(data));
  socket.on('error', (error) => { console.log('error', error.message); process.exit(1); });
  socket.on('end', () => {
    const hash = (data) => createHash('sha256').update(data).digest('hex');
    console.log(hash(Buffer.concat(got)) === hash(sent) ? 'same' : 'other: ' + Buffer.concat(got).length);
    if ((left -= 1) === 0) process.exit(0);
  });
}
setTimeout(() => { console.log('late'); process.exit(1); }, ${PATIENCE_MS});`;

/** The appliance listens, the kernel connects; or the other way round. */
const ROLES = [
  {
    name: 'server', streams: CONNECTIONS, arguments: `PORT 7, CONNECTIONS ${CONNECTIONS + 1}`,
    peer: `for (let number = 0; number < ${CONNECTIONS}; number += 1) { const socket = net.connect(7, '192.0.2.7', () => exchange(socket)); socket.on('error', () => undefined); } console.log('begin');`,
  },
  {
    // It connects again after each end: what comes once all is exchanged is not asked.
    name: 'client', streams: 2, arguments: 'ADDRESS 192.0.2.7, CONNECT 192.0.2.100:7, RECONNECT 100ms, CONNECTIONS 2',
    peer: `net.createServer({ allowHalfOpen: true }, exchange).listen(7, '192.0.2.100', () => console.log('begin'));`,
  },
];

for (const seed of SEEDS) for (const network of NETWORKS) for (const role of ROLES) {
  await t.test(`streams come whole through a network with ${network.name}, with the appliance as ${role.name} (WIRELET_SEED=${seed})`, { skip: Lab.problem() ?? false }, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-relay-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const lab = new Lab();
    t.teardown(() => lab.close());
    const client = lab.machine('client');
    const [near, far] = [lab.tap(), lab.tap()];
    const wirelet = (name: string, text: string, ...args: string[]) => {
      const file = path.join(folder, `${name}.click`);
      writeFileSync(file, text);
      return lab.start([process.execPath, path.join(packageRoot, 'src/cli/wirelet.cjs'), 'run', file, '--json', ...args], 240_000);
    };
    const vmm = process.env.WIRELET_VMM;
    const appliance = wirelet('echo', echo(role.arguments), '--port', `lan=tap:${near}`, ...(vmm === undefined ? [] : ['--vmm', vmm]));
    await appliance.says(/^running /m, 120_000);
    ip('link', 'set', near, 'up');
    const relay = wirelet('relay', way('near', 'far', network) + way('far', 'near', network), '--vmm', 'native', '--seed', String(seed), '--port', `near=packet:${near}`, '--port', `far=tap:${far}`);
    await relay.says(/^running /m, 120_000);
    client.plug(far, '192.0.2.100/24');
    const script = EXCHANGE(network.bytes, role.streams) + role.peer;
    const program = await client.serve(/begin/, process.execPath, '-e', script);
    const { stdout } = await program.ended;
    t.equal(stdout, `begin\n${'same\n'.repeat(role.streams)}`);
    await relay.stop('SIGINT', 10_000);
    const figures = JSON.parse((await appliance.stop('SIGINT', 10_000)).stdout);
    const { counters } = figures.elements.ep;
    // That the network was bad is seen.
    t.ok(counters.retransmitted > 0 && counters.out_of_order > 5, JSON.stringify(counters));
    t.ok(counters.bytes_received >= network.bytes * role.streams, JSON.stringify(counters));
  });
}
