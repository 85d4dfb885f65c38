/** `wirelet bench scale`: every growth has points, plots and rows; what is left out says why. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { conditions } from '#src/measure/conditions.js';
import { GROWTHS } from '#src/measure/scale/growth.js';
import { scaleCsv, scalePlots, scaleReport } from '#src/measure/scale/report.js';
import type { ScaleRecord } from '#src/measure/scale/measure.js';
import { wirelet } from '../system/command-line.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-scale-test-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const at = (name: string) => path.join(folder, name);

t.test('what grows is what the figures are promised for', (t) => {
  const last = Object.fromEntries(GROWTHS.map(({ name, sizes }) => [name, [sizes[0], sizes.at(-1)]]));
  t.same(last, { rules: [1, 10_000], routes: [1, 1_000_000], flows: [1, 1_000_000], addresses: [10, 1_000_000], chain: [1, 64], 'frame-size': [64, 1518], 'graph-size': [10, 10_000] });
  t.end();
});

t.test('the smallest of each is measured and plotted', async (t) => {
  const { status, stdout, stderr } = await wirelet(['bench', 'scale', '--most', '64', '--runs', '1', '--only', 'routes,flows,frame-size,graph-size', '--vmm', 'process', '--json', '--svg', at('svg'), '--html', at('scale.html'), '--csv', at('scale.csv'), '--history', at('scale.ndjson')]);
  t.equal(status, 0, stderr);
  const record = JSON.parse(stdout) as ScaleRecord;
  for (const field of ['conditions', 'samples', 'median', 'unit']) t.ok(field in record, field);
  t.same(record.results.map(({ name }) => name), ['routes', 'flows', 'frame-size', 'graph-size']);
  for (const { name, series, skipped } of record.results) {
    t.same(skipped, [], name);
    for (const { points } of series) for (const { median } of points) t.ok(Number.isFinite(median) && median > 0, `${name}: ${median}`);
  }
  t.same(record.results[1]!.series.map(({ name }) => name), ['NAT, hot', 'NAT, cold', 'connection tracking, hot', 'connection tracking, cold']);
  t.same(record.results[2]!.series.map(({ name }) => name), ['MAC swap, copied into memory', 'through rings, --vmm process']);
  t.same(readdirSync(at('svg')).sort(), ['flows.svg', 'frame-size.svg', 'graph-size-build-time.svg', 'graph-size-image.svg', 'routes.svg']);
  for (const name of readdirSync(at('svg'))) t.notMatch(readFileSync(path.join(at('svg'), name), 'utf8'), /NaN|undefined|Infinity/, name);
  t.match(readFileSync(at('scale.html'), 'utf8'), /<svg [^]*A router and its routes/);
  t.match(readFileSync(at('scale.csv'), 'utf8'), /^growth,size,line,median,least,most,unit\r\n/);
  t.equal(JSON.parse(readFileSync(at('scale.ndjson'), 'utf8')).results.length, 4);
  t.match(stderr, /routes, 10 routes \(2 of \d+, about \d+ (s|min) left\)/);
});

t.test('an interruption leaves the points that there are, marked', async (t) => {
  const { status, stdout } = await wirelet(['bench', 'scale', '--runs', '1', '--only', 'chain', '--json'], { stopAfter: /chain, 4 elements/ });
  t.equal(status, 1);
  const record = JSON.parse(stdout) as ScaleRecord;
  t.equal(record.partial, true);
  t.ok(record.results[0]!.series[0]!.points.length >= 2);
});

t.test('what was left out says why, in plots and tables of what is there', (t) => {
  const record: ScaleRecord = {
    conditions: conditions('process'), partial: true, samples: [], median: null, unit: 'ns/packet',
    results: [{ name: 'graph-size', title: 'Graphs of any size', of: 'elements', series: [{ name: 'build time', unit: 's', points: [{ size: 10, samples: [1.5], median: 1.5 }] }], skipped: [{ size: 100, reason: 'the build takes more than 300 s' }] }],
  };
  t.same([...scalePlots(record).keys()], ['graph-size-build-time.svg']);
  t.match(scaleReport(record), /interrupted[^]*the build takes more than 300 s/);
  t.match(scaleCsv(record), /graph-size,100,left out,,,,the build takes more than 300 s/);
  t.end();
});

t.test('nothing is measured that has no name here', async (t) => {
  t.match(await wirelet(['bench', 'scale', '--only', 'moons']), { status: 2, stderr: /WL1391 [^]*rules, routes, flows/ });
});
