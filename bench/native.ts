/** Measures a compiled graph and its hand-written counterpart in memory, in turns. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { lower } from '#src/compile/lower.js';
import { loadGraph } from '#src/graph/load.js';
import { toolchain } from '#src/image/toolchain.js';
import { packageRoot } from '#src/package-root.js';
import { plan } from '#src/plan/plan.js';
import { median } from '#src/measure/statistics.js';
import type { Scenario } from './scenarios.js';

const run = promisify(execFile);

export interface NativeResult {
  readonly ns_per_packet: number;
  readonly cycles_per_packet: number;
  readonly samples: readonly number[];
  readonly reference_ns_per_packet: number;
  readonly reference_samples: readonly number[];
}

/** Packets of one sample: some tenths of a second. */
const PACKETS_PER_SAMPLE = 20_000_000;

export async function measureNative(scenario: Scenario, samples: number): Promise<NativeResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-bench-'));
  try {
    const { checked } = await loadGraph(path.join(packageRoot, `bench/scenarios/${scenario.name}.yaml`));
    const lowered = await lower(plan(checked), { places: false });
    writeFileSync(path.join(folder, 'unit.c'), lowered.source('wl_bench.h'));
    const ours = await compile(path.join(folder, 'unit.c'), path.join(folder, 'ours'), scenario.copy);
    const theirs = await compile(path.join(packageRoot, `bench/reference/${scenario.name}.c`), path.join(folder, 'theirs'), scenario.copy);
    const frames = scenario.frames();
    const input = Buffer.concat(frames.map((frame) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(frame.length);
      return Buffer.concat([length, frame]);
    }));
    const rounds = Math.ceil(PACKETS_PER_SAMPLE / frames.length);
    const results = { ours: [] as Sample[], theirs: [] as Sample[] };
    // In turns, so that what else the machine does meets both.
    for (let index = 0; index < samples; index += 1) {
      results.ours.push(sample(ours, rounds, input));
      results.theirs.push(sample(theirs, rounds, input));
    }
    const sent = (list: readonly Sample[]) => list[0]!.sent / list[0]!.packets;
    if (Math.abs(sent(results.ours) - sent(results.theirs)) > 1e-9) throw new Error(`${scenario.name}: the graph sends ${sent(results.ours)} of its packets, the reference ${sent(results.theirs)}`);
    return {
      ns_per_packet: median(results.ours.map(({ ns }) => ns)),
      cycles_per_packet: median(results.ours.map(({ cycles }) => cycles)),
      samples: results.ours.map(({ ns }) => ns),
      reference_ns_per_packet: median(results.theirs.map(({ ns }) => ns)),
      reference_samples: results.theirs.map(({ ns }) => ns),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compile(source: string, program: string, copy: boolean): Promise<string> {
  const tool = await toolchain();
  const include = ['native/runtime', 'native/abi', 'bench', 'bench/reference'].flatMap((folder) => ['-I', path.join(packageRoot, folder)]);
  await run(tool.command, ['-std=gnu11', '-O2', '-w', '-fno-strict-aliasing', '-fwrapv', '-march=x86-64', '-mtune=generic', `-DWL_BENCH_COPY=${Number(copy)}`, ...include, '-o', program, source]);
  return program;
}

interface Sample {
  readonly packets: number;
  readonly sent: number;
  readonly ns: number;
  readonly cycles: number;
}

function sample(program: string, rounds: number, input: Buffer): Sample {
  const { stdout, status } = spawnSync(program, [String(rounds)], { input });
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
  const [packets, cycles, ns, sent] = stdout.toString().trim().split(' ').map(Number) as [number, number, number, number];
  return { packets, sent, ns: ns / packets, cycles: cycles / packets };
}
