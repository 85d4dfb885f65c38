/** A record as one HTML file that needs nothing else: plots, tables, every condition and every sample. */
import { facts, figure, reportPage, table } from './html-page.js';
import { svgPlot, type Series } from './plot.js';
import { frameBytesOf, samplesOf, trialsOf, type BenchRecord, type Result } from './record.js';
import { distribution, rowsOf } from './rows.js';
import { shown } from './shown.js';
import { sumTrials, TRIAL_FIGURES } from './trial-sums.js';
import { lostFrames } from './trial.js';

const orDash = (value: number | null) => (value === null ? '-' : shown(value));

export function htmlReport(record: BenchRecord): string {
  const { subject, conditions, settings, results } = record;
  return reportPage(`${subject}: packet rates`, conditions, record.partial === true, [
    ...plots(results).map(figure),
    `<p>Sizes are of whole frames, the check sequence included. Layer 1 counts preamble and gap, too.</p>`,
    table(
      ['frame size', 'what', 'value', 'unit', 'L1, Gb/s', 'L2, Gb/s', ''],
      rowsOf(record).map(({ frame_size, what, value, unit, l1_gbps, l2_gbps, note }) => [frame_size, what, orDash(value), unit, l1_gbps === null ? '' : shown(l1_gbps), l2_gbps === null ? '' : shown(l2_gbps), note]),
    ),
    ...sums(results),
    '<h2>Conditions</h2>',
    facts({ ...conditions, ...settings }),
    '<h2>Every sample and trial</h2>',
    ...results.map(trials),
  ]);
}

/** Whether a line may be drawn: results of one method at several sizes that are known. */
const sizedBy = (results: readonly Result[], of: (result: Result) => number | null) =>
  results.flatMap((result) => {
    const bytes = frameBytesOf(result), value = of(result);
    return bytes === null || value === null ? [] : [[bytes, value] as const];
  });

function plots(results: readonly Result[]): string[] {
  const made: string[] = [];
  const names = [...new Set(results.flatMap((result) => (result.method === 'throughput' ? result.goals.map(({ goal }) => goal.name) : [])))];
  const ofGoal = (name: string) => sizedBy(results, (result) => (result.method === 'throughput' ? (result.goals.find(({ goal }) => goal.name === name)?.lower ?? null) : null));
  const rates: Series[] = [
    ...names.map((name) => ({ name, points: ofGoal(name).map(([bytes, pps]) => [bytes, pps / 1e6] as const) })),
    { name: 'full speed', points: sizedBy(results, ({ full_speed: speed }) => speed?.mpps ?? null) },
  ].filter(({ points }) => new Set(points.map(([bytes]) => bytes)).size > 1);
  if (rates.length > 0) made.push(svgPlot({ title: 'Throughput by frame size', x: { label: 'frame size in bytes, check sequence included', log: true }, y: { label: 'Mpps' }, series: rates }));
  for (const result of results) {
    if (result.method === 'latency') {
      const series = result.loads.flatMap(({ load, latency }) => (latency === null ? [] : [{ name: load, points: distribution(latency) }]));
      made.push(svgPlot({ title: `Latency, frames of ${result.frame_size}`, x: { label: 'microseconds', log: true }, y: { label: 'part of the frames' }, series }));
    }
    if (result.method === 'loss') {
      const points = result.points.map(({ rate, loss_ratio }) => [rate / 1e6, loss_ratio * 100] as const);
      made.push(svgPlot({ title: `Frame loss, frames of ${result.frame_size}`, x: { label: 'offered, Mpps' }, y: { label: 'lost, %' }, series: [{ name: 'loss', points }] }));
    }
    if (result.method === 'soak' && result.trials.length > 1) {
      let seconds = 0;
      const points = result.trials.map((trial) => [(seconds += trial.seconds), lostFrames(trial)] as const);
      made.push(svgPlot({ title: `Soak, frames of ${result.frame_size}`, x: { label: 'seconds' }, y: { label: 'frames lost' }, series: [{ name: 'lost in each trial', points }] }));
    }
  }
  return made;
}

/** What all trials of each result come to. */
function sums(results: readonly Result[]): string[] {
  const tried = results.filter((result) => trialsOf(result).length > 0);
  if (tried.length === 0) return [];
  const rows = tried.map((result) => {
    const { trials: count, seconds, offered, lost, unsent, reordered, duplicated, corrupted, pacing_error_ppm, max_late_ns } = sumTrials(trialsOf(result));
    return [String(result.frame_size), result.method, ...[count, seconds, offered, lost, unsent, reordered, duplicated, corrupted, max_late_ns === null ? null : max_late_ns / 1e3, pacing_error_ppm].map(orDash)];
  });
  return ['<h2>Trials together</h2>', table(['frame size', 'method', 'trials', 'seconds', 'offered', 'lost', 'unsent', 'reordered', 'duplicated', 'corrupted', 'late at most, us', 'pacing error at most, ppm'], rows)];
}

function trials(result: Result): string {
  const list = trialsOf(result);
  const samples = samplesOf(result).map(({ what, unit, values }) => `<p>${what}, ${unit}: ${values.map(orDash).join(', ')}</p>`).join('');
  const rows = list.map((trial) => [trial.rate, ...Object.values(TRIAL_FIGURES).map((of) => of(trial))].map(orDash));
  return `<details open><summary>Frames of ${result.frame_size}: ${result.method}, ${list.length} trials</summary>${samples}${rows.length === 0 ? '' : table(['rate, pps', ...Object.keys(TRIAL_FIGURES).map((name) => name.replace(/_/g, ' '))], rows)}</details>`;
}
