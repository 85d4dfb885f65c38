/** A record as CSV: every condition, figure, sample and trial in one table, each row with its section. */
import { csvText } from './csv.js';
import { bitRates } from './frame-size.js';
import { frameBytesOf, samplesOf, trialsOf, type BenchRecord, type Result } from './record.js';
import { rowsOf } from './rows.js';
import { TRIAL_FIGURES } from './trial-sums.js';

type Cell = string | number | null;

/** Names of the columns. A field that a section does not have is empty. */
export const CSV_COLUMNS: readonly string[] = ['section', 'frame_size', 'what', 'value', 'unit', 'l1_gbps', 'l2_gbps', ...Object.keys(TRIAL_FIGURES), 'note'];

export function csvOf(record: BenchRecord): string {
  const { subject, conditions, settings, partial } = record;
  const facts = Object.entries({ subject, ...(partial === true ? { partial } : {}), ...conditions, ...settings });
  return csvText([
    [...CSV_COLUMNS],
    ...facts.map(([what, value]) => line({ section: 'condition', what, value: typeof value === 'boolean' ? String(value) : value })),
    ...rowsOf(record).map((row) => line({ section: 'figure', ...row })),
    ...record.results.flatMap(samples),
    ...record.results.flatMap(trials),
  ]);
}

function line(cells: object): Cell[] {
  const named = new Map<string, Cell>(Object.entries(cells));
  return CSV_COLUMNS.map((name) => named.get(name) ?? null);
}

function samples(result: Result): Cell[][] {
  const { frame_size } = result;
  return samplesOf(result).flatMap(({ what, unit, values }) => values.map((value, index) => line({ section: 'sample', frame_size, what, value, unit, note: `${index + 1} of ${values.length}` })));
}

function trials(result: Result): Cell[][] {
  const { frame_size, method } = result;
  const bytes = frameBytesOf(result);
  return trialsOf(result).map((trial, index) => line({
    section: 'trial', frame_size, what: `${method}, trial ${index + 1}`, value: trial.rate, unit: 'frames/s',
    ...(bytes === null ? {} : bitRates(bytes, trial.rate)),
    ...Object.fromEntries(Object.entries(TRIAL_FIGURES).map(([name, of]) => [name, of(trial)])),
  }));
}
