/** What generators find out about appliances that lose, copy, reorder and change frames in known ways. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { readCapture } from '#src/capture/read.js';
import { packageRoot } from '#src/package-root.js';
import { probeKvm } from '#src/run/machine.js';
import type { RunOutcome, StreamFigures, Vmm } from '#src/run/outcome.js';
import { readPorts } from '#src/run/port-spec.js';
import { run } from '#src/run/run.js';
import { interfaceNames, openSubject, type Subject } from '#src/run/subject.js';

const WAYS: readonly (readonly [Vmm, string | false])[] = [['process', false], ['kvm', probeKvm().usable ? false : 'no usable /dev/kvm']];

/** Appliances that do one thing to what comes from `lan`. */
const GRAPHS = {
  wire: 'lan -> wan',
  encapsulate: 'lan -> Strip(14) -> EtherEncap(0x0800, 2:0:0:0:0:8, 2:0:0:0:0:9) -> EtherEncap(0x88b5, 2:0:0:0:0:8, 2:0:0:0:0:9) -> wan',
  // A tenth of the flows go to ports that end in 3.
  lose: 'lan -> c :: Classifier(36/0003, -); c[0] -> Discard; c[1] -> wan',
  copy: 'lan -> t :: Tee(3); t[0] -> wan; t[1] -> wan; t[2] -> wan',
  // Flows from even ports wait in a queue while the others overtake them.
  reorder: 'lan -> c :: Classifier(35/00%01, -); c[0] -> Queue(10000) -> Unqueue -> wan; c[1] -> wan',
  // The first two bytes of payload.
  change: 'lan -> Strip(30) -> Scramble -> Unstrip(30) -> wan',
  // What never comes to rest.
  chatter: 'RatedSource(RATE 1000) -> EtherEncap(0x88b5, 2:0:0:0:0:8, 2:0:0:0:0:9) -> lan; lan -> wan',
} as const;

const folder = t.testdir();
const subjects = new Map<string, Subject>();
async function subjectOf(name: keyof typeof GRAPHS): Promise<Subject> {
  const known = subjects.get(name);
  if (known !== undefined) return known;
  const file = path.join(folder, `${name}.yaml`);
  const elements = path.join(packageRoot, 'test/run/stream');
  writeFileSync(file, `name: ${name}\ninterfaces: [lan, wan]\nelement_path: [${elements}]\ngraph: |\n${GRAPHS[name].split(';').map((line) => `  ${line.trim()}\n`).join('')}`);
  const { subject } = await openSubject(file);
  subjects.set(name, subject);
  return subject;
}

interface Measured {
  readonly outcome: RunOutcome;
  readonly stream: StreamFigures;
}

async function measure(vmm: Vmm, name: keyof typeof GRAPHS, traffic: string, more: { seconds?: number; untilIdle?: boolean } = {}): Promise<Measured> {
  const subject = await subjectOf(name);
  const ports = readPorts([`lan=gen:${traffic}`], interfaceNames(subject).map((one) => ({ name: one })));
  const outcome = await run(subject, { vmm, ports, untilIdle: true, seconds: 60, spin: true, ...more });
  return { outcome, stream: outcome.streams?.['lan'] as StreamFigures };
}

/** What holds whatever the appliance does. */
function consistent(t: Test, { outcome, stream }: Measured): void {
  t.equal(stream.offered, stream.sent + stream.unsent, 'offered is sent and unsent');
  t.ok(stream.sent <= outcome.ports['lan']!.rx_packets);
  t.ok(stream.elapsed_ns > 0);
  const { latency } = stream;
  if (latency === undefined) return;
  t.equal(latency.buckets.reduce((sum, [, count]) => sum + count, 0), latency.count);
  t.ok(latency.min_ns > 0 && latency.min_ns <= latency.max_ns && latency.sum_ns >= latency.count * latency.min_ns);
  latency.buckets.forEach(([upper], index) => t.ok(index === 0 || upper > latency.buckets[index - 1]![0]));
}

