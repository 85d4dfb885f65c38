/** Appliances that always have work: in the captures' own time, time goes on for them, too, and equally in every way of running. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { readCapture } from '#src/capture/read.js';
import { CaptureWriter } from '#src/capture/write.js';
import { packageRoot } from '#src/package-root.js';
import type { Vmm } from '#src/run/outcome.js';
import type { PortSpec } from '#src/run/port-spec.js';
import { run } from '#src/run/run.js';
import { openSubject } from '#src/run/subject.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-restless-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const native = existsSync(path.join(packageRoot, 'build/Release/wirelet.node'));
const SECONDS = 0.5;
/** Frames of the capture lie so far apart, in nanoseconds: some within a step, some beyond. */
const APART = [1_000_000n, 40_000_000n, 3_000_000n, 60_000_000n];

/** Graphs that send for ever, and how many frames of the capture they pass. */
const RESTLESS = {
  replay: 'interfaces: [lan, wan]\ngraph: |\n  lan -> Queue(8) -> ReplayUnqueue(LIMIT 2) -> Discard;\n  wan -> lan\n',
  source: 'interfaces: [lan, wan]\ngraph: |\n  InfiniteSource(LENGTH 60) -> seen :: Counter -> Discard;\n  lan -> passed :: Counter -> wan;\n  wan -> Discard\n',
} as const;

for (const [name, graph] of Object.entries(RESTLESS)) {
  t.test(`${name}: a run ends by its own time, the same in every way`, { timeout: 300_000 }, async (t) => {
    const file = path.join(folder, `${name}.yaml`), input = path.join(folder, 'in.pcap');
    writeFileSync(file, graph);
    const writer = new CaptureWriter(input);
    let at = 1_000_000_000_000n;
    for (const apart of APART) writer.write((at += apart), Buffer.alloc(60, 1));
    writer.close();
    const { subject } = await openSubject(file);
    const meaning = async (vmm: Vmm) => {
      const out = path.join(folder, `${vmm}.pcap`);
      const ports = new Map<string, PortSpec>([['lan', { kind: 'pcap', in: input, speed: 'max' }], ['wan', { kind: 'pcap', out, speed: 'max' }]]);
      const { ended, elements, ports: figures } = await run(subject, { vmm, ports, untilIdle: true, seconds: SECONDS, signal: AbortSignal.timeout(120_000) });
      return { ended, elements, figures, frames: [...readCapture(out)].map(({ timestamp }) => timestamp) };
    };
    const reference = await meaning('node');
    t.equal(reference.ended, 'time');
    t.equal(reference.figures['lan']!.rx_packets, APART.length, 'frames of the capture come at their times');
    if (name === 'source') {
      t.equal(reference.frames.length, APART.length);
      t.ok(reference.elements['seen']!.counters['packets']! > 50_000);
    }
    t.same(await meaning('process'), reference, 'as process');
    if (native) t.same(await meaning('native'), reference, 'as native');
  });
}
