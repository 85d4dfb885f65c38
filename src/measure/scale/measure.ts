/** `wirelet bench scale`: cost against size, point by point, so that what is done can be shown at any time. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { failure } from '../../diagnostics.js';
import { packageRoot } from '../../package-root.js';
import type { Vmm } from '../../run/outcome.js';
import { conditions, type Conditions } from '../conditions.js';
import { measureFullSpeed } from '../full-speed.js';
import { compileUnit, sampleOf, writeFrames, writeUnit } from '../in-memory.js';
import { median } from '../statistics.js';
import { timeLeft } from '../time-left.js';
import type { BuildGrowth, Growth, PacketGrowth, Step } from './growth.js';

export interface ScalePoint {
  readonly size: number;
  readonly samples: readonly number[];
  readonly median: number;
}

/** One line of a plot. */
export interface ScaleSeries {
  readonly name: string;
  readonly unit: 'ns/packet' | 's' | 'bytes';
  readonly points: readonly ScalePoint[];
}

export interface ScaleResult {
  readonly name: string;
  readonly title: string;
  /** What is counted by `size`. */
  readonly of: string;
  readonly series: readonly ScaleSeries[];
  /** Sizes that were left out, each with its reason. */
  readonly skipped: readonly { readonly size: number; readonly reason: string }[];
}

export interface ScaleRecord {
  readonly conditions: Conditions;
  readonly results: readonly ScaleResult[];
  readonly partial?: true;
  /** There is no single figure. */
  readonly samples: readonly number[];
  readonly median: null;
  readonly unit: 'ns/packet';
}

export interface ScaleOptions {
  readonly growths: readonly Growth[];
  /** Samples of each point. */
  readonly runs: number;
  /** Sizes above are left out. */
  readonly most: number;
  readonly vmm: Vmm;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** A build that takes longer is left out, with all larger ones: seconds. */
const BUILD_SECONDS_MAX = 600;
const FRAMES_THROUGH_RINGS = 2_000_000;
/** Tables of a million entries take longer to fill than to measure. */
const PACKETS = 5_000_000;

export async function measureScale(options: ScaleOptions): Promise<ScaleRecord> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-scale-'));
  const results: ScaleResult[] = [];
  const began = performance.now();
  const all = options.growths.flatMap((growth) => growth.sizes.filter((size) => size <= options.most).map((size) => ({ growth, size })));
  let done = 0;
  try {
    for (const growth of options.growths) {
      const lines = new Map<string, { unit: ScaleSeries['unit']; points: ScalePoint[] }>();
      const skipped: { size: number; reason: string }[] = [];
      const put = (name: string, unit: ScaleSeries['unit'], size: number, samples: readonly number[]) => {
        const line = lines.get(name) ?? { unit, points: [] };
        lines.set(name, line);
        line.points.push({ size, samples, median: median(samples) });
      };
      try {
        for (const { size } of all.filter((each) => each.growth === growth)) {
          options.onProgress(`${growth.name}, ${size} ${growth.unit} (${done + 1} of ${all.length}${timeLeft(began, done, all.length)}) ...`);
          const here = path.join(folder, `${growth.name}-${size}`);
          mkdirSync(here);
          if (skipped.length === 0) await (growth.kind === 'packets' ? measurePackets(growth, size, here, options, put) : measureBuild(growth, size, here, options, put, (reason) => skipped.push({ size, reason })));
          else skipped.push({ size, reason: 'the size before was too much' });
          rmSync(here, { recursive: true });
          done += 1;
        }
      } finally {
        if (lines.size > 0 || skipped.length > 0) results.push({ name: growth.name, title: growth.title, of: growth.unit, series: [...lines].map(([name, { unit, points }]) => ({ name, unit, points })), skipped });
      }
    }
  } catch (error) {
    if (!options.signal.aborted) throw error;
    if (results.length === 0) throw failure('WL4133', 'the measurement was interrupted before its first result');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { conditions: conditions(options.vmm), results, ...(options.signal.aborted ? { partial: true as const } : {}), samples: [], median: null, unit: 'ns/packet' };
}

type Put = (name: string, unit: ScaleSeries['unit'], size: number, samples: readonly number[]) => void;

async function measurePackets(growth: PacketGrowth, size: number, folder: string, { runs, vmm, signal }: ScaleOptions, put: Put): Promise<void> {
  for (const step of growth.steps(size)) {
    const file = writeGraph(step, folder);
    const program = await compileUnit(await writeUnit(file, path.join(folder, 'unit.c')), path.join(folder, 'unit'), { WL_BENCH_COPY: 1, WL_BENCH_CHECK: 0, WL_BENCH_FRAME_BYTES: step.frameBytes ?? 64 });
    for (const [name, make] of Object.entries(step.mixes)) {
      const frames = writeFrames(make(), path.join(folder, 'frames'));
      const samples: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        signal.throwIfAborted();
        samples.push((await sampleOf(program, frames, PACKETS)).ns);
      }
      put(name, 'ns/packet', size, samples);
    }
    if (growth.rings === true) {
      signal.throwIfAborted();
      const { samples } = await measureFullSpeed({ file, load: {}, vmm, runs, count: FRAMES_THROUGH_RINGS, traffic: { size: step.frameBytes ?? 64, flows: 64 }, signal });
      put(`through rings, --vmm ${vmm}`, 'ns/packet', size, samples);
    }
  }
}

function writeGraph({ graph, files = {} }: Step, folder: string): string {
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const file = path.join(folder, 'graph.yaml');
  writeFileSync(file, graph);
  return file;
}

/** As a person builds: the program from its start, nothing in the cache. */
async function measureBuild(growth: BuildGrowth, size: number, folder: string, { signal, runs }: ScaleOptions, put: Put, skip: (reason: string) => void): Promise<void> {
  const file = path.join(folder, 'graph.yaml');
  writeFileSync(file, growth.graph(size));
  const seconds: number[] = [];
  let bytes = 0;
  // Once is enough where it takes long.
  for (let run = 0; run < runs && (run === 0 || seconds[0]! * runs < BUILD_SECONDS_MAX / 10); run += 1) {
    signal.throwIfAborted();
    const begin = performance.now();
    const child = spawn(process.execPath, [path.join(packageRoot, 'src/cli/wirelet.cjs'), 'build', file, '-o', path.join(folder, 'image'), '--json'], { env: { ...process.env, WIRELET_CACHE: mkdtempSync(path.join(folder, 'cache-')) }, stdio: ['ignore', 'pipe', 'pipe'], timeout: BUILD_SECONDS_MAX * 1000, signal });
    let out = '', errors = '';
    child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (errors += piece.toString()));
    const status = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    signal.throwIfAborted();
    if (status !== 0) return skip(status === null ? `the build takes more than ${BUILD_SECONDS_MAX} s` : (/error: .*/.exec(errors)?.[0] ?? `the build ended with ${status}`));
    seconds.push((performance.now() - begin) / 1000);
    bytes = (JSON.parse(out) as { bytes: number }).bytes;
  }
  put('build time', 's', size, seconds);
  put('image', 'bytes', size, [bytes]);
}
