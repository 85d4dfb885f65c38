/** A measurement as text: conditions, figures, what all trials come to, every sample. */
import { conditionsText } from '../measure/conditions.js';
import { samplesOf, trialsOf, type BenchRecord } from '../measure/record.js';
import { rowsOf } from '../measure/rows.js';
import { shown } from '../measure/shown.js';
import { sumTrials, TRIAL_FIGURES } from '../measure/trial-sums.js';
import { textTable, type Column } from './text-table.js';

const right = (title: string): Column => ({ title, align: 'right' });
const orDash = (value: number | null) => (value === null ? '-' : shown(value));
const orNothing = (value: number | null) => (value === null ? '' : shown(value));

export const interruptedText = ({ partial }: { readonly partial?: true }) => (partial === true ? ['INTERRUPTED: not everything was measured'] : []);

/** `every`: each single trial, too. */
export function recordText(record: BenchRecord, every = false): string {
  return [
    ...conditionLines(record),
    ...interruptedText(record),
    '',
    textTable(
      [right('size'), { title: 'what' }, right('value'), { title: 'unit' }, right('L1 Gb/s'), right('L2 Gb/s'), { title: '' }],
      rowsOf(record).map(({ frame_size, what, value, unit, l1_gbps, l2_gbps, note }) => [frame_size, what, orDash(value), unit, orNothing(l1_gbps), orNothing(l2_gbps), note]),
    ),
    ...sumLines(record),
    ...record.results.flatMap((result) => samplesOf(result).map(({ what, unit, values }) => `${typeof result.frame_size === 'number' ? `${result.frame_size} bytes` : result.frame_size}, ${what}, ${unit}: ${values.map(orDash).join(', ')}`)),
    ...(every ? trialLines(record) : []),
  ].join('\n');
}

/** Everything that the figures depend on. */
function conditionLines({ conditions, settings }: BenchRecord): string[] {
  const { method, search, runs, trial_seconds, from, traffic, forwarded, fcs_bytes, gap_bytes, ring_size, batch_size, generator, maximum_pps } = settings;
  const idle = forwarded === 1 ? '' : `; the appliance forwards ${(forwarded * 100).toFixed(2)} % of them when it is idle, and loss is counted against these`;
  const sizes = fcs_bytes === undefined ? '' : `; sizes include the check sequence (${fcs_bytes} bytes)${gap_bytes === undefined ? '' : `, layer 1 preamble and gap (${gap_bytes} bytes), too`}`;
  return [
    `${conditionsText(conditions)}, Node ${conditions.node}, ${conditions.date}`,
    `generator ${generator}, at most ${shown(maximum_pps / 1e6)} Mpps; ${ring_size === null ? 'no rings' : `rings of ${ring_size} descriptors`}, batches of ${batch_size}`,
    `frames to "${from}": ${traffic}${idle}${sizes}`,
    `method ${method}${search === undefined ? '' : `, search ${search}`}, trials of ${shown(trial_seconds)} s${runs === undefined ? '' : `, ${runs} repetitions`}`,
  ];
}

/** Losses of all kinds, and the generator's own faults, over all trials of each result. */
function sumLines({ results }: BenchRecord): string[] {
  const sums = results.flatMap((result) => (trialsOf(result).length === 0 ? [] : [{ size: String(result.frame_size), ...sumTrials(trialsOf(result)) }]));
  if (sums.length === 0) return [''];
  const columns = ['size', 'trials', 'seconds', 'offered', 'lost', 'unsent', 'reordered', 'duplicated', 'corrupted', 'late at most, us', 'pacing error at most, ppm'].map(right);
  const rows = sums.map(({ size, trials, seconds, offered, lost, unsent, reordered, duplicated, corrupted, max_late_ns, pacing_error_ppm }) =>
    [size, ...[trials, seconds, offered, lost, unsent, reordered, duplicated, corrupted, max_late_ns === null ? null : max_late_ns / 1e3, pacing_error_ppm].map(orDash)]);
  const unnumbered = sums.some(({ reordered }) => reordered === null) ? ['reordered, duplicated, corrupted: frames carry no numbers without --traffic verify=true'] : [];
  return ['', 'All trials together:', textTable(columns, rows), ...unnumbered, ''];
}

function trialLines({ results }: BenchRecord): string[] {
  const columns = ['size', 'rate, pps', ...Object.keys(TRIAL_FIGURES).map((name) => name.replace(/_/g, ' '))].map(right);
  const rows = results.flatMap((result) => trialsOf(result).map((trial) => [String(result.frame_size), ...[trial.rate, ...Object.values(TRIAL_FIGURES).map((of) => of(trial))].map(orDash)]));
  return rows.length === 0 ? [] : ['', 'Every trial:', textTable(columns, rows)];
}
