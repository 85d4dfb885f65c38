/**
 * Random graphs of real elements, with random frames, mean the same in every way of running: each frame out, each
 * counter, each line printed; on several processors, too, where each flow is as on one. And none of them crashes or hangs.
 *
 *   WIRELET_SEED=N one graph; WIRELET_FUZZ=N so many graphs; WIRELET_CLASS=NAME graphs with that class among few others;
 *   WIRELET_KEEP=1 leaves graph and captures behind.
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
import { splitOf } from '#src/graph/split.js';
import { plan } from '#src/plan/plan.js';
import { probeKvm } from '#src/run/machine.js';
import type { Vmm } from '#src/run/outcome.js';
import type { PortSpec } from '#src/run/port-spec.js';
import { run } from '#src/run/run.js';
import { Steering } from '#src/run/steering.js';
import type { Subject } from '#src/run/subject.js';
import { Dice } from '../differential/element-fuzz.js';
import { Deadline } from './deadline.js';
import type { GraphModel } from './graph-model.js';
import { textOf } from './graph-notation.js';
import { randomFrame } from './random-frame.js';
import { RESTLESS } from './random-arguments.js';
import { drawnClasses, NOT_DRAWN, randomGraph } from './random-graph.js';
import { shrink } from './shrink.js';

/** What is drawn, for how many graphs. Frames are of each interface; seconds of the run's time, longer than the captures. */
interface Kind {
  readonly name: string;
  readonly graphs: number;
  readonly size: number;
  readonly frames: number;
  readonly seconds: number;
  /** One, unless said. */
  readonly processors?: number;
}
const CALM: Kind = { name: 'random graph', graphs: 20, size: 16, frames: 120, seconds: 20 };
/** Graphs that may send for ever end by their seconds; each frame takes them some 1,000 rounds. */
const SENDING: Kind = { name: 'restless graph', graphs: 2, size: 6, frames: 2, seconds: 0.02 };
/** Of the machine's time for one run; and for all of a graph, should something hang where nobody looks at the clock. */
const RUN_MS_MAX = 60_000, GRAPH_MS_MAX = 500_000;
/** Graphs tried on the way to a smaller one. */
const SHRINK_RUNS_MAX = 40;
const seed = process.env.WIRELET_SEED;
const seedsOf = ({ graphs }: Kind) => (seed === undefined ? Array.from({ length: Number(process.env.WIRELET_FUZZ ?? graphs) }, (_, index) => index + 1) : [Number(seed)]);
const native = existsSync(path.join(packageRoot, 'build/Release/wirelet.node'));
const all = await drawnClasses();
const deadline = new Deadline();
t.teardown(() => deadline.close());
const focus = process.env.WIRELET_CLASS;
const restless = all.filter(({ class: { name } }) => RESTLESS.includes(name));
const calm = all.filter((each) => !restless.includes(each));
const focused = focus === undefined ? undefined : all.filter(({ class: { name } }) => focus.split(',').includes(name));

/** Every graph runs as native; each fifth also in a VM and a process, which have to be built once more. */
function waysOf(number: number): Vmm[] {
  const ways: Vmm[] = native ? ['native'] : [];
  if (number % 5 === 0 || seed !== undefined) ways.push('process', ...(probeKvm().usable ? ['kvm' as const] : []));
  return ways;
}

