/** What `bench boot|wake|density|chain|swap` measured as rows, for tables and CSV, and as one page with plots. */
import type { BootMeasurement } from '../boot.js';
import type { Conditions } from '../conditions.js';
import { csvText } from '../csv.js';
import { facts, figure, reportPage, table } from '../html-page.js';
import { svgPlot, type Series } from '../plot.js';
import { shown } from '../shown.js';
import type { WakeMeasurement } from '../wake.js';
import type { BootAmongMeasurement } from './boot-among.js';
import type { ChainMeasurement, Percentiles } from './chain.js';
import type { DensityMeasurement } from './density.js';
import type { ReplacementMeasurement } from './replacement.js';

/** One figure. */
export interface SiteRow {
  readonly what: string;
  readonly value: number | null;
  readonly unit: string;
  readonly note: string;
}

/** What a page and a table of figures are made of. */
export interface SiteReport {
  readonly title: string;
  readonly conditions: Conditions;
  readonly rows: readonly SiteRow[];
  readonly plots: readonly string[];
  /** Every sample, by what it is of. */
  readonly samples: readonly (readonly [what: string, unit: string, samples: readonly number[]])[];
}

const row = (what: string, value: number | null, unit: string, note = ''): SiteRow => ({ what, value, unit, note });
const KIB = 1024;

/** In MiB from one on, else in KiB. */
function bytesRow(what: string, bytes: number, note = ''): SiteRow {
  return bytes < KIB * KIB ? row(what, bytes / KIB, 'KiB', note) : row(what, bytes / KIB / KIB, 'MiB', note);
}

export function densityReport({ conditions, ...result }: DensityMeasurement): SiteReport {
  const { memory_bytes: memory, ping_us: ping } = result;
  return {
    title: `${result.count} firewalls on one host`,
    conditions,
    rows: [
      row('running', result.running, 'firewalls', `of ${result.count}`),
      row('started', result.starts_per_second, 'a second', `all in ${result.start_seconds.toFixed(2)} s`),
      row('answering', result.answering, 'firewalls', `${result.answered} of ${result.pings} pings, each through one of them and back`),
      row('ping p50', ping.p50, 'us'),
      row('ping p99', ping.p99, 'us'),
      row('ping max', ping.max, 'us'),
      bytesRow('memory for each', memory.all_told, 'all that the machine has less'),
      bytesRow('of it the process', memory.process),
      bytesRow('of it in the switch', memory.switch),
      row('idle', result.idle_percent, '% of a core', 'each, with its share of the switch'),
    ],
    plots: [],
    samples: [['starts', 'a second', result.samples]],
  };
}

export function chainReport({ conditions, pairs, hop, chains }: ChainMeasurement): SiteReport {
  const times = (what: string, latency: Percentiles | null): SiteRow[] =>
    latency === null ? [row(what, null, 'us', 'no time-stamped frame came back')] : (['p50', 'p99', 'p99_9', 'max'] as const).map((name) => row(`${what}, ${name.replace('_', '.')}`, latency[name], 'us'));
  const latencies: Series[] = chains.flatMap(({ vms, latency_us: latency }) => (latency === null ? [] : [{ name: `${vms} VMs`, points: points(latency) }]));
  return {
    title: 'Virtual machines in a row, and at one switch',
    conditions,
    rows: [
      ...pairs.flatMap(({ frame_size: size, mpps, gbps, switch_ns_per_packet: ns }) => [
        row(`VM to VM, ${size} bytes`, mpps, 'Mpps', 'by a learning switch, the switch on a core of its own'),
        row(`VM to VM, ${size} bytes, of frames`, gbps, 'Gb/s'),
        row(`VM to VM, ${size} bytes, of the switch's processor`, ns, 'ns/packet'),
      ]),
      ...(hop === null ? [] : [...times('without a VM', hop.without_us), ...times('through one VM', hop.with_us), row('a VM adds, p50', hop.added_p50_us, 'us', `at ${hop.rate} frames a second; ${hop.lost} lost`)]),
      ...chains.flatMap(({ vms, mpps, rate, offered, lost, latency_us: latency }) => [
        row(`chain of ${vms} VMs`, mpps, 'Mpps', 'each sender waits for its receiver'),
        row(`chain of ${vms} VMs, lost`, lost, 'frames', `of ${offered} at ${(rate / 1e6).toFixed(3)} Mpps`),
        ...times(`chain of ${vms} VMs, latency`, latency),
      ]),
    ],
    plots: [
      ...(chains.length < 2 ? [] : [svgPlot({ title: 'Throughput by length of the chain', x: { label: 'virtual machines' }, y: { label: 'Mpps' }, series: [{ name: '64-byte frames', points: chains.map(({ vms, mpps }) => [vms, mpps] as const) }] })]),
      ...(latencies.length === 0 ? [] : [latencyPlot('Latency at half of the throughput', latencies)]),
      ...(hop === null ? [] : [latencyPlot(`Latency at ${hop.rate} frames a second`, [{ name: 'without a VM', points: points(hop.without_us) }, { name: 'through one VM', points: points(hop.with_us) }])]),
    ],
    samples: [
      ...pairs.map(({ frame_size: size, samples }) => [`VM to VM, ${size} bytes`, 'Mpps', samples] as const),
      ...chains.map(({ vms, samples }) => [`chain of ${vms} VMs`, 'Mpps', samples] as const),
    ],
  };
}

