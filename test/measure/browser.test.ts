/** Reports as Chromium shows them: every plot is there, has its lines, and nothing is missed or goes wrong. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { htmlReport } from '#src/measure/html-report.js';
import { scaleReport } from '#src/measure/scale/report.js';
import { versionOf } from '#src/run/machine.js';
import { scalingHistory } from '../../bench/scaling.js';
import { sampleRecord } from './sample-record.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-report-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const TIMEOUT_MS = 60_000;
const SMALLEST_BYTES = 20_000;
const problem = (await versionOf('chromium')) === undefined ? 'chromium is not installed: apt-get install chromium' : false;

function browse(...words: string[]): { stdout: string; stderr: string } {
  return spawnSync('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--enable-logging=stderr', `--user-data-dir=${folder}/profile`, '--window-size=1280,2000', ...words], { encoding: 'utf8', timeout: TIMEOUT_MS, maxBuffer: 1 << 26 });
}

t.test('reports in a browser', { skip: problem, timeout: 4 * TIMEOUT_MS }, async (t) => {
  const [growth] = scalingHistory();
  for (const [name, html, titles] of [
    ['bench', htmlReport(await sampleRecord()), ['Throughput by frame size', 'Latency', 'Frame loss', 'Soak']],
    ['scale', growth === undefined ? '' : scaleReport(growth), ['A firewall and its rules']],
  ] as const) {
    const file = path.join(folder, `${name}.html`);
    writeFileSync(file, html);
    const { stdout: dom, stderr } = browse('--dump-dom', `file://${file}`);
    const plots = dom.match(/<svg[^]*?<\/svg>/g) ?? [];
    for (const title of titles) t.ok(plots.some((plot) => plot.includes(title)), `${name}: ${title}`);
    for (const plot of plots) t.match(plot, /<polyline points="[\d.]+,[\d.]+ [\d.]+,[\d.]+/, 'a line of more than one point');
    t.notMatch(stderr, /CONSOLE|ERR_FILE_NOT_FOUND/, 'nothing goes wrong in the page');
    const shot = path.join(folder, `${name}.png`);
    browse(`--screenshot=${shot}`, `file://${file}`);
    const image = readFileSync(shot);
    t.equal(image.readUInt32BE(16), 1280);
    t.ok(image.length > SMALLEST_BYTES, `${image.length} bytes: a page without plots makes a far smaller image`);
    // A frame of the page is as wide as a telephone: what is wider scrolls in its own box, and not the page.
    const narrow = path.join(folder, `${name}-narrow.html`);
    writeFileSync(narrow, `<iframe id="f" src="${name}.html" style="width:390px;height:800px;border:0" onload="const { scrollWidth, clientWidth } = f.contentDocument.documentElement; document.title = scrollWidth - clientWidth"></iframe>`);
    t.match(browse('--allow-file-access-from-files', '--dump-dom', `file://${narrow}`).stdout, /<title>0<\/title>/, `${name}: no wider than the screen`);
  }
});