for (const { kind, number } of [CALM, SENDING].flatMap((each) => seedsOf(each).map((of) => ({ kind: each, number: of })))) {
  t.test(`${kind.name} ${number} means the same in every way of running (WIRELET_SEED=${number})`, async (t) => {
    deadline.set(GRAPH_MS_MAX, `${kind.name} ${number} hangs: WIRELET_SEED=${number} npm test -- fuzz/random-graphs`);
    const dice = new Dice(number * 7919);
    const model = randomGraph(dice, 3 + dice.below(kind.size), kind === CALM && focused === undefined ? calm : all, focused ?? (kind === CALM ? calm : restless));
    const folder = mkdtempSync(path.join(tmpdir(), `wirelet-fuzz-${number}-`));
    if (process.env.WIRELET_KEEP === undefined) t.teardown(() => rmSync(folder, { recursive: true }));
    else t.comment(folder);
    writeFrames(dice, folder, model.interfaces, kind);
    const subject = await subjectOf(model, folder, 'graph');
    if (typeof subject === 'string') return t.fail(`${subject}\n${textOf(model)}`);
    const reference = await meaning(subject, 'node', folder, model.interfaces, kind);
    for (const way of waysOf(number)) {
      const same = t.same(await meaning(subject, way, folder, model.interfaces, kind), reference, `as ${way}`);
      if (!same) t.comment(textOf(await shrink(model, (smaller) => differs(smaller, way, folder, kind), SHRINK_RUNS_MAX)));
    }
    t.end();
  });
}

/** Of graphs on several processors, with classes that can have them. */
const SEVERAL: Kind = { name: 'random graph on several processors', graphs: 20, size: 10, frames: 120, seconds: 20 };
/** Classes whose copies do not give together what one gives, and why. */
const UNEQUAL: Readonly<Record<string, string>> = {
  RandomSample: 'each copy has its chance', RandomBitErrors: 'each copy has its chance', RandomSwitch: 'each copy has its chance',
  SetRandIPAddress: 'each copy has its chance', ICMPError: 'each copy numbers its packets', ARPQuerier: 'each copy asks', IP6NDSolicitor: 'each copy asks',
  RoundRobinSwitch: 'each copy has its turn', EtherSwitch: 'each copy forgets other hosts', ListenEtherSwitch: 'each copy forgets other hosts',
};
/** Of a table, too, each copy has the whole capacity: what one must forget, four may keep. */
const LIMITED = /CAPACITY \d/;
const splittable = calm.filter(({ class: { definition } }) => typeof definition.split !== 'object' && (definition.split !== undefined || (definition.state === undefined && definition.run === undefined && definition.timers === undefined)));

for (const number of seedsOf(SEVERAL)) {
  t.test(`${SEVERAL.name} ${number} means the same in every way of running, and as on one (WIRELET_SEED=${number})`, async (t) => {
    deadline.set(GRAPH_MS_MAX, `${SEVERAL.name} ${number} hangs: WIRELET_SEED=${number} npm test -- fuzz/random-graphs`);
    const dice = new Dice(number * 104_729);
    const folder = mkdtempSync(path.join(tmpdir(), `wirelet-fuzz-several-${number}-`));
    if (process.env.WIRELET_KEEP === undefined) t.teardown(() => rmSync(folder, { recursive: true }));
    else t.comment(folder);
    const drawn = await splitGraph(dice, folder);
    if (drawn === undefined) return t.fail('no graph that can be split was drawn');
    const { model, subject } = drawn;
    const kind = { ...SEVERAL, processors: 2 + dice.below(3) };
    writeFrames(dice, folder, model.interfaces, kind);
    const reference = await meaning(subject, 'node', folder, model.interfaces, kind);
    for (const way of waysOf(number)) {
      const same = t.same(await meaning(subject, way, folder, model.interfaces, kind), reference, `as ${way} on ${kind.processors}`);
      if (!same) t.comment(textOf(await shrink(model, (smaller) => differs(smaller, way, folder, kind), SHRINK_RUNS_MAX)));
    }
    const one = await meaning(subject, 'node', folder, model.interfaces, SEVERAL);
    const same = t.same(inFlows(reference), inFlows(one), `frames of each flow on ${kind.processors}, and counts, are those of one`);
    if (!same) t.comment(textOf(model));
    t.end();
  });
}

/** A graph that can be split, of which copies give together what one gives. */
async function splitGraph(dice: Dice, folder: string): Promise<{ model: GraphModel; subject: Subject } | undefined> {
  // Of a queue each copy has the whole capacity.
  const equal = splittable.filter(({ class: { name, definition } }) => UNEQUAL[name] === undefined && definition.storage === undefined);
  const names = new Set([...equal.map(({ class: { name } }) => name), 'FromDevice', 'ToDevice']);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const model = randomGraph(dice, 3 + dice.below(SEVERAL.size), calm, equal);
    if (!model.elements.every(({ className }) => names.has(className)) || LIMITED.test(textOf(model))) continue;
    const subject = await subjectOf(model, folder, 'graph');
    if (typeof subject !== 'string' && subject.kind === 'graph' && splitOf(subject.plan.graph.instances).obstacles.length === 0) return { model, subject };
  }
  return undefined;
}

