/** The figures of a record one by one, in words and with their units: for tables, CSV, and whoever reads JSON. */
import { bitRates } from './frame-size.js';
import { meanOf, percentileOf, PERCENTILES, type Histogram } from './histogram.js';
import type { Latency, Recovery, Reset } from './methods.js';
import { frameBytesOf, trialsOf, type BenchRecord, type Result } from './record.js';
import type { Row } from './row.js';
import { median } from './statistics.js';
import { latenessText, sumTrials } from './trial-sums.js';

type MakeRow = (what: string, value: number | null, unit: string, more?: { readonly pps?: number | undefined; readonly note?: string }) => Row;

export function rowsOf({ results }: Pick<BenchRecord, 'results'>): Row[] {
  return results.flatMap((result) => {
    const bytes = frameBytesOf(result);
    const row: MakeRow = (what, value, unit, { pps, note = '' } = {}) => {
      const rates = pps === undefined || bytes === null ? { l1_gbps: null, l2_gbps: null } : bitRates(bytes, pps);
      return { frame_size: String(result.frame_size), what, value, unit, ...rates, note };
    };
    const { full_speed: speed } = result;
    const rows = speed === undefined ? [] : [row('full speed', speed.mpps, 'Mpps', { pps: speed.mpps * 1e6, note: `${speed.ns_per_packet.toFixed(2)} ns/packet${speed.cycles_per_packet === null ? '' : `, ${speed.cycles_per_packet.toFixed(1)} cycles`}, the appliance sets the pace${betweenText(speed.core_to_core_ns)}` })];
    return [...rows, ...rowsOfMethod(result, row)];
  });
}

function rowsOfMethod(result: Result, row: MakeRow): Row[] {
  switch (result.method) {
    case 'full-speed':
      return [];
    case 'throughput':
      return result.goals.map(({ goal, lower, reason = '' }) => row(goal.name, lower === null ? null : lower / 1e6, 'Mpps', { pps: lower ?? undefined, note: reason }));
    case 'latency':
      return rowsOfLatency(result, row);
    case 'loss':
      return result.points.map(({ rate, loss_ratio }) => row(`loss at ${millions(rate)} Mpps`, loss_ratio * 100, '%', { pps: rate }));
    case 'back-to-back':
      return [row('back-to-back burst', result.average, 'frames', { note: `${result.minimum} to ${result.maximum} in ${result.bursts.length} repetitions` })];
    case 'reset':
      return rowsOfReset(result, row);
    case 'recovery':
      return rowsOfRecovery(result, row);
    case 'pacing':
      return result.rates.map(({ rate, error_ppm, max_late_ns, loss_ratio }) =>
        row(`pacing error at ${rate} frames a second`, error_ppm, 'ppm', { pps: rate, note: max_late_ns === null ? 'not measured' : `a frame was ${(max_late_ns / 1e3).toFixed(1)} us late at most; lost ${(loss_ratio * 100).toFixed(3)} %` }));
    case 'soak': {
      const { rate, lost, offered, seconds, lossy, trials } = result;
      const late = latenessText(sumTrials(trialsOf(result)));
      return [row('lost in soak', lost, 'frames', { pps: rate, note: `of ${offered} at ${millions(rate)} Mpps for ${seconds} s; ${lossy} of ${trials.length} trials with loss${late === '' ? '' : `; ${late}`}` })];
    }
  }
}

function rowsOfLatency({ loads }: Latency, row: MakeRow): Row[] {
  return loads.flatMap(({ load, rate, latency }) => {
    if (latency === null) return [row(`latency, ${load}`, null, 'us', { pps: rate, note: 'no time-stamped frame came back' })];
    const note = `at ${millions(rate)} Mpps, ${latency.count} frames, mean ${(meanOf(latency) / 1e3).toFixed(2)} us`;
    return [
      ...PERCENTILES.map((percent, index) => row(`latency, ${load}, p${percent}`, percentileOf(latency, percent) / 1e3, 'us', index === 0 ? { pps: rate, note } : {})),
      row(`latency, ${load}, max`, latency.max_ns / 1e3, 'us'),
    ];
  });
}

function rowsOfReset({ times_us: times, restarts, rate }: Reset, row: MakeRow): Row[] {
  const note = `at ${millions(rate)} Mpps; a frame came out after ${times.length} of ${restarts} restarts`;
  return [
    row('restart to first frame, median', times.length === 0 ? null : median(times), 'us', { pps: rate, note }),
    ...(times.length === 0 ? [] : [row('restart to first frame, max', Math.max(...times), 'us')]),
  ];
}

function rowsOfRecovery(result: Recovery, row: MakeRow): Row[] {
  const times = result.times_us.filter((time) => time !== null);
  const note = `after ${result.surge_seconds} s at ${millions(result.surge_rate)} Mpps, at ${millions(result.rate)} Mpps; ${times.length} of ${result.times_us.length} repetitions measured`;
  return [
    row('recovery from overload, median', times.length === 0 ? null : median(times), 'us', { pps: result.rate, note }),
    ...(times.length === 0 ? [] : [row('recovery from overload, max', Math.max(...times), 'us')]),
  ];
}

/** A figure of two cores says how far apart they were. */
function betweenText(times: readonly (number | null)[] = []): string {
  const known = times.filter((ns) => ns !== null).map((ns) => ns.toFixed(0));
  return known.length === 0 ? '' : `; from core to core ${[...new Set(known)].join(' then ')} ns`;
}

const millions = (pps: number) => (pps / 1e6).toFixed(3);

/** Latencies as points of their distribution: microseconds, and the part of the frames that took at most that. */
export function distribution(histogram: Histogram): [number, number][] {
  let seen = 0;
  return histogram.buckets.map(([upper, count]) => {
    seen += count;
    return [upper / 1e3, seen / histogram.count];
  });
}
