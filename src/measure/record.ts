/** A measurement with everything that it depends on: what is printed, plotted, kept and compared. */
import { appendFileSync, readFileSync } from 'node:fs';
import { failure } from '../diagnostics.js';
import type { Conditions } from './conditions.js';
import { csvText } from './csv.js';
import type { FrameSize } from './frame-size.js';
import { bitRates } from './frame-size.js';
import { meanOf, percentileOf, PERCENTILES, type Histogram } from './histogram.js';
import type { BackToBack, Latency, LossCurve, Pacing, Recovery, Reset, Soak, Throughput } from './methods.js';
import type { FullSpeed } from './full-speed.js';
import { median } from './statistics.js';

export const RECORD_FORMAT = 1;

export type Result = { readonly frame_size: FrameSize | 'captured'; readonly full_speed?: FullSpeed } & (Throughput | Latency | LossCurve | BackToBack | Soak | Reset | Recovery | Pacing | { readonly method: 'full-speed' });

export interface BenchRecord {
  readonly format: typeof RECORD_FORMAT;
  readonly subject: string;
  readonly conditions: Conditions;
  readonly settings: {
    readonly method: string;
    readonly trial_seconds: number;
    readonly from: string;
    /** What is sent, in words. */
    readonly traffic: string;
    /** Of the frames offered those that come out when the appliance is idle. */
    readonly forwarded: number;
    readonly ring_size: number | null;
    readonly batch_size: number;
    readonly generator: string;
    readonly maximum_pps: number;
  };
  readonly results: readonly Result[];
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

/** One figure a row: for tables and CSV. */
export interface Row {
  readonly frame_size: string;
  readonly what: string;
  readonly value: number | null;
  readonly unit: string;
  readonly note: string;
}

export function rowsOf(record: BenchRecord): Row[] {
  return record.results.flatMap((result) => {
    const frame_size = String(result.frame_size);
    const row = (what: string, value: number | null, unit: string, note = ''): Row => ({ frame_size, what, value, unit, note });
    const rows: Row[] = [];
    if (result.full_speed !== undefined) {
      rows.push(row('full speed', result.full_speed.mpps, 'Mpps', `${result.full_speed.ns_per_packet.toFixed(2)} ns/packet, the appliance sets the pace`));
    }
    switch (result.method) {
      case 'full-speed':
        break;
      case 'throughput':
        for (const { goal, lower, reason } of result.goals) rows.push(row(goal.name, lower === null ? null : lower / 1e6, 'Mpps', lower === null ? (reason ?? '') : rateNote(result.frame_size, lower, reason)));
        break;
      case 'latency':
        for (const { load, rate, latency } of result.loads) {
          if (latency === null) {
            rows.push(row(`latency, ${load}`, null, 'us', 'no time-stamped frame came back'));
            continue;
          }
          for (const percent of PERCENTILES) rows.push(row(`latency, ${load}, p${percent}`, percentileOf(latency, percent) / 1e3, 'us', percent === PERCENTILES[0] ? `at ${(rate / 1e6).toFixed(3)} Mpps, ${latency.count} frames, mean ${(meanOf(latency) / 1e3).toFixed(2)} us` : ''));
          rows.push(row(`latency, ${load}, max`, latency.max_ns / 1e3, 'us'));
        }
        break;
      case 'loss':
        for (const { rate, loss_ratio } of result.points) rows.push(row(`loss at ${(rate / 1e6).toFixed(3)} Mpps`, loss_ratio * 100, '%'));
        break;
      case 'back-to-back':
        rows.push(row('back-to-back burst', result.average, 'frames', `${result.minimum} to ${result.maximum} in ${result.bursts.length} repetitions`));
        break;
      case 'reset': {
        const { times_us: times, restarts, rate } = result;
        const at = `at ${(rate / 1e6).toFixed(3)} Mpps; a frame came out after ${times.length} of ${restarts} restarts`;
        rows.push(row('restart to first frame, median', times.length === 0 ? null : median(times), 'us', at));
        if (times.length > 0) rows.push(row('restart to first frame, max', Math.max(...times), 'us'));
        break;
      }
      case 'recovery': {
        const times = result.times_us.filter((time) => time !== null);
        const after = `after ${result.surge_seconds} s at ${(result.surge_rate / 1e6).toFixed(3)} Mpps, at ${(result.rate / 1e6).toFixed(3)} Mpps; ${times.length} of ${result.times_us.length} repetitions measured`;
        rows.push(row('recovery from overload, median', times.length === 0 ? null : median(times), 'us', after));
        if (times.length > 0) rows.push(row('recovery from overload, max', Math.max(...times), 'us'));
        break;
      }
      case 'pacing':
        for (const { rate, error_ppm, max_late_ns, loss_ratio } of result.rates) {
          rows.push(row(`pacing error at ${rate} frames a second`, error_ppm, 'ppm', max_late_ns === null ? 'not measured' : `a frame was ${(max_late_ns / 1e3).toFixed(1)} us late at most; lost ${(loss_ratio * 100).toFixed(3)} %`));
        }
        break;
      case 'soak':
        rows.push(row('lost in soak', result.lost, 'frames', `of ${result.offered} at ${(result.rate / 1e6).toFixed(3)} Mpps for ${result.seconds} s; ${result.lossy} of ${result.trials.length} trials with loss`));
        break;
    }
    return rows;
  });
}

function rateNote(size: FrameSize | 'captured', pps: number, reason: string | undefined): string {
  const notes = reason === undefined ? [] : [reason];
  if (size !== 'captured') {
    const { l1_gbps, l2_gbps } = bitRates(size, pps);
    notes.unshift(`${l1_gbps.toFixed(2)} Gb/s on the wire (layer 1), ${l2_gbps.toFixed(2)} Gb/s of frames`);
  }
  return notes.join('; ');
}

/** All rows with the names of the columns, as CSV. */
export const csvOf = (record: BenchRecord): string => csvText([['frame_size', 'what', 'value', 'unit', 'note'], ...rowsOf(record).map(({ frame_size, what, value, unit, note }) => [frame_size, what, value, unit, note])]);

/** Latencies as points of their distribution: microseconds, and the part of the frames that took at most that. */
export function distribution(histogram: Histogram): [number, number][] {
  let seen = 0;
  return histogram.buckets.map(([upper, count]) => {
    seen += count;
    return [upper / 1e3, seen / histogram.count];
  });
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