for (const [vmm, problem] of WAYS) {
  t.test(`as ${vmm}`, { skip: problem, timeout: 300_000 }, async (t) => {
    await t.test('a wire loses nothing at its own pace, whatever is measured', async (t) => {
      for (const traffic of ['count=20000', 'count=20000,verify=true', 'count=20000,verify=true,latency=10k,size=imix,flows=300', 'count=20000,latency=1M,flows=20000', 'count=20000,warmup=3000,verify=true', 'count=20000,warmup=3000']) {
        const measured = await measure(vmm, 'wire', traffic);
        const { stream } = measured;
        consistent(t, measured);
        const count = Number(/count=(\d+)/.exec(traffic)![1]);
        const numbered = /verify|latency/.test(traffic) ? 0 : null;
        t.match(stream, { offered: count, sent: count, unsent: 0, received: count, reordered: numbered, duplicated: numbered, corrupted: numbered, lost_sequences: numbered }, traffic);
        t.equal(stream.latency !== undefined, /latency/.test(traffic));
        t.equal(stream.pacing, undefined);
        t.equal(measured.outcome.ports['wan']!.tx_packets, count + (/warmup=(\d+)/.test(traffic) ? 3000 : 0));
        t.equal(measured.outcome.ended, 'idle');
      }
    });
    await t.test('frames that take several buffers are whole', async (t) => {
      const measured = await measure(vmm, 'wire', 'count=100,rate=500,size=5000,verify=true');
      consistent(t, measured);
      // There are few buffers for long frames: when the appliance is behind it drops what comes.
      const { sent, unsent, received } = measured.stream;
      t.equal(received, sent - (measured.outcome.ports['lan']!.drops - unsent));
      t.match(measured.stream, { corrupted: 0, lost_sequences: sent - received });
      t.ok(received > 0);
    });
    await t.test('other headers before the packet are no damage', async (t) => {
      const measured = await measure(vmm, 'encapsulate', 'count=5000,verify=true,latency=10k,size=100');
      consistent(t, measured);
      t.match(measured.stream, { received: 5000, reordered: 0, duplicated: 0, corrupted: 0, lost_sequences: 0 });
    });
    await t.test('frames that a rule drops are lost to the frame', async (t) => {
      for (const [traffic, lost] of [['verify=true', 2000], ['', 0]] as const) {
        const measured = await measure(vmm, 'lose', `count=20000,flows=10,sports=1024,dports=1-10,${traffic}`);
        consistent(t, measured);
        t.match(measured.stream, { sent: 20000, received: 18000, lost_sequences: traffic === '' ? null : lost, duplicated: traffic === '' ? null : 0 });
      }
      const timed = await measure(vmm, 'lose', 'count=5000,rate=50k,latency=5k,flows=10,sports=1024,dports=1-10,verify=true');
      t.equal(timed.stream.sent - timed.stream.received, timed.stream.lost_sequences);
    });
    await t.test('copies are counted as such', async (t) => {
      const measured = await measure(vmm, 'copy', 'count=5000,verify=true');
      consistent(t, measured);
      t.match(measured.stream, { sent: 5000, received: 15000, duplicated: 10000, reordered: 0, corrupted: 0, lost_sequences: 0 });
    });
    await t.test('frames that are overtaken are counted as reordered, and no others', async (t) => {
      const measured = await measure(vmm, 'reorder', 'count=5000,verify=true,flows=2');
      consistent(t, measured);
      t.match(measured.stream, { sent: 5000, received: 5000, duplicated: 0, corrupted: 0, lost_sequences: 0 });
      t.ok(measured.stream.reordered! > 0 && measured.stream.reordered! <= 2500, `${measured.stream.reordered} reordered`);
    });
    await t.test('a byte that changed is found', async (t) => {
      const measured = await measure(vmm, 'change', 'count=5000,verify=true,latency=100k');
      consistent(t, measured);
      t.match(measured.stream, { received: 5000, corrupted: 500, duplicated: 0, lost_sequences: 0 });
    });
    await t.test('timed frames are as many as asked for', async (t) => {
      const measured = await measure(vmm, 'wire', 'count=2000,rate=10k,latency=500,warmup=2000');
      consistent(t, measured);
      const { stream } = measured;
      t.equal(stream.offered, 2000);
      // On a machine that is busy elsewhere timed frames may be among those without a buffer.
      t.ok(stream.latency!.count <= 100 && stream.latency!.count + stream.unsent >= 100, `${stream.latency!.count} timed, ${stream.unsent} unsent`);
    });
    await t.test('a rate is kept', async (t) => {
      for (const [rate, count] of [['100', 20], ['1k', 300], ['100k', 30_000]] as const) {
        const { stream } = await measure(vmm, 'wire', `count=${count},rate=${rate},warmup=100`);
        t.equal(stream.offered, count);
        // The last frame may be as late as any.
        const allowed = 100 + (stream.pacing!.max_late_ns / stream.elapsed_ns) * 2e6;
        t.ok(Math.abs(stream.pacing!.error_ppm) < allowed, `${rate}: ${JSON.stringify(stream.pacing)}`);
      }
    });
    await t.test('when the time is over, what is under way may arrive', async (t) => {
      const measured = await measure(vmm, 'wire', 'rate=20k,verify=true', { seconds: 0.5, untilIdle: false });
      consistent(t, measured);
      t.equal(measured.outcome.ended, 'time');
      t.ok(Math.abs(measured.stream.offered - 10_000) <= 1, `${measured.stream.offered} offered`);
      t.equal(measured.stream.received, measured.stream.sent);
      t.equal(measured.stream.lost_sequences, 0);
    });
    await t.test('a stream ends though the appliance never rests', async (t) => {
      const measured = await measure(vmm, 'chatter', 'count=1000,verify=true', { seconds: 4 });
      t.match(measured.stream, { sent: 1000, received: 1000, lost_sequences: 0 });
      t.equal(measured.outcome.ended, 'time');
    });
    await t.test('described frames are sent, and those too short for numbers refused', async (t) => {
      const file = path.join(folder, 'frames.yaml');
      writeFileSync(file, '- tcp: { dport: 1-7 }\n  payload: { length: 30 }\n- ipv6: {}\n  icmp: {}\n  payload: { length: 16 }\n');
      const measured = await measure(vmm, 'wire', `count=800,template=${file},verify=true`);
      consistent(t, measured);
      t.match(measured.stream, { received: 800, corrupted: 0, lost_sequences: 0 });
      writeFileSync(file, '- udp: {}\n  payload: short\n');
      await t.rejects(measure(vmm, 'wire', `count=8,template=${file},verify=true`), /WL4025/);
      t.equal((await measure(vmm, 'wire', `count=8,template=${file}`)).stream.received, 8);
    });
  });
}

