/** A comparison as a page and as CSV. */
import type { Comparison, Turn } from './comparison.js';
import type { Conditions } from './conditions.js';
import { csvText } from './csv.js';
import { facts, figure, reportPage, table } from './html-page.js';
import { svgPlot } from './plot.js';
import { shown } from './shown.js';
import { median, spread } from './statistics.js';

export interface ComparisonRecord extends Comparison {
  readonly conditions: Conditions;
  /** What A and B are. */
  readonly names: readonly [string, string];
  /** Nanoseconds a packet of each. */
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** A sample of A was measured directly before or after that of B at the same place. */
  readonly in_turns: boolean;
  /** Nanoseconds of a word from one core to the other, before, between and after the two samples of each turn. */
  readonly core_to_core_ns?: Turn['core_to_core_ns'][];
  readonly partial?: true;
}

export const comparisonCsv = ({ a, b }: ComparisonRecord): string =>
  csvText([['turn', 'a_ns_per_packet', 'b_ns_per_packet'], ...Array.from({ length: Math.max(a.length, b.length) }, (_, index) => [index + 1, a[index] ?? null, b[index] ?? null])]);

export function comparisonReport(record: ComparisonRecord): string {
  const { names, a, b, text, conditions, in_turns, partial } = record;
  const points = (samples: readonly number[]) => samples.map((ns, index) => [index + 1, ns] as const);
  const series = [{ name: `A ${names[0]}`, points: points(a) }, { name: `B ${names[1]}`, points: points(b) }];
  return reportPage(`${names[0]} and ${names[1]}`, conditions, partial === true, [
    `<p><strong>${text}</strong></p>`,
    figure(svgPlot({ title: in_turns ? 'Samples, measured in turns' : 'Samples', x: { label: in_turns ? 'turn' : 'sample' }, y: { label: 'ns/packet' }, series })),
    table(['', 'median, ns/packet', 'spread, %', 'samples'], [[`A ${names[0]}`, a], [`B ${names[1]}`, b]].map(([name, samples]) => [String(name), ...describe(samples as readonly number[])])),
    '<h2>Conditions</h2>',
    facts(conditions),
  ]);
}

const describe = (samples: readonly number[]) => (samples.length === 0 ? ['-', '-', ''] : [shown(median(samples)), shown(spread(samples) * 100), samples.map(shown).join(', ')]);
