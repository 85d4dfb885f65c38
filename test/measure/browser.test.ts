/** Reports as Chromium shows them: every plot is there, has its lines, and nothing is missed or goes wrong. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { conditions } from '#src/measure/conditions.js';
import { htmlReport } from '#src/measure/html-report.js';
import { latency, lossCurve, throughput } from '#src/measure/methods.js';
import type { BenchRecord } from '#src/measure/record.js';
import { scaleReport } from '#src/measure/scale/report.js';
import { versionOf } from '#src/run/machine.js';
import { scalingHistory } from '../../bench/scaling.js';
import { SimulatedDevice } from './simulated-device.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-report-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const TIMEOUT_MS = 60_000;
const SMALLEST_BYTES = 20_000;
const problem = (await versionOf('chromium')) === undefined ? 'chromium is not installed: apt-get install chromium' : false;

function browse(...words: string[]): { stdout: string; stderr: string } {
  return spawnSync('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--enable-logging=stderr', `--user-data-dir=${folder}/profile`, '--window-size=1280,2000', ...words], { encoding: 'utf8', timeout: TIMEOUT_MS, maxBuffer: 1 << 26 });
}

async function measured(): Promise<BenchRecord> {
  const device = new SimulatedDevice({ capacity: 5e6 });
  const where = conditions('process');
  return {
    format: 1, subject: 'configs/wire.yaml', conditions: where,
    settings: { method: 'throughput', trial_seconds: 1, from: 'lan', traffic: 'UDP, 64 flows', forwarded: 1, ring_size: 1024, batch_size: 32, generator: 'built in', maximum_pps: 20e6 },
    results: [
      { frame_size: 64, ...(await throughput(device, 1)) },
      { frame_size: 512, ...(await throughput(device, 1)) },
      { frame_size: 1518, ...(await throughput(device, 1)) },
      { frame_size: 64, ...(await latency(device, 5e6, 0.1, 1)) },
      { frame_size: 64, ...(await lossCurve(device, 10e6, 0.1)) },
    ],
    samples: [], median: null, unit: 'ns/packet', mpps: null, ns_per_packet: null, cycles_per_packet: null,
  };
}

t.test('reports in a browser', { skip: problem, timeout: 4 * TIMEOUT_MS }, async (t) => {
  const [growth] = scalingHistory();
  for (const [name, html, titles] of [
    ['bench', htmlReport(await measured()), ['Throughput by frame size', 'Latency', 'Frame loss']],
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
  }
});
