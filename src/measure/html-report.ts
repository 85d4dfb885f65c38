/** A record as one HTML file that needs nothing else: plots, tables, every condition and every sample. */
import { meanBytes, type FrameSize } from './frame-size.js';
import { reportPage, table } from './html-page.js';
import { svgPlot, type Series } from './plot.js';
import { shown } from './shown.js';
import { distribution, rowsOf, type BenchRecord, type Result } from './record.js';
import { lossRatio } from './trial.js';

export function htmlReport(record: BenchRecord): string {
  const { subject, conditions, settings, results } = record;
  const facts: [string, string | number | null][] = [...Object.entries(conditions), ...Object.entries(settings)].map(([name, value]) => [name.replace(/_/g, ' '), value]);
  return reportPage(`${subject}: packet rates`, conditions, record.partial === true, [
    table(['frame size', 'what', 'value', 'unit', ''], rowsOf(record).map(({ frame_size, what, value, unit, note }) => [frame_size, what, value === null ? '-' : shown(value), unit, note])),
    ...plots(results),
    '<h2>Conditions</h2>',
    table(['', ''], facts.map(([name, value]) => [name, value === null ? 'unknown' : String(value)])),
    '<h2>Every trial</h2>',
    ...results.map(trials),
  ]);
}

function plots(results: readonly Result[]): string[] {
  const made: string[] = [];
  const sized = results.flatMap((result) => (result.method === 'throughput' && result.frame_size !== 'captured' ? [{ ...result, bytes: meanBytes(result.frame_size as FrameSize) }] : []));
  if (sized.length > 1) {
    const names = sized[0]!.goals.map(({ goal }) => goal.name);
    const series: Series[] = names.map((name, index) => ({ name, points: sized.flatMap(({ bytes, goals }) => (goals[index]!.lower === null ? [] : [[bytes, goals[index]!.lower! / 1e6] as const])) }));
    made.push(svgPlot({ title: 'Throughput by frame size', x: { label: 'frame size in bytes, check sequence included', log: true }, y: { label: 'Mpps' }, series }));
  }
  for (const result of results) {
    if (result.method === 'latency') {
      const series = result.loads.flatMap(({ load, latency }) => (latency === null ? [] : [{ name: load, points: distribution(latency) }]));
      made.push(svgPlot({ title: `Latency, frames of ${result.frame_size}`, x: { label: 'microseconds', log: true }, y: { label: 'part of the frames' }, series }));
    }
    if (result.method === 'loss') {
      const points = result.points.map(({ rate, loss_ratio }) => [rate / 1e6, loss_ratio * 100] as const);
      made.push(svgPlot({ title: `Frame loss, frames of ${result.frame_size}`, x: { label: 'offered, Mpps' }, y: { label: 'lost, %' }, series: [{ name: 'loss', points }] }));
    }
  }
  return made;
}

function trials(result: Result): string {
  const list = result.method === 'full-speed' ? [] : result.trials;
  const speed = result.full_speed === undefined ? '' : `<p>Full speed, ns/packet: ${result.full_speed.samples.map(shown).join(', ')}</p>`;
  const restarts = result.method === 'reset' ? `<p>Restart to first frame, us: ${result.times_us.map(shown).join(', ')}</p>` : '';
  const rows = list.map((trial) => [shown(trial.rate), shown(trial.seconds), trial.offered, trial.expected, trial.received, trial.unsent, shown(lossRatio(trial) * 100), trial.reordered ?? '-', trial.duplicated ?? '-', trial.corrupted ?? '-', trial.pacing === undefined ? '-' : shown(trial.pacing.error_ppm), trial.pacing === undefined ? '-' : shown(trial.pacing.max_late_ns / 1e3)].map(String));
  return `<details><summary>Frames of ${result.frame_size}: ${result.method}, ${list.length} trials</summary>${speed}${restarts}${rows.length === 0 ? '' : table(['rate, pps', 'seconds', 'offered', 'expected', 'received', 'unsent', 'lost, %', 'reordered', 'duplicated', 'corrupted', 'pacing error, ppm', 'late at most, us'], rows)}</details>`;
}
