/** Frames at the edges of a running appliance, copied out of it; and followed through its graph. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { readCapture } from '#src/capture/read.js';
import { probeKvm, versionOf } from '#src/run/machine.js';
import type { Vmm } from '#src/run/outcome.js';
import { wirelet } from './command-line.js';
import { refusalOf, running, until } from './running.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-tap-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const env = { XDG_RUNTIME_DIR: folder };
const GRAPH = path.join(folder, 'tapped.yaml');
writeFileSync(GRAPH, `name: tapped
interfaces: { lan: { mac: 02:00:00:00:00:01 }, wan: { mac: 02:00:00:00:00:02 } }
graph: |
  lan -> way :: Switch(0) -> Strip(14) -> CheckIPHeader -> [0]nat :: IPRewriter(pattern 192.0.2.1 5000-5999 - - 0 1)
  way[1] -> closed :: Discard
  nat[0] -> EtherEncap(0x0800, 02:00:00:00:00:02, 02:00:00:00:00:03) -> wan
  nat[1] -> Discard
  wan -> Discard
`);

const WAYS: readonly [Vmm, string | false][] = [['kvm', probeKvm().usable ? false : 'no usable /dev/kvm'], ['process', false], ['native', false], ['node', false]];

const tcpdump = (await versionOf('tcpdump')) === undefined ? 'no tcpdump' : false;

for (const [vmm, skip] of WAYS) {
  await t.test(`edges of an appliance as ${vmm}`, { skip }, async (t) => {
    const appliance = await running(vmm, [GRAPH, '--vmm', vmm, '--port', 'lan=gen:size=100,flows=4,rate=500', '--port', 'wan=null'], env);
    t.teardown(() => appliance.process.kill('SIGKILL'));
    await until(() => appliance.read('figures'), (text) => JSON.parse(text).ports.wan.tx_packets > 0);
    const file = path.join(folder, `${vmm}.pcapng`);
    const before = BigInt(Date.now()) * 1_000_000n;
    const said = await wirelet(['tap', vmm, 'wan', '-w', file, '-n', '40', '--json'], { env });
    t.match(JSON.parse(said.stdout), { edge: 'wan', file, frames: 40 }, said.stderr);
    const frames = [...readCapture(file)];
    t.equal(frames.length, 40);
    t.ok(frames.every(({ bytes }) => bytes.length === 96 && Buffer.from(bytes.subarray(26, 30)).toString('hex') === 'c0000201'), 'they are the frames that leave, whole');
    t.ok(frames.every(({ timestamp }, index) => index === 0 || timestamp >= frames[index - 1]!.timestamp), 'in order');
    t.ok(frames[0]!.timestamp > before - 60_000_000_000n && frames[0]!.timestamp < before + 60_000_000_000n, 'with the time of the clock');
    t.ok(frames.some(({ timestamp }) => timestamp % 1_000_000n !== 0n), 'finer than milliseconds');

    const lines = await wirelet(['tap', vmm, 'lan/rx', '-n', '2', '--match', 'src host 10.0.0.1', '--snap', '60'], { env });
    t.match(lines.stdout, /^\d\d:\d\d:\d\d\.\d{9} lan in {2}Ethernet 02:00:00:00:00:aa > 02:00:00:00:00:01, IPv4 10\.0\.0\.1 > 10\.0\.1\.1 ttl 64, UDP \d+ > 9, 96 bytes\n/);
    t.equal(lines.stdout.trim().split('\n').length, 2);

    t.match(await refusalOf(appliance.client.read('tap_open', 'lann')), /there is no edge "lann"\nDid you mean "lan"\?/);
    if (vmm === 'node') {
      const inner = await wirelet(['tap', vmm, 'nat[0]', '-n', '1'], { env });
      t.match(inner.stdout, /nat\[0\] {3}IPv4 192\.0\.2\.1 > 10\.0\.1\.1/, 'in Node there are frames at every edge');
    } else {
      t.match(await refusalOf(appliance.client.read('tap_open', 'nat[0]')), /what leaves nat never lies in memory as a frame in compiled code/);
    }

    const flow = /5\d{3}/.exec(await appliance.read('nat.table'))?.[0];
    t.ok(flow !== undefined, 'the rewriter uses ports of its own');
    const traced = JSON.parse((await wirelet(['trace', vmm, '-n', '1', '--json'], { env })).stdout);
    t.equal(traced.traces[0].hops.at(-1).verdict.kind, 'sent', 'packets of a running appliance can be followed');
    if (vmm !== 'node') {
      const { changes } = traced.traces[0].hops.find(({ element }: { element: string }) => element === 'nat');
      const port = Number(/udp\.source_port \d+ -> (\d+)/.exec(changes.join(' '))?.[1]);
      t.match(await appliance.read('nat.table'), new RegExp(`192\\.0\\.2\\.1, ${port}\\b`), 'they meet the flows that the appliance has made');
    }
    await appliance.client.write('way.switch', '1');
    const elsewhere = await wirelet(['trace', vmm, '-n', '1', '--match', 'udp'], { env });
    t.match(elsewhere.stdout, vmm === 'node' ? /ToDevice sends it on wan/ : /closed\s+Discard takes it/, 'and what was written to handlers counts');
    t.equal(await appliance.stop(), 0);
  });
}

await t.test('frames of an appliance on two processors are followed with what their copy knows', async (t) => {
  const graph = path.join(folder, 'two.yaml');
  writeFileSync(graph, readFileSync(GRAPH, 'utf8').replace('5000-5999', '5000-6999'));
  const appliance = await running('two', [graph, '--vmm', 'process', '--cpus', '2', '--port', 'lan=gen:size=100,flows=16,rate=500', '--port', 'wan=null'], env);
  t.teardown(() => appliance.process.kill('SIGKILL'));
  await until(() => appliance.read('figures'), (text) => JSON.parse(text).ports.wan.tx_packets > 40);
  const ports = [...(await appliance.read('nat.table')).matchAll(/192\.0\.2\.1, (\d+)\b/g)].map(([, port]) => port);
  const { traces, with_state } = JSON.parse((await wirelet(['trace', 'two', '-n', '16', '--json'], { env })).stdout);
  t.equal(with_state, true);
  t.equal(traces.length, 16);
  for (const { hops } of traces) {
    const { changes } = hops.find(({ element }: { element: string }) => element === 'nat');
    t.ok(ports.includes(/udp\.source_port \d+ -> (\d+)/.exec(changes.join(' '))?.[1] ?? ''), 'by the port that the appliance gave its flow');
  }
  t.equal(await appliance.stop(), 0);
});

await t.test('tcpdump reads what tap writes', { skip: tcpdump }, (t) => {
  const file = path.join(folder, 'node.pcapng');
  t.equal(readFileSync(file).readUInt32LE(0), 0x0a0d0d0a);
  const { stdout, stderr } = spawnSync('tcpdump', ['-nn', '-r', file, '-c', '3'], { encoding: 'utf8' });
  t.equal(stdout.trim().split('\n').length, 3, stderr);
  t.match(stdout, /IP 192\.0\.2\.1\.\d+ > 10\.0\.1\.1\.9: UDP, length 54/);
  t.end();
});