t.test('Node counts frames without numbers, too', async (t) => {
  const measured = await measure('node', 'lose', 'count=2000,rate=20k,warmup=500,flows=10,sports=1024,dports=1-10');
  consistent(t, measured);
  t.match(measured.stream, { sent: 2000, unsent: 0, received: 1800, reordered: null, lost_sequences: null });
  t.ok(Math.abs(measured.stream.pacing!.error_ppm) <= 100 + (measured.stream.pacing!.max_late_ns / measured.stream.elapsed_ns) * 2e6, JSON.stringify(measured.stream.pacing));
  t.equal((await measure('node', 'wire', 'count=50,size=imix,flows=3')).stream.received, 50);
  for (const option of ['verify=true', 'latency=5']) t.equal((await measure('node', 'wire', `count=5,${option}`)).outcome.streams, undefined);
});

t.test('both generators make the same frames', async (t) => {
  const out = path.join(folder, 'frames');
  const subject = await subjectOf('wire');
  for (const traffic of ['count=40,flows=3', 'count=40,size=imix,flows=13', 'count=70,flows=65,sources=10.9.0.0/30,destinations=10.8.0.0/31,sports=5-13,dports=7', 'count=30,size=imix,flows=200000,dports=1-65535']) {
    for (const vmm of ['node', 'process'] as const) {
      const ports = readPorts([`lan=gen:${traffic}`, `wan=pcap:out=${out}.${vmm}`], interfaceNames(subject).map((one) => ({ name: one })));
      await run(subject, { vmm, ports, untilIdle: true, seconds: 60 });
    }
    const [node, native] = ['node', 'process'].map((vmm) => [...readCapture(`${out}.${vmm}`)].map(({ bytes }) => Buffer.from(bytes).toString('hex')));
    t.equal(node!.length, Number(/count=(\d+)/.exec(traffic)![1]));
    t.same(native, node, traffic);
  }
});
