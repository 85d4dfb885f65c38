/** One virtio crossing with both sides on one core, and how long a cache line takes between two. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { toolchain } from '#src/image/toolchain.js';
import { median } from '#src/measure/statistics.js';
import { packageRoot } from '#src/package-root.js';
import { crossingTimes } from './peers/testpmd.js';
import type { Row } from './record.js';

const run = promisify(execFile);
const CROSSINGS_PER_SAMPLE = 20_000_000;
const IN_ORDER = 1n << 35n;
/** At a fixed place, as images are. */
const FIXED_PLACE = ['-fno-pic', '-fno-pie', '-no-pie'];

/** What driver and device may agree on: features of virtio, bare frames. The first is what they agree on by themselves. */
const AGREEMENTS: Readonly<Record<string, readonly [features: bigint, bare: 0 | 1]>> = {
  'in order, bare': [IN_ORDER, 1],
  'in order': [IN_ORDER, 0],
  'any order': [0n, 0],
};

export const CROSSING = 'virtio-crossing';

/** Ways to hand buffers over, in the order of bench/crossing/ring_layouts.c. */
const LAYOUTS = ['split', 'split in order', 'packed in order'];
const FRAMES_PER_LAYOUT = { 1: 10_000_000, 2: 3_000_000 };

/** Nanoseconds a crossing by hand with each layout of rings, on one core and between two. */
export async function layoutTimes(samples: number): Promise<Record<string, number>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-rings-'));
  try {
    const program = await compileC(path.join(packageRoot, 'bench/crossing/ring_layouts.c'), path.join(folder, 'rings'), ['-pthread']);
    const times: Record<string, number[]> = {};
    for (let index = 0; index < samples; index += 1) {
      for (const cores of availableParallelism() > 1 ? ([1, 2] as const) : ([1] as const)) {
        LAYOUTS.forEach((name, layout) => {
          const ns = Number(execFileSync(program, [String(layout), String(FRAMES_PER_LAYOUT[cores]), String(cores)], { encoding: 'utf8', timeout: 60_000 }));
          (times[`${name} by hand, ${cores === 1 ? 'one core' : 'two cores'}`] ??= []).push(ns);
        });
      }
    }
    return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function measureCrossing(samples: number): Promise<Row> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-crossing-'));
  try {
    const ours = await crossingProgram(folder);
    const theirs = await compileC(path.join(packageRoot, 'bench/reference/virtio-crossing.c'), path.join(folder, 'theirs'));
    const times: Record<string, number[]> = Object.fromEntries(Object.keys(AGREEMENTS).map((name) => [name, []]));
    const reference: number[] = [];
    const cycles: number[] = [];
    const [standard] = Object.keys(AGREEMENTS) as [string];
    for (let index = 0; index < samples; index += 1) {
      for (const [name, [features, bare]] of Object.entries(AGREEMENTS)) {
        const sample = sampleOf(ours, [features.toString(16), String(bare)]);
        times[name]!.push(sample.ns);
        if (name === standard) cycles.push(sample.cycles);
      }
      reference.push(sampleOf(theirs, []).ns);
    }
    const layouts = await layoutTimes(Math.min(samples, 3));
    const peers = await crossingTimes();
    const others = Object.entries(times).filter(([name]) => name !== standard).map(([name, values]) => [name, median(values)] as const);
    return {
      name: CROSSING,
      engine: 'native',
      frame_size: 64,
      ns_per_packet: median(times[standard]!),
      cycles_per_packet: median(cycles),
      samples: times[standard]!,
      reference_ns_per_packet: median(reference),
      reference_samples: reference,
      peers: { ...Object.fromEntries(others), ...layouts, ...peers.times },
      ...(peers.reason === undefined ? {} : { reason: peers.reason }),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Nanoseconds that a cache line takes from one processor to another, now; undefined where there is only one. */
export async function coreToCore(): Promise<number | undefined> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-cores-'));
  try {
    const program = await compileC(path.join(packageRoot, 'bench/crossing/core_to_core.c'), path.join(folder, 'cores'), ['-pthread']);
    return Number(execFileSync(program, { encoding: 'utf8', timeout: 60_000 }));
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The runtime's driver in C and the ports' device in C++, each compiled by itself, as they are where they meet. */
export async function crossingProgram(folder: string): Promise<string> {
  const at = (file: string) => path.join(packageRoot, file);
  const driver = path.join(folder, 'driver.o');
  await compileC(at('bench/crossing/wl_crossing_driver.c'), driver, ['-c']);
  const program = path.join(folder, 'ours');
  const include = ['native/vswitch', 'native/tender', 'native/abi'].flatMap((name) => ['-I', at(name)]);
  await run('c++', ['-std=c++20', '-O2', '-fno-exceptions', '-fno-rtti', '-fno-strict-aliasing', '-D_GNU_SOURCE', '-no-pie', ...include, '-o', program, at('bench/crossing/wl_crossing_bench.cpp'), at('native/tender/wl_guest_memory.cpp'), driver]);
  return program;
}

async function compileC(source: string, to: string, options: readonly string[] = []): Promise<string> {
  const tool = await toolchain();
  const include = ['native/runtime', 'native/addon', 'native/abi'].flatMap((folder) => ['-I', path.join(packageRoot, folder)]);
  await run(tool.command, ['-std=gnu11', '-O2', '-w', '-fno-strict-aliasing', '-fwrapv', '-march=x86-64', '-mtune=generic', ...FIXED_PLACE, ...include, ...options, '-o', to, source]);
  return to;
}

function sampleOf(program: string, words: readonly string[]): { readonly ns: number; readonly cycles: number } {
  const [count, cycles, ns] = execFileSync(program, [String(CROSSINGS_PER_SAMPLE / 2), ...words], { encoding: 'utf8' }).trim().split(' ').map(Number) as [number, number, number, number];
  return { ns: ns / count, cycles: cycles / count };
}
