/** One appliance takes the place of another while packets flow: none is lost, and connections go on. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { probeKvm } from '#src/run/machine.js';
import { wirelet } from './command-line.js';
import { Lab } from './lab/lab.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wlswap-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const env = { XDG_RUNTIME_DIR: folder };
const NAT = path.join(packageRoot, 'configs/nat.yaml');
const kvm = probeKvm().usable ? false : 'no usable /dev/kvm';
const write = (name: string, text: string) => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Swap {
  readonly pause_ms: number;
  readonly taken: readonly string[];
  readonly misfits: readonly { readonly element: string; readonly reason: string }[];
}

async function swap(...args: string[]): Promise<Swap> {
  const said = await wirelet(['swap', ...args, '--json'], { env });
  if (said.status !== 0) throw new Error(said.stderr);
  return JSON.parse(said.stdout) as Swap;
}

/** On a machine whose processors are all busy an appliance may not answer in time: it is asked again. */
async function read(vm: string, handler: string): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const said = await wirelet(['read', vm, handler], { env });
    if (said.status === 0) return said.stdout.trim();
    if (tries === 10) throw new Error(said.stderr);
  }
}
/** As they are once nothing moves any more. */
async function settled(vm: string, handler: string): Promise<number> {
  let before = -1;
  for (let looks = 0; looks < 100; looks += 1) {
    const now = Number(await read(vm, handler));
    if (now === before && !Number.isNaN(now)) return now;
    before = now;
    await pause(300);
  }
  throw new Error(`${vm} ${handler} does not come to rest; last ${before}`);
}

t.test('no packet of a million a second is lost while the gateway is replaced', { skip: kvm, timeout: 180_000 }, async (t) => {
  write('source.yaml', `
interfaces: { out: { mac: 02:00:00:00:aa:01 } }
graph: |
  flows :: FastUDPFlows(1000000, -1, 60, 02:00:00:00:aa:01, 10.0.0.2, 02:00:00:00:fe:01, 203.0.113.5, 64, 2000000000, ACTIVE false) -> out;
  out -> Discard;
`);
  write('sink.yaml', `
interfaces: { in: { mac: 02:00:00:00:aa:02 } }
graph: |
  in -> kind :: Classifier(12/0806 20/0001, -);
  kind[0] -> ARPResponder(198.51.100.254 02:00:00:00:aa:02) -> in;
  kind[1] -> count :: Counter -> Discard;
`);
  const site = write('swap.yaml', `
appliances:
  source: { graph: source.yaml }
  nat: { graph: ${NAT} }
  sink: { graph: sink.yaml }
networks:
  a: { kind: wire, ports: [source.out, nat.inside] }
  b: { kind: wire, ports: [nat.outside, sink.in] }
`);
  const up = await wirelet(['up', site], { env });
  t.equal(up.status, 0, up.stderr);
  t.teardown(() => wirelet(['down'], { env }));
  // The gateway finds its router, and every flow its mapping: what waited for that does not count.
  // On a machine whose processors are all busy a round of the source may take longer than a write waits for.
  const flow = async (on: boolean) => {
    for (let tries = 1; ; tries += 1) {
      const said = await wirelet(['write', 'source', 'flows.active', String(on)], { env });
      if (said.status === 0) return;
      if (tries === 10) throw new Error(said.stderr);
      t.comment(`again: ${said.stderr.split('\n')[0]}`);
    }
  };
  await flow(true);
  await pause(500);
  await flow(false);
  const lost = (await settled('source', 'flows.count')) - (await settled('sink', 'count.count'));
  const before = await settled('source', 'flows.count');
  const table = await read('nat', 'rewriter.table');
  await flow(true);
  const begin = performance.now();
  const pauses: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const report = await swap('nat', NAT);
    t.ok(report.taken.includes('rewriter') && report.misfits.length === 0, 'the rewriter goes on with its flows');
    pauses.push(report.pause_ms);
  }
  await flow(false);
  const seconds = (performance.now() - begin) / 1000;
  const sent = await settled('source', 'flows.count');
  const received = await settled('sink', 'count.count');
  t.ok(sent > before, 'packets were sent');
  // Who began anew meanwhile says why.
  if (sent <= before) t.comment((await wirelet(['logs', 'source'], { env })).stdout, (await wirelet(['ps'], { env })).stdout);
  t.equal(sent - received, lost, `of ${sent - before} packets, ${Math.round((sent - before) / seconds / 1000)} thousand a second, none is lost; they waited for ${pauses.join(', ')} ms`);
  const ports = (text: string) => text.split('\n').map((row) => row.replace(/\s\[.*$|\s+\S+$/, '')).sort();
  t.equal((await read('nat', 'rewriter.table')).split('\n').length, table.split('\n').length, 'no flow is new, none is gone');
  t.ok(ports(table).length > 0);
});

