/** A measurement with everything that it depends on: what is printed, plotted, kept and compared. */
import { appendFileSync, readFileSync } from 'node:fs';
import { failure } from '../diagnostics.js';
import type { Conditions } from './conditions.js';
import { meanBytes, type FrameSize } from './frame-size.js';
import type { BackToBack, Latency, LossCurve, Pacing, Recovery, Reset, Soak, Throughput } from './methods.js';
import type { FullSpeed } from './full-speed.js';
import type { Row } from './row.js';
import type { Trial } from './trial.js';

export const RECORD_FORMAT = 1;

export type Result = {
  readonly frame_size: FrameSize | 'captured';
  /** Mean bytes of the frames that were sent, their check sequence included. */
  readonly frame_bytes?: number;
  readonly full_speed?: FullSpeed;
} & (Throughput | Latency | LossCurve | BackToBack | Soak | Reset | Recovery | Pacing | { readonly method: 'full-speed' });

/** What was asked for, and what frames were made and carried by. */
export interface Settings {
  readonly method: string;
  /** How rates are searched, where they are. */
  readonly search?: 'mlr' | 'binary';
  /** Repetitions of what is repeated. */
  readonly runs?: number;
  readonly trial_seconds: number;
  readonly from: string;
  /** What is sent, in words. */
  readonly traffic: string;
  /** Of the frames offered those that come out when the appliance is idle. */
  readonly forwarded: number;
  /** Bytes of the check sequence, which frame sizes include, and of what is between frames, which layer 1 counts, too. */
  readonly fcs_bytes?: number;
  readonly gap_bytes?: number;
  readonly ring_size: number | null;
  readonly batch_size: number;
  readonly generator: string;
  readonly maximum_pps: number;
}

export interface BenchRecord {
  readonly format: typeof RECORD_FORMAT;
  readonly subject: string;
  readonly conditions: Conditions;
  readonly settings: Settings;
  readonly results: readonly Result[];
  /** The figures of all results, one by one, as tables have them. */
  readonly figures?: readonly Row[];
  /** Set when the measurement was interrupted: what is there is whole, but not all. */
  readonly partial?: true;
  /** Nanoseconds a packet of the full-speed runs at the first size: what is compared. */
  readonly samples: readonly number[];
  readonly median: number | null;
  readonly unit: 'ns/packet';
  readonly mpps: number | null;
  readonly ns_per_packet: number | null;
  readonly cycles_per_packet: number | null;
}

/** Mean bytes of a result's frames; null where a capture was sent and nobody counted. */
export function frameBytesOf({ frame_size, frame_bytes }: Pick<Result, 'frame_size' | 'frame_bytes'>): number | null {
  return frame_bytes ?? (frame_size === 'captured' ? null : meanBytes(frame_size));
}

export const trialsOf = (result: Result): readonly Trial[] => (result.method === 'full-speed' ? [] : result.trials);

/** Figures that are repeated, besides trials: every single one of them. */
export interface Samples {
  readonly what: string;
  readonly unit: string;
  readonly values: readonly (number | null)[];
}

export function samplesOf(result: Result): Samples[] {
  const samples: Samples[] = [];
  if (result.full_speed !== undefined) samples.push({ what: 'full speed', unit: 'ns/packet', values: result.full_speed.samples });
  if (result.method === 'reset') samples.push({ what: 'restart to first frame', unit: 'us', values: result.times_us });
  if (result.method === 'recovery') samples.push({ what: 'recovery from overload', unit: 'us', values: result.times_us });
  if (result.method === 'back-to-back') samples.push({ what: 'back-to-back burst', unit: 'frames', values: result.bursts });
  return samples;
}

/** Adds a record to a file of them, one a line; nothing that is there is ever changed. */
export function appendRecord(file: string, record: object): void {
  appendFileSync(file, `${JSON.stringify(record)}\n`);
}

/** Reads a record that `--json` or `--history` wrote; of several the last. Fails with WL4132. */
export function readRecord(file: string): BenchRecord {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw failure('WL4132', `record ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  for (const part of [text, text.trim().split('\n').at(-1)!]) {
    try {
      const record = JSON.parse(part) as Partial<BenchRecord>;
      if (record.format === RECORD_FORMAT && Array.isArray(record.samples) && record.conditions !== undefined) return record as BenchRecord;
    } catch {
      // Perhaps one record a line.
    }
  }
  throw failure('WL4132', `${file} is no record of a measurement`, 'Make one with: wirelet bench GRAPH --json > FILE, or --history FILE');
}
