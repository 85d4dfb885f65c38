/** A record as one HTML file that needs nothing else: plots, tables, every condition and every sample. */
import { meanBytes, type FrameSize } from './frame-size.js';
import { escapeXml as escape, svgPlot, type Series } from './plot.js';
import { conditionsText } from './conditions.js';
import { distribution, rowsOf, type BenchRecord, type Result } from './record.js';
import { lossRatio } from './trial.js';

export function htmlReport(record: BenchRecord): string {
  const { subject, conditions, settings, results } = record;
  const facts: [string, string | number | null][] = [...Object.entries(conditions), ...Object.entries(settings)].map(([name, value]) => [name.replace(/_/g, ' '), value]);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(`${subject}: packet rates`)}</title>
<style>
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.2rem .8rem .2rem 0;text-align:left;border-bottom:1px solid #8884}td.n{text-align:right}
svg{width:100%;max-width:50rem}summary{cursor:pointer}.partial{border-left:4px solid #d55e00;padding-left:1rem}
</style>
<h1>${escape(subject)}</h1>
<p>${escape(conditionsText(conditions))}, ${escape(conditions.date)}</p>
${record.partial === true ? '<p class="partial">The measurement was interrupted: what follows is what was done until then.</p>' : ''}
${table(['frame size', 'what', 'value', 'unit', ''], rowsOf(record).map(({ frame_size, what, value, unit, note }) => [frame_size, what, value === null ? '-' : shown(value), unit, note]))}
${plots(results).join('\n')}
<h2>Conditions</h2>
${table(['', ''], facts.map(([name, value]) => [name, value === null ? 'unknown' : String(value)]))}
<h2>Every trial</h2>
${results.map(trials).join('\n')}
</html>
`;
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
  const rows = list.map((trial) => [shown(trial.rate), shown(trial.seconds), trial.offered, trial.expected, trial.received, trial.unsent, shown(lossRatio(trial) * 100), trial.reordered ?? '-', trial.duplicated ?? '-', trial.corrupted ?? '-'].map(String));
  return `<details><summary>Frames of ${result.frame_size}: ${result.method}, ${list.length} trials</summary>${speed}${rows.length === 0 ? '' : table(['rate, pps', 'seconds', 'offered', 'expected', 'received', 'unsent', 'lost, %', 'reordered', 'duplicated', 'corrupted'], rows)}</details>`;
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => `<td${/^-?[\d.,e+]+$/.test(text) ? ' class="n"' : ''}>${escape(text)}</td>`;
  return `<table><tr>${titles.map((title) => `<th>${escape(title)}</th>`).join('')}</tr>\n${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}</table>`;
}

/** Four digits that matter. */
export function shown(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}
