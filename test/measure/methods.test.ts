/** The methods against devices whose figures are known, and what is reported of them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { bitRates, meanBytes } from '#src/measure/frame-size.js';
import { htmlReport } from '#src/measure/html-report.js';
import { backToBack, latency, lossCurve, pacing, recovery, reset, soak } from '#src/measure/methods.js';
import { svgPlot } from '#src/measure/plot.js';
import { appendRecord, readRecord, type BenchRecord } from '#src/measure/record.js';
import { rowsOf } from '#src/measure/rows.js';
import { sampleRecord } from './sample-record.js';
import { SimulatedDevice } from './simulated-device.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-methods-'));
t.teardown(() => rmSync(folder, { recursive: true }));

t.test('back-to-back finds the burst that fits into the buffer', async (t) => {
  const { bursts, average } = await backToBack(new SimulatedDevice({ capacity: 10e6, maximum: 20e6, buffer: 1000 }), 1_000_000, 3);
  // While n frames arrive at twice the capacity, half of them leave.
  for (const burst of [...bursts, average]) t.ok(Math.abs(burst - 2000) <= 20, `${burst}`);
  const all = await backToBack(new SimulatedDevice({ capacity: 30e6, maximum: 20e6 }), 5000, 1);
  t.equal(all.average, 5000, 'a device that never fills up passes the longest burst');
});

t.test('the loss curve falls with the load and ends after two points without loss', async (t) => {
  const { points } = await lossCurve(new SimulatedDevice({ capacity: 7.5e6, buffer: 0 }), 10e6, 1);
  t.same(points.map(({ rate }) => Math.round(rate / 1e5)), [100, 90, 80, 70, 60]);
  t.ok(Math.abs(points[0]!.loss_ratio - 0.25) < 0.001);
  t.equal(points.at(-1)!.loss_ratio, 0);
});

t.test('latency is told unloaded and at parts of the PDR', async (t) => {
  const { loads } = await latency(new SimulatedDevice({ capacity: 1e6 }), 1e6, 0.5, 2);
  t.same(loads.map(({ load }) => load), ['unloaded', '10 % of PDR', '50 % of PDR', '90 % of PDR']);
  for (const { latency: of } of loads) t.ok(of!.min_ns >= 1000 && of!.max_ns < 3000);
});

t.test('recovery is the time of the last loss after 110 % of the throughput have become 55 %', async (t) => {
  const { surge_rate, rate, times_us } = await recovery(new SimulatedDevice({ capacity: 1e6, buffer: 500 }), 1e6, 2, 3);
  t.same([Math.round(surge_rate), Math.round(rate)], [1_100_000, 550_000]);
  for (const time of times_us) t.ok(Math.abs(time! - 500) < 1, `${time} us, as long as the buffer lasts`);
  const limited = await recovery(new SimulatedDevice({ capacity: 10e6, maximum: 5e6 }), 5e6, 1, 1);
  t.same([limited.surge_rate, limited.times_us], [5e6, [0]], 'no overload beyond what the generator can do');
});

t.test('soak counts what is lost over all its trials', async (t) => {
  const result = await soak(new SimulatedDevice({ capacity: 1e6, buffer: 0, stall: { every: 10, lasts: 0.001 } }), 1e6, 25);
  t.equal(result.trials.length, 3);
  t.equal(result.offered, 25e6);
  t.equal(result.lost, 2000);
  t.equal(result.lossy, 2);
});

t.test('sizes and rates are those of Ethernet', (t) => {
  t.ok(Math.abs(bitRates(64, 14_880_952).l1_gbps - 10) < 0.001, '10 Gb/s carry 14.88 million small frames');
  t.ok(Math.abs(meanBytes('imix') - 361.83) < 0.01);
  t.end();
});

t.test('restarts without a frame are counted, and give no time', async (t) => {
  const answers = [1000, null, 3000];
  const result = await reset(async () => answers.shift()!, 1e6, 3);
  t.match(result, { method: 'reset', restarts: 3, times_us: [1000, 3000] });
  const made = { ...(await sampleRecord()), results: [{ frame_size: 64, ...result }, { frame_size: 64, ...(await reset(async () => null, 1e6, 2)) }] } as BenchRecord;
  t.same(rowsOf(made).map(({ value }) => value), [2000, 3000, null]);
  t.notMatch(htmlReport(made), /NaN|undefined|Infinity/);
});

t.test('the error of pacing is that of the generator, and unknown where it is not measured', async (t) => {
  const device = new SimulatedDevice({ capacity: 5e6 });
  const unknown = await pacing(device, 0.01, 2);
  t.same(unknown.rates.map(({ rate, error_ppm }) => [rate, error_ppm]), [[1e3, null], [1e5, null], [1e6, null], [1e7, null]]);
  t.ok(unknown.rates[3]!.loss_ratio > 0.3, 'the device lost frames');
  const known = await pacing({ maximum: 1e9, trial: async (rate, seconds) => ({ ...(await device.trial(1000, seconds)), rate, pacing: { error_ppm: -4, max_late_ns: 7 } }) }, 0.01, 1);
  t.match(known.rates[0], { error_ppm: 4, max_late_ns: 7 });
  const made = { ...(await sampleRecord()), results: [{ frame_size: 64, ...unknown }, { frame_size: 64, ...known }] } as BenchRecord;
  t.equal(rowsOf(made).length, 8);
  t.notMatch(htmlReport(made), /NaN|undefined|Infinity/);
});

t.test('records are appended and read again', async (t) => {
  const file = path.join(folder, 'history.ndjson');
  const made = await sampleRecord();
  appendRecord(file, made);
  const before = readFileSync(file, 'utf8');
  appendRecord(file, { ...made, subject: 'second' });
  t.ok(readFileSync(file, 'utf8').startsWith(before), 'what is there stays');
  t.equal(readRecord(file).subject, 'second');
  writeFileSync(path.join(folder, 'pretty.json'), JSON.stringify(made, null, 2));
  t.equal(readRecord(path.join(folder, 'pretty.json')).subject, made.subject);
  writeFileSync(path.join(folder, 'no.json'), '{"samples": 3}');
  t.throws(() => readRecord(path.join(folder, 'no.json')), /WL4132/);
  t.throws(() => readRecord(path.join(folder, 'absent.json')), /WL4132/);
});

t.test('small numbers of an axis are written as they are, large ones with a prefix', (t) => {
  const svg = svgPlot({ title: 'p', x: { label: 'microseconds', log: true }, y: { label: 'y' }, series: [{ name: 's', points: [[0.1, 0], [100_000, 0.5]] }] });
  for (const text of ['>0.1<', '>100k<', '>0.5<', '>0<']) t.ok(svg.includes(text), text);
  t.notMatch(svg, />\d+m</);
  t.end();
});

t.test('a plot without points, with one, and on a logarithmic axis has finite places', (t) => {
  for (const points of [[], [[1, 1]], [[0, 0]], [[1, 10], [1000, 1e6]]] as [number, number][][]) {
    for (const log of [false, true]) {
      const svg = svgPlot({ title: 'p', x: { label: 'x', log }, y: { label: 'y', log }, series: [{ name: 's', points }] });
      t.notMatch(svg, /NaN|undefined|Infinity/);
    }
  }
  t.end();
});