t.test('what does not fit is refused, or begins anew', { skip: kvm, timeout: 120_000 }, async (t) => {
  const graph = (length: number) => `
interfaces: { lan: {}, wan: {} }
graph: |
  lan -> seen :: ${length === 0 ? 'Counter' : `EtherSwitch`} -> wan;
  wan -> ${length === 0 ? 'other :: Counter' : '[1]seen[1]'} -> lan;
`;
  write('one.yaml', graph(0));
  const two = write('two.yaml', graph(1));
  const three = write('three.yaml', 'interfaces: { lan: {} }\ngraph: |\n  lan -> Discard;\n');
  const site = write('fit.yaml', 'appliances:\n  one: { graph: one.yaml }\n  two: { graph: one.yaml }\nnetworks:\n  n: { ports: [one.lan, one.wan, two.wan] }\n');
  t.equal((await wirelet(['up', site], { env })).status, 0);
  t.teardown(() => wirelet(['down'], { env }));
  const pid = async () => (JSON.parse((await wirelet(['ps', '--json'], { env })).stdout) as { name: string; pid: number }[])[0]!.pid;
  const old = await pid();
  t.match(await wirelet(['swap', 'one', two], { env }), { status: 1, stderr: /^WL4241 .*\n  seen: it was of class Counter, and is of class EtherSwitch/ });
  t.match(await wirelet(['swap', 'one', three], { env }), { status: 1, stderr: /^WL4240 .*it has no interface "wan"/ });
  t.match(await wirelet(['swap', 'won', two], { env }), { status: 1, stderr: /^WL4214 / });
  t.match(await wirelet(['swap', 'one', path.join(folder, 'none.yaml')], { env }), { status: 1, stderr: /none\.yaml/ });
  const text = write('text.elf', '\x7fELF but no image');
  t.match(await wirelet(['swap', 'one', text], { env }), { status: 1, stderr: /^WL3101 / }, 'an image that is not ours');
  t.equal(await pid(), old, 'who was refused changed nothing');
  t.match(await swap('one', two, '--fresh'), { misfits: [{ element: 'seen' }] });
  t.not(await pid(), old);
  t.match(await wirelet(['read', 'one', 'seen.class'], { env }), { status: 0, stdout: 'EtherSwitch\n' }, 'handlers are those of the new one');
});

t.test('a TCP connection through the gateway survives', { skip: Lab.problem('ping', 'ethtool') ?? kvm, timeout: 180_000 }, async (t) => {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const [client, server] = [lab.machine('client'), lab.machine('server')];
  const cables = [lab.cable(), lab.cable()];
  const site = write('nat.yaml', `
appliances:
  nat: { graph: ${NAT} }
interfaces:
  left: { packet: ${cables[0]!.near} }
  right: { packet: ${cables[1]!.near} }
chains:
  - left -> nat -> right
`);
  const up = await wirelet(['up', site], { env });
  t.equal(up.status, 0, up.stderr);
  t.teardown(() => wirelet(['down'], { env }));
  client.plug(cables[0]!.far, '10.0.0.2/24');
  server.plug(cables[1]!.far, '198.51.100.254/24');
  await client.run('ip', 'route', 'add', 'default', 'via', '10.0.0.1');
  // A part of the file every 20 ms: swaps fall between and into them.
  const bytes = randomBytes(2 << 20);
  const served = path.join(folder, 'file');
  writeFileSync(served, bytes);
  const script = `const bytes = require('node:fs').readFileSync(${JSON.stringify(served)});
    require('node:net').createServer((socket) => { let at = 0; const next = () => { socket.write(bytes.subarray(at, at += 16384)); if (at < bytes.length) setTimeout(next, 20); else socket.end(); }; next(); }).listen(7000, '0.0.0.0', () => console.log('ready'))`;
  await server.serve(/ready/, process.execPath, '-e', script);
  const fetched = path.join(folder, 'fetched');
  const fetch = `const hash = require('node:crypto').createHash('sha256'); const socket = require('node:net').connect(7000, '198.51.100.254');
    socket.on('data', (data) => hash.update(data)); socket.on('end', () => console.log(hash.digest('hex'), socket.localPort)); socket.on('error', (error) => console.log(error.message))`;
  let arrived = false;
  const transfer = client.run(process.execPath, '-e', fetch).then((said) => ((arrived = true), said));
  await pause(500);
  let swaps = 0;
  for (; !arrived && swaps < 4; swaps += 1) await swap('nat', NAT);
  const { stdout } = await transfer;
  t.ok(swaps > 0 && fetched !== '');
  t.equal(stdout.split(' ')[0], createHash('sha256').update(bytes).digest('hex'), `it carried 2 MiB through ${swaps} swaps ${stdout}`);
});