/** What does not depend on the order of frames of different flows. */
function inFlows({ frames, elements, figures, ended }: Awaited<ReturnType<typeof meaning>>) {
  const steering = new Steering({ seed: 1, cores: 2 ** 30, by: 'ports', answers: false, teaches: false });
  const sorted = Object.entries(frames).map(([name, list]) => {
    const flows = new Map<number, string[]>();
    for (const frame of list) {
      const flow = steering.core(Buffer.from(frame.split(' ')[1]!, 'hex'));
      flows.set(flow, [...(flows.get(flow) ?? []), frame]);
    }
    return [name, flows] as const;
  });
  return { frames: Object.fromEntries(sorted), elements, figures, ended };
}

if (focus === undefined) {
  t.test('every class can be drawn, or is said not to be', async (t) => {
    const dice = new Dice(1);
    const drawn = new Set(Array.from({ length: 400 }, () => randomGraph(dice, 18, all).elements).flat().map(({ className }) => className));
    t.same(all.map(({ class: { name } }) => name).filter((name) => !drawn.has(name)), []);
    t.same(Object.keys(NOT_DRAWN).filter((name) => drawn.has(name)), []);
  });
}

function writeFrames(dice: Dice, folder: string, interfaces: readonly string[], { frames }: Kind): void {
  for (const each of interfaces) {
    const writer = new CaptureWriter(path.join(folder, `${each}.pcap`));
    for (let index = 0; index < frames; index += 1) writer.write(1_000_000_000_000n + BigInt(index) * 1_000_000n * BigInt(1 + dice.below(20)), randomFrame(dice));
    writer.close();
  }
}

/** The checked graph, or what is wrong with it. */
async function subjectOf(model: GraphModel, folder: string, name: string): Promise<Subject | string> {
  const file = path.join(folder, `${name}.${model.notation}`);
  writeFileSync(file, textOf(model));
  const { checked, diagnostics } = await tryLoadGraph(file);
  return checked === undefined ? diagnostics.map(formatDiagnostic).join('\n') : { kind: 'graph', file, plan: plan(checked) };
}

async function differs(model: GraphModel, way: Vmm, folder: string, kind: Kind): Promise<boolean> {
  const subject = await subjectOf(model, folder, 'smaller');
  if (typeof subject === 'string') return false;
  const [one, other] = [await meaning(subject, 'node', folder, model.interfaces, kind), await meaning(subject, way, folder, model.interfaces, kind)];
  return JSON.stringify(one) !== JSON.stringify(other);
}

/** All that a run gives, and must be equal. */
async function meaning(subject: Subject, vmm: Vmm, folder: string, interfaces: readonly string[], { seconds, processors = 1 }: Kind) {
  const out = (name: string) => path.join(folder, `${name}-${vmm}.pcap`);
  const ports = new Map<string, PortSpec>(interfaces.map((name) => [name, { kind: 'pcap', in: path.join(folder, `${name}.pcap`), out: out(name), speed: 'max' }]));
  const lines: string[] = [];
  const signal = AbortSignal.timeout(RUN_MS_MAX);
  const { elements, ports: figures, ended } = await run(subject, { vmm, ports, processors, untilIdle: true, seconds, signal, onLog: (line) => lines.push(line) });
  if (signal.aborted) throw new Error(`as ${vmm} it has not ended after ${RUN_MS_MAX / 1000} s`);
  return { frames: Object.fromEntries(interfaces.map((name) => [name, [...readCapture(out(name))].map(({ timestamp, bytes }) => `${timestamp} ${Buffer.from(bytes).toString('hex')}`)])), lines, elements, figures, ended };
}
