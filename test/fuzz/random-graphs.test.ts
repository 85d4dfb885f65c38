/**
 * Random graphs of real elements, with random frames, mean the same in every way of running: each frame out, each
 * counter, each line printed. And none of them crashes or stops.
 *
 *   WIRELET_SEED=N one graph; WIRELET_FUZZ=N so many graphs; WIRELET_KEEP=1 leaves graph and captures behind.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { readCapture } from '#src/capture/read.js';
import { CaptureWriter } from '#src/capture/write.js';
import { formatDiagnostic } from '#src/diagnostics.js';
import { tryLoadGraph } from '#src/graph/load.js';
import { packageRoot } from '#src/package-root.js';
import { plan } from '#src/plan/plan.js';
import { probeKvm } from '#src/run/machine.js';
import type { Vmm } from '#src/run/outcome.js';
import type { PortSpec } from '#src/run/port-spec.js';
import { run } from '#src/run/run.js';
import type { Subject } from '#src/run/subject.js';
import { Dice } from '../differential/element-fuzz.js';
import { someFrame } from '../elements/net-frames.js';
import { randomGraph } from './random-graph.js';

const GRAPHS_DEFAULT = 12;
const FRAMES = 120;
const SECONDS_MAX = 1000;
const seed = process.env.WIRELET_SEED;
const seeds = seed === undefined ? Array.from({ length: Number(process.env.WIRELET_FUZZ ?? GRAPHS_DEFAULT) }, (_, index) => index + 1) : [Number(seed)];
const native = existsSync(path.join(packageRoot, 'build/Release/wirelet.node'));

/** Every graph runs as native; each third also in a VM or a process, which have to be built once more. */
function waysOf(number: number): Vmm[] {
  const ways: Vmm[] = native ? ['native'] : [];
  if (number % 3 === 0 || seed !== undefined) ways.push('process', ...(probeKvm().usable ? ['kvm' as const] : []));
  return ways;
}

for (const number of seeds) {
  t.test(`random graph ${number} means the same in every way of running (WIRELET_SEED=${number})`, async (t) => {
    const dice = new Dice(number * 7919);
    const graph = randomGraph(dice, 3 + dice.below(14));
    const folder = mkdtempSync(path.join(tmpdir(), `wirelet-fuzz-${number}-`));
    if (process.env.WIRELET_KEEP === undefined) t.teardown(() => rmSync(folder, { recursive: true }));
    else t.comment(folder);
    const file = path.join(folder, `graph.${graph.suffix}`);
    writeFileSync(file, graph.text);
    const { checked, diagnostics } = await tryLoadGraph(file);
    if (checked === undefined) return t.fail(`${diagnostics.map(formatDiagnostic).join('\n')}\n${graph.text}`);
    for (const each of graph.interfaces) {
      const writer = new CaptureWriter(path.join(folder, `${each}.pcap`));
      for (let index = 0; index < FRAMES; index += 1) writer.write(1_000_000_000_000n + BigInt(index) * 1_000_000n * BigInt(1 + dice.below(20)), someFrame(dice, dice.chance(70) ? 'ip' : 'arp'));
      writer.close();
    }
    const subject: Subject = { kind: 'graph', file, plan: plan(checked) };
    const reference = await meaning(subject, 'node', folder, graph.interfaces);
    for (const way of waysOf(number)) {
      const same = t.same(await meaning(subject, way, folder, graph.interfaces), reference, `as ${way}`);
      if (!same) t.comment(graph.text);
    }
    t.end();
  });
}

/** All that a run gives, and must be equal. */
async function meaning(subject: Subject, vmm: Vmm, folder: string, interfaces: readonly string[]) {
  const out = (name: string) => path.join(folder, `${name}-${vmm}.pcap`);
  const ports = new Map<string, PortSpec>(interfaces.map((name) => [name, { kind: 'pcap', in: path.join(folder, `${name}.pcap`), out: out(name), speed: 'max' }]));
  const lines: string[] = [];
  const { elements, ports: figures, ended } = await run(subject, { vmm, ports, untilIdle: true, seconds: SECONDS_MAX, onLog: (line) => lines.push(line) });
  return { frames: Object.fromEntries(interfaces.map((name) => [name, [...readCapture(out(name))].map(({ timestamp, bytes }) => `${timestamp} ${Buffer.from(bytes).toString('hex')}`)])), lines, elements, figures, ended };
}
