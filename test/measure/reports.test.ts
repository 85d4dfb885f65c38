/** Every named condition and every figure of a measurement is in every report: terminal, HTML, JSON, CSV. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { recordText } from '#src/cli/show-record.js';
import { conditions } from '#src/measure/conditions.js';
import { csvText } from '#src/measure/csv.js';
import { CSV_COLUMNS, csvOf } from '#src/measure/csv-report.js';
import { htmlReport } from '#src/measure/html-report.js';
import { frameBytesOf, trialsOf } from '#src/measure/record.js';
import { benchSchema } from '#src/measure/record-schema.js';
import { rowsOf } from '#src/measure/rows.js';
import { shown } from '#src/measure/shown.js';
import { packageRoot } from '#src/package-root.js';
import { wirelet } from '../system/command-line.js';
import { recordErrors } from './record-check.js';
import { sampleRecord, SPEED_SAMPLES } from './sample-record.js';

/** Records of comma-separated values as RFC 4180 has them. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}

t.test('every named condition is in every report', async (t) => {
  const record = await sampleRecord();
  const reports = { terminal: recordText(record, true), html: htmlReport(record), json: JSON.stringify(record), csv: csvOf(record) };
  const NAMED: Record<string, RegExp> = {
    'frame sizes include the check sequence': /check sequence|fcs.bytes/,
    'layer 1 counts preamble and gap': /gap/,
    'processor': /Sample CPU/,
    'cores': /6 cores|cores\D{1,20}6\b/,
    'clock': /2345/,
    'memory': /77/,
    'kernel': /6\.6\.6-sample/,
    'VMM': /process/,
    'commit': /0123456789ab/,
    'host': /feedc0ffee123456/,
    'ring size': /1024/,
    'batch size': /batch\D{1,30}32|batches of 32/,
    'generator': /built in, of samples/,
    'method': /throughput/,
    'search': /mlr/,
    'repetitions': /3 repetitions|runs\D{1,20}3\b/,
    'interface': /lan/,
    'traffic': /UDP, 64 flows/,
    'late frames': /98\.7|98765/,
  };
  for (const [name, report] of Object.entries(reports)) {
    for (const [what, pattern] of Object.entries(NAMED)) t.match(report, pattern, `${name}: ${what}`);
    for (const sample of SPEED_SAMPLES) t.ok(report.includes(String(sample)) || report.includes(shown(sample)), `${name}: sample ${sample}`);
    t.notMatch(report, /NaN|undefined|Infinity/, `${name}: no number that is none`);
  }
  // 5 Mpps of 64 bytes: 84 on the wire.
  const ndr = rowsOf(record).find(({ what }) => what === 'NDR')!;
  t.ok(Math.abs(ndr.l1_gbps! - (ndr.value! * 84 * 8) / 1e3) < 1e-9 && Math.abs(ndr.l2_gbps! - (ndr.value! * 64 * 8) / 1e3) < 1e-9, 'layers 1 and 2');
  const soak = rowsOf(record).find(({ what }) => what === 'lost in soak')!;
  t.ok(Math.abs(soak.l2_gbps! - (2e6 * 321.5 * 8) / 1e9) < 1e-9, 'of captured frames, too');
  t.match(soak.note, /98\.8 us late at most.*off by 99 ppm/);
});

t.test('reordered, duplicated and corrupted frames are in every report', async (t) => {
  const record = await sampleRecord();
  const [soak] = record.results.filter(({ method }) => method === 'soak');
  t.same(trialsOf(soak!).map(({ reordered, duplicated, corrupted }) => [reordered, duplicated, corrupted]), [[3, 7, 11], [3, 7, 11], [3, 7, 11]]);
  t.match(recordText(record), /reordered +duplicated +corrupted[^]*captured +3 +25 +50000000 +\d+ +\d+ +9 +21 +33 +98\.77/);
  t.match(htmlReport(record), /<td>captured<\/td><td>soak<\/td>.*<td class="n">9<\/td><td class="n">21<\/td><td class="n">33<\/td>/);
  const rows = readCsv(csvOf(record)).filter(([section, size]) => section === 'trial' && size === 'captured');
  const [reordered, duplicated, corrupted] = ['reordered', 'duplicated', 'corrupted'].map((name) => CSV_COLUMNS.indexOf(name));
  t.same(rows.map((row) => [row[reordered!], row[duplicated!], row[corrupted!]]), [['3', '7', '11'], ['3', '7', '11'], ['3', '7', '11']]);
});

t.test('every sample and every trial is in every report', async (t) => {
  const record = await sampleRecord();
  const trials = record.results.flatMap(trialsOf).length;
  const rows = readCsv(csvOf(record));
  t.equal(rows.filter(([section]) => section === 'trial').length, trials);
  t.equal(recordText(record, true).split('Every trial:\n')[1]!.split('\n').length, trials + 1);
  t.equal((htmlReport(record).split('Every sample and trial')[1]!.match(/<tr><td/g) ?? []).length, trials);
  t.equal(rows.filter(([section, , what]) => section === 'sample' && what === 'full speed').length, 3 * SPEED_SAMPLES.length);
  for (const each of record.results) t.ok(frameBytesOf(each)! >= 64);
});

t.test('CSV has a field for each column in each row, quoted where it must be (RFC 4180)', async (t) => {
  const record = await sampleRecord();
  const text = csvOf(record);
  t.ok(text.endsWith('\r\n'));
  const [columns, ...rows] = readCsv(text);
  t.same(columns, CSV_COLUMNS);
  for (const row of rows) if (row.length !== CSV_COLUMNS.length) t.fail(`${row.length} fields: ${row.join('|')}`);
  t.same(rows.find(([section, , what]) => section === 'condition' && what === 'subject')![3], record.subject, 'quotes and ampersands come back as they were');
  t.same(new Set(rows.map(([section]) => section)), new Set(['condition', 'figure', 'sample', 'trial']));
  const odd = ['a,b', 'say "x"', 'two\r\nlines', ' spaces ', '', '-1.5e3'];
  t.same(readCsv(csvText([odd, odd])), [odd, odd]);
  t.end();
});

t.test('the page needs nothing else', async (t) => {
  const html = htmlReport(await sampleRecord());
  t.match(html, /a &lt;b&gt; &amp; &quot;c&quot;\.yaml/);
  t.notMatch(html, /<b>|<script|<link|@import|url\(|https?:(?!\/\/www\.w3\.org)/);
});

t.test('JSON is as the schema says, and every field of the schema is explained', async (t) => {
  const schema = benchSchema();
  const holds = (document: unknown, what: string) => t.equal(recordErrors(document), '', what);
  const record = await sampleRecord();
  holds(record, 'a record of every method');
  holds({ ...record, partial: true, results: record.results.map((result) => ({ ...result, partial: true })) }, 'an interrupted one');
  const { settings: _, ...without } = record;
  t.not(recordErrors(without), '', 'a record without settings is none');
  t.not(recordErrors({ ...record, results: [{ ...record.results[0], surprise: 1 }] }), '', 'fields that the schema does not know are none');
  for (const line of ['bench/scaling.ndjson']) for (const text of readFileSync(path.join(packageRoot, line), 'utf8').trim().split('\n')) holds(JSON.parse(text), line);
  for (const [name, { properties }] of Object.entries(schema['definitions'] as Record<string, { properties?: Record<string, { description?: string; $ref?: string }> }>)) {
    for (const [field, { description, $ref }] of Object.entries(properties ?? {})) t.ok($ref !== undefined || description !== undefined || ['unit', 'median', 'latency'].includes(field), `${name}.${field} has a description`);
  }
  t.same(JSON.parse((await wirelet(['schema', '--bench'])).stdout), schema, 'wirelet schema --bench prints it');
});

t.test('the machine says how fast its clock is, where the kernel knows', (t) => {
  const { mhz } = conditions('process');
  const told = /^cpu MHz\s*: *([\d.]+)/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
  if (told === null || Number(told[1]) === 0) t.pass('skipped', { skip: 'the kernel does not tell the clock of the processor' });
  else t.ok(mhz !== null && mhz > 100 && mhz < 10_000, `${mhz} MHz`);
  t.end();
});
