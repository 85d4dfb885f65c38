/** Measures a compiled graph and its hand-written counterpart in memory, in turns, after both did the same. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';
import { compileUnit, runUnit, sampleOf, writeFrames, writeUnit, type Sample } from '#src/measure/in-memory.js';
import { median } from '#src/measure/statistics.js';
import { listFile } from './lists.js';
import { peerFlags, peerSource, type PeerFlags } from './peers.js';
import { SCENARIOS, type Scenario } from './scenarios.js';

/** One mix of traffic: ours and theirs. */
export interface Comparison {
  readonly ns_per_packet: number;
  readonly cycles_per_packet: number;
  readonly samples: readonly number[];
  readonly reference_ns_per_packet: number;
  readonly reference_samples: readonly number[];
  readonly peers: Readonly<Record<string, number | null>>;
}

export interface NativeResult {
  readonly hot: Comparison;
  readonly cold?: Comparison;
  /** Why a peer was not measured. */
  readonly reason?: string;
}

export async function measureNative(scenario: Scenario, samples: number): Promise<NativeResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-bench-'));
  try {
    const programs = await buildPrograms(scenario, folder);
    const { hot, cold } = await compareMixes(scenario, programs, folder);
    const { each } = scenario;
    const bare = each && (await buildPrograms(SCENARIOS.find(({ name }) => name === each.without)!, mkdtempSync(path.join(folder, 'without-'))));
    const beyond = each && bare && { count: each.count, programs: bare };
    return { hot: await measure(programs, hot, samples, beyond), ...(cold === undefined ? {} : { cold: await measure(programs, cold, samples, beyond) }), ...(programs.reason === undefined ? {} : { reason: programs.reason }) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Throws what differs first where the graph and its counterparts do not send the same; the files of traffic. */
export async function compareMixes(scenario: Scenario, programs: Programs, folder: string): Promise<{ readonly hot: string; readonly cold?: string }> {
  const files: Partial<Record<'odd' | 'hot' | 'cold', string>> = {};
  for (const mix of ['odd', 'hot', 'cold'] as const) {
    if (scenario[mix] === undefined) continue;
    files[mix] = writeFrames(scenario[mix](), path.join(folder, mix));
    await compare(scenario, programs, files[mix], folder);
  }
  return { hot: files.hot!, cold: files.cold };
}

/** Compiles a program, once, when it is first asked for; its file. */
export type Program = () => Promise<string>;

/** Ours and theirs, each once to measure and once to write down what it sends. */
export interface Programs {
  readonly ours: Program;
  readonly theirs: Program;
  readonly oursChecked: Program;
  readonly theirsChecked: Program;
  /** The job by hand in another way, and with another's library, where that is installed. */
  readonly others: readonly Other[];
  readonly reason?: string;
}

interface Other {
  readonly name: string;
  readonly program: Program;
  readonly checked: Program;
}

/** `more`: what ours is told besides at compile time. */
export async function buildPrograms(scenario: Scenario, folder: string, more: Readonly<Record<string, number>> = {}): Promise<Programs> {
  const list = listFile(scenario.name);
  const settings = { ...scenario.settings, ...(list === undefined ? {} : { LIST: JSON.stringify(list) }) };
  const ours = await writeUnit(path.join(packageRoot, `bench/scenarios/${scenario.name}.yaml`), path.join(folder, 'unit.c'));
  const theirs = handWritten(scenario.reference);
  const common = { WL_BENCH_COPY: Number(scenario.copy) };
  return {
    ours: compiled(ours, path.join(folder, 'ours'), { ...common, ...more, WL_BENCH_CHECK: 0 }),
    oursChecked: compiled(ours, path.join(folder, 'ours-checked'), { ...common, WL_BENCH_CHECK: 1 }),
    theirs: compiled(theirs, path.join(folder, 'theirs'), { ...common, ...settings, WL_BENCH_CHECK: 0 }),
    theirsChecked: compiled(theirs, path.join(folder, 'theirs-checked'), { ...common, ...settings, WL_BENCH_CHECK: 1 }),
    ...otherPrograms(scenario, folder, { ...common, ...settings }),
  };
}

function compiled(...line: Parameters<typeof compileUnit>): Program {
  let made: Promise<string> | undefined;
  return () => (made ??= compileUnit(...line));
}

const handWritten = (reference: string) => path.join(packageRoot, `bench/reference/${reference}.c`);

function otherPrograms(scenario: Scenario, folder: string, settings: Readonly<Record<string, string | number>>): Pick<Programs, 'others' | 'reason'> {
  const other = (name: string, file: string, source: string, flags: PeerFlags = { compile: [], link: [] }): Other => {
    const program = (to: string, check: number) => compiled(source, path.join(folder, to), { ...settings, WL_BENCH_CHECK: check }, flags.compile, flags.link);
    return { name, program: program(file, 0), checked: program(`${file}-checked`, 1) };
  };
  const { besides, peer } = scenario;
  const others = besides === undefined ? [] : [other(besides.name, 'besides', handWritten(besides.reference))];
  const source = peerSource(scenario);
  if (source === undefined) return { others };
  const flags = peerFlags();
  if ('reason' in flags) return { others, reason: flags.reason };
  const library = other(peer!.name, 'peer', source, { compile: ['-I', path.join(packageRoot, 'bench/peers'), ...flags.compile], link: flags.link });
  return { others: [...others, library] };
}

/** All must send the same bytes by the same ports in the same order. */
async function compare(scenario: Scenario, programs: Programs, frames: string, folder: string): Promise<void> {
  const sent = async (program: Program, name: string) => {
    const file = path.join(folder, name);
    const handle = openSync(file, 'w');
    await runUnit(await program(), [], frames, handle);
    closeSync(handle);
    return readFileSync(file);
  };
  const ours = await sent(programs.oursChecked, 'ours.out');
  for (const { name, checked } of [{ name: 'reference', checked: programs.theirsChecked }, ...programs.others]) {
    const theirs = await sent(checked, `${name}.out`);
    if (!ours.equals(theirs)) throw new Error(`${scenario.name}, ${path.basename(frames)}: ${firstDifference(ours, name, theirs)}`);
  }
}

function firstDifference(ours: Buffer, name: string, theirs: Buffer): string {
  let at = 0;
  let frame = 0;
  const length = (from: Buffer) => (at + 4 <= from.length ? 4 + from.readUInt16LE(at) : 0);
  while (length(ours) > 0 && ours.subarray(at, at + length(ours)).equals(theirs.subarray(at, at + length(theirs)))) {
    at += length(ours);
    frame += 1;
  }
  const shown = (from: Buffer) => (length(from) === 0 ? 'nothing more' : `by port ${from.readUInt16LE(at + 2)}: ${from.subarray(at + 4, at + length(from)).toString('hex')}`);
  return `the frames sent differ from number ${frame} on:\n  the graph  ${shown(ours)}\n  ${name}  ${shown(theirs)}`;
}

/** `beyond`: programs without what is measured, of which there are so many. */
async function measure(programs: Programs, frames: string, samples: number, beyond?: { count: number; programs: Programs }): Promise<Comparison> {
  const ours: Pick<Sample, 'ns' | 'cycles'>[] = [];
  const theirs: Pick<Sample, 'ns' | 'cycles'>[] = [];
  const others = programs.others.map(() => [] as number[]);
  const sampleBeyond = async (program: Program, without: Program | undefined): Promise<Pick<Sample, 'ns' | 'cycles'>> => {
    const whole = await sampleOf(await program(), frames);
    if (beyond === undefined || without === undefined) return whole;
    const rest = await sampleOf(await without(), frames);
    return { ns: (whole.ns - rest.ns) / beyond.count, cycles: (whole.cycles - rest.cycles) / beyond.count };
  };
  // In turns, so that what else the machine does meets both.
  for (let index = 0; index < samples; index += 1) {
    ours.push(await sampleBeyond(programs.ours, beyond?.programs.ours));
    theirs.push(await sampleBeyond(programs.theirs, beyond?.programs.theirs));
    for (const [number, { program }] of programs.others.entries()) others[number]!.push((await sampleOf(await program(), frames)).ns);
  }
  return {
    ns_per_packet: median(ours.map(({ ns }) => ns)),
    cycles_per_packet: median(ours.map(({ cycles }) => cycles)),
    samples: ours.map(({ ns }) => ns),
    reference_ns_per_packet: median(theirs.map(({ ns }) => ns)),
    reference_samples: theirs.map(({ ns }) => ns),
    peers: Object.fromEntries(programs.others.map(({ name }, number) => [name, median(others[number]!)])),
  };
}
