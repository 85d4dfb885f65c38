/** Measures a compiled graph and its hand-written counterpart in memory, in turns, after both did the same. */
import { execFile, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { lower } from '#src/compile/lower.js';
import { loadGraph } from '#src/graph/load.js';
import { toolchain } from '#src/image/toolchain.js';
import { packageRoot } from '#src/package-root.js';
import { plan } from '#src/plan/plan.js';
import { median } from '#src/measure/statistics.js';
import type { Frames } from './frames.js';
import { listFile } from './lists.js';
import { peerFlags, peerSource } from './peers.js';
import type { Scenario } from './scenarios.js';

const run = promisify(execFile);

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

/** Packets of one sample: some tenths of a second. */
const PACKETS_PER_SAMPLE = 10_000_000;

export async function measureNative(scenario: Scenario, samples: number): Promise<NativeResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-bench-'));
  try {
    const programs = await buildPrograms(scenario, folder);
    const file = (mix: 'hot' | 'cold' | 'odd') => (scenario[mix] === undefined ? undefined : writeFrames(scenario[mix](), path.join(folder, mix)));
    const odd = file('odd');
    if (odd !== undefined) compare(scenario, programs, odd, folder);
    const hot = file('hot')!;
    compare(scenario, programs, hot, folder);
    const cold = file('cold');
    if (cold !== undefined) compare(scenario, programs, cold, folder);
    return { hot: measure(programs, hot, samples), ...(cold === undefined ? {} : { cold: measure(programs, cold, samples) }), ...(programs.reason === undefined ? {} : { reason: programs.reason }) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ours and theirs, each once to measure and once to write down what it sends. */
export interface Programs {
  readonly ours: string;
  readonly theirs: string;
  readonly oursChecked: string;
  readonly theirsChecked: string;
  /** The job with another's library, where that is installed. */
  readonly peer?: { readonly name: string; readonly program: string; readonly checked: string };
  readonly reason?: string;
}

/** `more`: what ours is told besides at compile time. */
export async function buildPrograms(scenario: Scenario, folder: string, more: Readonly<Record<string, number>> = {}): Promise<Programs> {
  const list = listFile(scenario.name);
  const { checked } = await loadGraph(path.join(packageRoot, `bench/scenarios/${scenario.name}.yaml`));
  const lowered = await lower(plan(checked), { places: false });
  writeFileSync(path.join(folder, 'unit.c'), lowered.source('wl_bench.h'));
  const settings = { ...scenario.settings, ...(list === undefined ? {} : { LIST: JSON.stringify(list) }) };
  const ours = path.join(folder, 'unit.c');
  const theirs = path.join(packageRoot, `bench/reference/${scenario.reference}.c`);
  const common = { WL_BENCH_COPY: Number(scenario.copy) };
  return {
    ours: await compile(ours, path.join(folder, 'ours'), { ...common, ...more, WL_BENCH_CHECK: 0 }),
    oursChecked: await compile(ours, path.join(folder, 'ours-checked'), { ...common, WL_BENCH_CHECK: 1 }),
    theirs: await compile(theirs, path.join(folder, 'theirs'), { ...common, ...settings, WL_BENCH_CHECK: 0 }),
    theirsChecked: await compile(theirs, path.join(folder, 'theirs-checked'), { ...common, ...settings, WL_BENCH_CHECK: 1 }),
    ...(await peerProgram(scenario, folder, { ...common, ...settings })),
  };
}

async function peerProgram(scenario: Scenario, folder: string, settings: Readonly<Record<string, string | number>>): Promise<Pick<Programs, 'peer' | 'reason'>> {
  const source = peerSource(scenario);
  if (source === undefined) return {};
  const flags = peerFlags();
  if ('reason' in flags) return { reason: flags.reason };
  const program = (name: string, check: number) => compile(source, path.join(folder, name), { ...settings, WL_BENCH_CHECK: check }, ['-I', path.join(packageRoot, 'bench/peers'), ...flags.compile], flags.link);
  return { peer: { name: scenario.peer!.name, program: await program('peer', 0), checked: await program('peer-checked', 1) } };
}

async function compile(source: string, program: string, settings: Readonly<Record<string, string | number>>, options: readonly string[] = [], libraries: readonly string[] = []): Promise<string> {
  const tool = await toolchain();
  const include = ['native/runtime', 'native/abi', 'bench', 'bench/reference'].flatMap((folder) => ['-I', path.join(packageRoot, folder)]);
  const defines = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
  await run(tool.command, ['-std=gnu11', '-O2', '-w', '-fno-strict-aliasing', '-fwrapv', '-march=x86-64', '-mtune=generic', ...options, ...defines, ...include, '-o', program, source, ...libraries], { maxBuffer: 1 << 26 });
  return program;
}

export function writeFrames(frames: Frames, file: string): string {
  const handle = openSync(file, 'w');
  for (const piece of frames.pieces()) for (let at = 0; at < piece.length; ) at += writeSync(handle, piece, at);
  closeSync(handle);
  return file;
}

/** All must send the same bytes by the same ports in the same order. */
function compare(scenario: Scenario, programs: Programs, frames: string, folder: string): void {
  const sent = (program: string, name: string) => {
    const file = path.join(folder, name);
    const handle = openSync(file, 'w');
    spawnProgram(program, [], frames, handle);
    closeSync(handle);
    return readFileSync(file);
  };
  const ours = sent(programs.oursChecked, 'ours.out');
  const others = [['reference', programs.theirsChecked], ...(programs.peer === undefined ? [] : [[programs.peer.name, programs.peer.checked]])] as [string, string][];
  for (const [name, program] of others) {
    const theirs = sent(program, `${name}.out`);
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

function spawnProgram(program: string, words: readonly string[], frames: string, output: number | 'pipe'): string {
  const input = openSync(frames, 'r');
  try {
    const { stdout, status, signal } = spawnSync(program, words, { stdio: [input, output, 'inherit'] });
    if (status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${status ?? signal}`);
    return stdout?.toString() ?? '';
  } finally {
    closeSync(input);
  }
}

interface Sample {
  readonly packets: number;
  readonly sent: number;
  readonly ns: number;
  readonly cycles: number;
}

/** One sample of a program that prints packets, cycles, nanoseconds and frames sent. */
export function sampleOf(program: string, frames: string, packets = PACKETS_PER_SAMPLE): Sample {
  const [count, cycles, ns, sent] = spawnProgram(program, [String(packets)], frames, 'pipe').trim().split(' ').map(Number) as [number, number, number, number];
  return { packets: count, sent, ns: ns / count, cycles: cycles / count };
}

function measure(programs: Programs, frames: string, samples: number): Comparison {
  const ours: Sample[] = [];
  const theirs: Sample[] = [];
  const peer: Sample[] = [];
  // In turns, so that what else the machine does meets both.
  for (let index = 0; index < samples; index += 1) {
    ours.push(sampleOf(programs.ours, frames));
    theirs.push(sampleOf(programs.theirs, frames));
    if (programs.peer !== undefined) peer.push(sampleOf(programs.peer.program, frames));
  }
  return {
    ns_per_packet: median(ours.map(({ ns }) => ns)),
    cycles_per_packet: median(ours.map(({ cycles }) => cycles)),
    samples: ours.map(({ ns }) => ns),
    reference_ns_per_packet: median(theirs.map(({ ns }) => ns)),
    reference_samples: theirs.map(({ ns }) => ns),
    peers: programs.peer === undefined ? {} : { [programs.peer.name]: median(peer.map(({ ns }) => ns)) },
  };
}
