/** Growth as plots: SVG files, one page with all of them, CSV, and a table for the terminal. */
import { csvText } from '../csv.js';
import { facts, figure, reportPage, table } from '../html-page.js';
import { svgPlot } from '../plot.js';
import { shown } from '../shown.js';
import type { ScaleRecord, ScaleResult, ScaleSeries } from './measure.js';

/** A plot for each unit of a growth, by file name. */
export function scalePlots(record: ScaleRecord): Map<string, string> {
  const plots = new Map<string, string>();
  for (const result of record.results) {
    for (const unit of new Set(result.series.map((series) => series.unit))) {
      const series = result.series.filter((each) => each.unit === unit);
      plots.set(`${result.name}${unit === 'ns/packet' ? '' : `-${series[0]!.name.replace(/ /g, '-')}`}.svg`, plotOf(result, unit, series));
    }
  }
  return plots;
}

function plotOf({ title, of }: ScaleResult, unit: ScaleSeries['unit'], series: readonly ScaleSeries[]): string {
  return svgPlot({
    title: unit === 'ns/packet' ? title : `${title}: ${series.map(({ name }) => name).join(', ')}`,
    x: { label: of, log: true },
    y: { label: unit, log: unit !== 'ns/packet' },
    series: series.map(({ name, points }) => ({ name, points: points.map(({ size, median }) => [size, median] as const) })),
  });
}

/** Rows of all points: growth, size, line, median, least, most, unit. */
export function scaleRows(record: ScaleRecord): (string | number)[][] {
  return record.results.flatMap((result) => [
    ...result.series.flatMap(({ name, unit, points }) => points.map(({ size, samples, median }) => [result.name, size, name, median, Math.min(...samples), Math.max(...samples), unit])),
    ...result.skipped.map(({ size, reason }) => [result.name, size, 'left out', '', '', '', reason]),
  ]);
}

export const SCALE_COLUMNS = ['growth', 'size', 'line', 'median', 'least', 'most', 'unit'] as const;

export const scaleCsv = (record: ScaleRecord): string => csvText([[...SCALE_COLUMNS], ...scaleRows(record)]);

export function scaleReport(record: ScaleRecord): string {
  const cells = scaleRows(record).map((row) => row.map((cell) => (typeof cell === 'number' ? shown(cell) : cell)));
  return reportPage('How cost grows', record.conditions, record.partial === true, [
    ...[...scalePlots(record).values()].map(figure),
    '<h2>Every point</h2>',
    table(SCALE_COLUMNS, cells),
    '<h2>Conditions</h2>',
    facts(record.conditions),
    '<p>Packets in memory, one core, batches of 32, each frame copied into a fresh buffer; the time is that of the core (CLOCK_THREAD_CPUTIME_ID). Hot: 256 frames go round; cold: a million frames over all rules, routes or flows. Builds run from the start of the program with nothing in the cache.</p>',
    `<details><summary>All samples</summary>${table(['growth', 'line', 'size', 'samples'], record.results.flatMap(({ name: growth, series }) => series.flatMap(({ name, points }) => points.map(({ size, samples }) => [growth, name, String(size), samples.map(shown).join(', ')]))))}</details>`,
  ]);
}
