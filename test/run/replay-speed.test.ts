/** A capture is played at the speed it was recorded at, at a part or a multiple of it, at a rate, or as fast as it goes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { readCapture } from '#src/capture/read.js';
import { CaptureWriter } from '#src/capture/write.js';
import { packageRoot } from '#src/package-root.js';
import type { Vmm } from '#src/run/outcome.js';
import { readPorts } from '#src/run/port-spec.js';
import { run } from '#src/run/run.js';
import { openSubject } from '#src/run/subject.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-replay-speed-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const input = path.join(folder, 'in.pcap');
const FRAMES = 9;
/** Between two frames of the capture, in seconds. */
const APART = 0.05;
/** Seconds from its first frame to its last. */
const SPAN = (FRAMES - 1) * APART;
/** A machine that is busy elsewhere is late, but nobody is ever early: less than that part of the time. */
const EARLY = 0.9, LATE_SECONDS = 5;

const writer = new CaptureWriter(input);
for (let index = 0; index < FRAMES; index += 1) writer.write(1_700_000_000_000_000_000n + BigInt(Math.round(index * APART * 1e9)), Buffer.alloc(60 + index, index));
writer.close();

/** Speeds, and how long the capture takes by them. */
const SPEEDS = [['recorded', SPAN], ['x4', SPAN / 4], ['x0.5', SPAN * 2], ['40', (FRAMES - 1) / 40]] as const;

for (const vmm of ['node', 'process'] as const satisfies readonly Vmm[]) {
  for (const [speed, seconds] of SPEEDS) {
    t.test(`speed=${speed} as ${vmm} takes ${seconds} s`, { timeout: 120_000 }, async (t) => {
      const out = path.join(folder, `${vmm}-${speed}.pcap`);
      const { subject } = await openSubject(path.join(packageRoot, 'configs/wire.yaml'));
      const ports = readPorts([`lan=pcap:in=${input},speed=${speed}`, `wan=pcap:out=${out}`], [{ name: 'lan' }, { name: 'wan' }]);
      const { virtual_time: virtual, ended } = await run(subject, { vmm, ports, untilIdle: true, seconds: 60 });
      t.same({ virtual, ended }, { virtual: false, ended: 'idle' });
      const frames = [...readCapture(out)];
      t.same(frames.map(({ bytes }) => bytes.length), Array.from({ length: FRAMES }, (_, index) => 60 + index), 'all frames, in order');
      const took = Number(frames.at(-1)!.timestamp - frames[0]!.timestamp) / 1e9;
      t.ok(took > seconds * EARLY && took < seconds + LATE_SECONDS, `${took} s`);
    });
  }

  t.test(`speed=max as ${vmm} takes no time of the machine: frames have the times of the capture`, async (t) => {
    const out = path.join(folder, `${vmm}-max.pcap`);
    const { subject } = await openSubject(path.join(packageRoot, 'configs/wire.yaml'));
    const { virtual_time: virtual } = await run(subject, { vmm, ports: readPorts([`lan=pcap:in=${input},speed=max`, `wan=pcap:out=${out}`], [{ name: 'lan' }, { name: 'wan' }]), untilIdle: true });
    t.equal(virtual, true);
    t.same([...readCapture(out)].map(({ timestamp }) => timestamp), [...readCapture(input)].map(({ timestamp }) => timestamp));
  });
}
