/** Compiled graphs with packets in memory: one thread, no devices, the time of the core alone (bench/wl_bench.h). */
import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { lower } from '../compile/lower.js';
import { failure } from '../diagnostics.js';
import { loadGraph } from '../graph/load.js';
import { toolchain } from '../image/toolchain.js';
import { packageRoot } from '../package-root.js';
import { plan } from '../plan/plan.js';
import type { Frames } from './traffic/frames.js';

const run = promisify(execFile);

/** Packets of one sample: some tenths of a second. */
export const PACKETS_PER_SAMPLE = 10_000_000;

/** What C is told at compile time, by name. */
export type Settings = Readonly<Record<string, string | number>>;

/** Writes the C of a graph, with parameters set, whose host is the loop of bench/wl_bench.h, or another of that folder. */
export async function writeUnit(graph: string, file: string, set: Readonly<Record<string, string>> = {}, host = 'wl_bench.h'): Promise<string> {
  const { checked } = await loadGraph(graph, { set });
  writeFileSync(file, (await lower(plan(checked), { places: false })).source(host));
  return file;
}

/** Compiles a unit, or its counterpart by hand, for any x86-64, at a fixed place as images are. `options` go before the source, `libraries` behind. */
export async function compileUnit(source: string, program: string, settings: Settings, options: readonly string[] = [], libraries: readonly string[] = []): Promise<string> {
  const tool = await toolchain();
  const include = ['native/runtime', 'native/abi', 'bench', 'bench/reference'].flatMap((folder) => ['-I', path.join(packageRoot, folder)]);
  const defines = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
  await run(tool.command, ['-std=gnu11', '-O2', '-w', '-fno-strict-aliasing', '-fwrapv', '-march=x86-64', '-mtune=generic', '-fno-pic', '-fno-pie', '-no-pie', ...options, ...defines, ...include, '-o', program, source, ...libraries], { maxBuffer: 1 << 26 });
  return program;
}

export function writeFrames(frames: Frames, file: string): string {
  const handle = openSync(file, 'w');
  for (const piece of frames.pieces()) for (let at = 0; at < piece.length; ) at += writeSync(handle, piece, at);
  closeSync(handle);
  return file;
}

/** Runs a program of this kind with the frames as its input, to its end; what it prints goes to `output`, or is returned. */
export async function runUnit(program: string, words: readonly string[], frames: string, output: number | 'pipe' = 'pipe'): Promise<string> {
  const input = openSync(frames, 'r');
  try {
    const child = spawn(program, words, { stdio: [input, output, 'inherit'] });
    let text = '';
    child.stdout?.on('data', (piece: Buffer) => (text += piece.toString()));
    const status = await new Promise<number | string | null>((resolve, reject) => child.once('error', reject).once('close', (code, signal) => resolve(code ?? signal)));
    if (status !== 0) throw failure('WL4135', `the measuring program ${[program, ...words].join(' ')} ended with ${status}`, 'If nobody ended it, this is a defect of Wirelet.');
    return text;
  } finally {
    closeSync(input);
  }
}

export interface Sample {
  readonly packets: number;
  readonly sent: number;
  readonly ns: number;
  readonly cycles: number;
}

/** One sample: nanoseconds and cycles of each packet, packets measured, and how many of these were sent. */
export async function sampleOf(program: string, frames: string, packets = PACKETS_PER_SAMPLE): Promise<Sample> {
  const [count, cycles, ns, sent] = (await runUnit(program, [String(packets)], frames)).trim().split(' ').map(Number) as [number, number, number, number];
  return { packets: count, sent, ns: ns / count, cycles: cycles / count };
}
