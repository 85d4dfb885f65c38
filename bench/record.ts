/** What one run of the bench gave, and the history of them. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Conditions } from '#src/measure/conditions.js';
import { packageRoot } from '#src/package-root.js';
import type { Measurement } from './goals/goal.js';

export interface Row {
  readonly name: string;
  readonly engine: 'native' | 'vm';
  readonly frame_size: number;
  readonly ns_per_packet: number | null;
  readonly cycles_per_packet: number | null;
  readonly samples: readonly number[];
  readonly reference_ns_per_packet: number | null;
  readonly reference_samples?: readonly number[];
  /** The same for traffic that misses the caches, where the job keeps something. */
  readonly cold_ns_per_packet?: number;
  readonly cold_cycles_per_packet?: number;
  readonly cold_samples?: readonly number[];
  readonly cold_reference_ns_per_packet?: number;
  readonly cold_peers?: Readonly<Record<string, number | null>>;
  readonly peers: Readonly<Record<string, number | null>>;
  /** What a cache line takes between two processors, before and after, where two take part. */
  readonly core_to_core_ns?: readonly [number, number];
  /** Why something is null, or a peer was left out. */
  readonly reason?: string;
  /** Why a peer's figure is null, by its name. */
  readonly peer_reasons?: Readonly<Record<string, string>>;
}

/** What was measured for a goal (bench/goals.ts). */
export interface Figure extends Measurement {
  readonly unit: string;
}

export interface BenchRun {
  readonly conditions: Conditions;
  readonly scenarios: readonly Row[];
  readonly figures: readonly Figure[];
}

const HISTORY = path.join(packageRoot, 'bench/history.ndjson');

/** Adds a run to the history; what is there is never changed. */
export function appendRun(run: BenchRun): void {
  appendFileSync(HISTORY, `${JSON.stringify(run)}\n`);
}

/** All runs that were kept, the oldest first. */
export function history(): BenchRun[] {
  if (!existsSync(HISTORY)) return [];
  return readFileSync(HISTORY, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as BenchRun);
}

/** A figure as people read it, with its unit. */
export function figureText({ value, unit }: Pick<Figure, 'value' | 'unit'>): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.1 ? 2 : 3;
  return `${value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`.trim();
}
