/** Measurements of appliances: how fast they boot, and how many packets they pass. */
import os from 'node:os';
import path from 'node:path';
import type { LoadOptions } from '../graph/load.js';
import { packageRoot } from '../package-root.js';
import type { RunOutcome, Vmm } from './outcome.js';
import type { PortSpec } from './port-spec.js';
import { run } from './run.js';
import { interfaceNames, openSubject } from './subject.js';

export interface Conditions {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  readonly vmm: Vmm;
  readonly load_average: number;
}

export function conditions(vmm: Vmm): Conditions {
  return { cpu: os.cpus()[0]?.model ?? 'unknown', cores: os.cpus().length, kernel: os.release(), node: process.version, vmm, load_average: Number(os.loadavg()[0]!.toFixed(2)) };
}

const conditionsText = ({ cpu, cores, kernel, vmm }: Conditions, more: string) => `${cpu}, ${cores} cores, Linux ${kernel}, --vmm ${vmm}; ${more}`;

export function median(samples: readonly number[]): number {
  return percentile(samples, 50);
}

/** The sample at that place of the sorted list (nearest rank). */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? NaN;
}

export interface BootMeasurement {
  readonly graph?: string | undefined;
  readonly vmm?: Vmm | undefined;
  readonly runs: number;
  readonly load: LoadOptions;
  /** Capture whose frames are sent to the first interface; without it, generated ones. */
  readonly template?: string;
}

/** Frames of a start: not all of them need to pass. */
const FRAMES_PER_START = 64;

/** execve of the VMM to the first frame out: each run boots a fresh appliance, sends it frames until one comes out, and ends. */
export async function measureBoot({ graph = path.join(packageRoot, 'configs/wire.yaml'), vmm, runs, load, template }: BootMeasurement) {
  const { subject } = await openSubject(graph, load);
  const names = interfaceNames(subject);
  const ports = new Map<string, PortSpec>(names.map((name, index) => [name, index === 0 ? { kind: 'gen', size: 64, count: FRAMES_PER_START, rate: 'max', flows: 1, template } : { kind: 'null' }]));
  const parts = { first_frame_us: [] as number[], vmm_us: [] as number[], guest_us: [] as number[] };
  let chosen: RunOutcome | undefined;
  for (let index = 0; index < runs; index += 1) {
    const outcome = await run(subject, { vmm, ports, untilIdle: true, seconds: 10 });
    chosen ??= outcome;
    for (const [name, samples] of Object.entries(parts)) {
      const value = outcome.boot[name as keyof typeof parts];
      if (value !== null) samples.push(value);
    }
  }
  const where = conditions(chosen!.vmm);
  const rows = Object.entries(parts).map(([name, samples]) => [name, ...[percentile(samples, 50), percentile(samples, 99), Math.min(...samples), Math.max(...samples)].map((value) => value.toFixed(0))]);
  return {
    conditions_text: conditionsText(where, `${parts.first_frame_us.length} of ${runs} starts with a frame out; microseconds`),
    rows,
    document: {
      conditions: where,
      samples: parts.first_frame_us,
      median: median(parts.first_frame_us),
      p99: percentile(parts.first_frame_us, 99),
      unit: 'us',
      parts: Object.fromEntries(Object.entries(parts).map(([name, samples]) => [name, { median: median(samples), p99: percentile(samples, 99) }])),
    },
  };
}

export interface ThroughputMeasurement {
  readonly file: string;
  readonly vmm?: Vmm | undefined;
  readonly runs: number;
  readonly sizes: readonly number[];
  readonly load: LoadOptions;
  /** Frames of each run. */
  readonly count?: number;
  readonly flows?: number;
  /** Capture whose frames are sent. */
  readonly template?: string;
}

const FRAMES_PER_RUN = 10_000_000;
const SLOW_FRAMES_PER_RUN = 20_000;

/** Frames from a generator at the first interface; all others take what comes. */
export async function measureThroughput({ file, vmm, runs, sizes, load, count, flows = 64, template }: ThroughputMeasurement) {
  const { subject } = await openSubject(file, load);
  const names = interfaceNames(subject);
  const results = [];
  let chosen: Vmm = 'kvm';
  for (const size of sizes) {
    const samples: number[] = [];
    const cycles: number[] = [];
    for (let index = 0; index < runs; index += 1) {
      const frames = count ?? (vmm === 'node' ? SLOW_FRAMES_PER_RUN : FRAMES_PER_RUN);
      const ports = new Map<string, PortSpec>(names.map((name, port) => [name, port === 0 ? { kind: 'gen', size, count: frames, rate: 'max', flows, ...(template === undefined ? {} : { template }) } : { kind: 'null' }]));
      const outcome = await run(subject, { vmm, ports, untilIdle: true, seconds: 120, spin: true });
      chosen = outcome.vmm;
      const rate = outcome.rates?.[names[0]!];
      if (rate === undefined || rate === null || rate.elapsed_ns === 0) {
        samples.push((outcome.seconds * 1e9) / Math.max(1, outcome.ports[names[0]!]!.rx_packets));
        continue;
      }
      samples.push(rate.elapsed_ns / Math.max(1, outcome.ports[names[0]!]!.rx_packets));
      cycles.push(rate.cycles / Math.max(1, outcome.ports[names[0]!]!.rx_packets));
    }
    const ns = median(samples);
    results.push({ frame_size: size, mpps: 1e3 / ns, ns_per_packet: ns, cycles_per_packet: cycles.length > 0 ? median(cycles) : null, samples });
  }
  const where = conditions(chosen);
  return {
    conditions_text: conditionsText(where, `median of ${runs} runs, one generator and sink thread, one vCPU`),
    rows: results.map((result) => [String(result.frame_size), result.mpps.toFixed(3), result.ns_per_packet.toFixed(2), result.cycles_per_packet?.toFixed(1) ?? '-']),
    document: { conditions: where, samples: results.flatMap(({ samples }) => samples), median: results[0]!.ns_per_packet, unit: 'ns/packet', mpps: results[0]!.mpps, ns_per_packet: results[0]!.ns_per_packet, cycles_per_packet: results[0]!.cycles_per_packet, sizes: results },
  };
}