export function replacementReport({ conditions, ...result }: ReplacementMeasurement): SiteReport {
  const { latency_us: latency, outage_ms: outage } = result;
  return {
    title: 'A gateway that is replaced under load, and others that are killed',
    conditions,
    rows: [
      row('lost', result.lost, 'packets', `of ${result.offered}; ${result.swaps} swaps of a NAT gateway; ${result.reordered} out of order`),
      row('offered', result.offered_pps / 1e6, 'Mpps', `${(result.rate / 1e6).toFixed(3)} Mpps asked for`),
      row('frames waited, median', result.median, 'ms', 'in the switch, while one took the place of the other'),
      ...(latency === null ? [] : [row('latency p50', latency.p50, 'us', 'swaps included'), row('latency p99', latency.p99, 'us'), row('latency max', latency.max, 'us')]),
      ...(outage === null ? [] : [row('outage, median', outage.median, 'ms', 'from kill -9 of a gateway to its successor at the switch')]),
    ],
    plots: [
      inTurn('How long frames waited in the switch', 'swap', 'ms', result.samples),
      ...(outage === null ? [] : [inTurn('Outage after kill -9', 'gateway', 'ms', outage.samples)]),
    ],
    samples: [['frames waited', 'ms', result.samples], ...(outage === null ? [] : [['outage', 'ms', outage.samples] as const])],
  };
}

export function bootReport(result: BootMeasurement | BootAmongMeasurement): SiteReport {
  const rows = (beside: string, { parts }: Pick<BootMeasurement, 'parts'>) =>
    Object.entries(parts).flatMap(([name, part]) => (['median', 'p99', 'min', 'max'] as const).map((which) => row(`${name.replace(/_us$/, '').replace('_', ' ')}${beside}, ${which}`, part[which], 'us')));
  const among = 'others' in result ? result : undefined;
  const beside = among === undefined ? '' : ` beside ${among.others} others`;
  const series: Series[] = [{ name: among === undefined ? 'alone' : `beside ${among.others} others`, points: distributionOf(result.samples) }];
  if (among !== undefined) series.unshift({ name: 'alone', points: distributionOf(among.alone.samples) });
  return {
    title: 'Start of an appliance',
    conditions: result.conditions,
    rows: [
      ...(among === undefined ? [] : [...rows(' alone', among.alone), row(`beside ${among.others} others by alone, at the median`, among.ratio, 'times')]),
      ...rows(beside, result),
    ],
    plots: [svgPlot({ title: 'From the execve of the VMM to the first frame out', x: { label: 'microseconds', log: true }, y: { label: 'part of the starts' }, series })],
    samples: [...(among === undefined ? [] : [['first frame, alone', 'us', among.alone.samples] as const]), [`first frame${beside}`, 'us', result.samples]],
  };
}

export function wakeReport({ conditions, idle_percent: idle, wake_ns: wake, frames }: WakeMeasurement): SiteReport {
  return {
    title: 'An appliance without traffic',
    conditions,
    rows: [
      row('without traffic', idle.median, '% of a core', 'VMM and guest'),
      ...Object.entries(wake).map(([name, nanoseconds]) => row(`asleep, from a frame to the same frame out, ${name}`, nanoseconds / 1e3, 'us', name === 'p50' ? `${frames} frames` : '')),
    ],
    plots: [],
    samples: [['without traffic', '% of a core', idle.samples]],
  };
}

/** Every condition, figure and sample, each row with its section. */
export function siteCsv({ conditions, rows, samples }: SiteReport, partial = false): string {
  return csvText([
    ['section', 'what', 'value', 'unit', 'note'],
    ...Object.entries({ ...(partial ? { partial: 'true' } : {}), ...conditions }).map(([what, value]) => ['condition', what, value, null, null]),
    ...rows.map(({ what, value, unit, note }) => ['figure', what, value, unit, note]),
    ...samples.flatMap(([what, unit, values]) => values.map((value, index) => ['sample', what, value, unit, `${index + 1} of ${values.length}`])),
  ]);
}

export function siteHtml({ title, conditions, rows, plots, samples }: SiteReport, partial = false): string {
  return reportPage(title, conditions, partial, [
    ...plots.map(figure),
    table(['what', 'value', 'unit', ''], rows.map(({ what, value, unit, note }) => [what, value === null ? '-' : shown(value), unit, note])),
    '<h2>Conditions</h2>',
    facts(conditions),
    `<details open><summary>Every sample</summary>${table(['what', 'unit', 'samples'], samples.map(([what, unit, values]) => [what, unit, values.map(shown).join(', ')]))}</details>`,
  ]);
}

function points({ p50, p99, p99_9, max }: Percentiles): (readonly [number, number])[] {
  return [[p50, 0.5], [p99, 0.99], [p99_9, 0.999], [max, 1]];
}

function latencyPlot(title: string, series: readonly Series[]): string {
  return svgPlot({ title, x: { label: 'microseconds', log: true }, y: { label: 'part of the frames' }, series });
}

/** Each sample by its number. */
function inTurn(title: string, of: string, unit: string, samples: readonly number[]): string {
  return svgPlot({ title, x: { label: of }, y: { label: unit }, series: [{ name: unit, points: samples.map((value, index) => [index + 1, value] as const) }] });
}

function distributionOf(samples: readonly number[]): (readonly [number, number])[] {
  return [...samples].sort((one, other) => one - other).map((value, index) => [value, (index + 1) / samples.length] as const);
}
