/**
 * The documentation of this project, served by the appliance project-site: its links lead somewhere, and Chromium shows its pages.
 * WIRELET_VMM chooses how the appliance runs.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { startAppliance } from './lab/appliance.js';
import { Lab } from './lab/lab.js';

const SITE = path.join(packageRoot, 'build/project-site');
const URL = 'http://192.0.2.80';
const MEMORY_MAX = 6 * 2 ** 20;

await t.test('every link and image of the site leads to something on it', async (t) => {
  const files = readdirSync(SITE, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'));
  t.ok(files.length > 20, `${files.length} pages`);
  const texts = new Map(files.map((file) => [file, readFileSync(path.join(SITE, file), 'utf8')]));
  const dead: string[] = [];
  for (const [file, text] of texts) {
    for (const [, target] of text.matchAll(/(?:href|src)="([^"]+)"/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const [to, fragment] = target!.split('#') as [string, string?];
      const full = to === '' ? file : to.startsWith('/') ? 'index.html' : path.join(path.dirname(file), to);
      const there = texts.get(full) ?? (readdirSync(path.join(SITE, path.dirname(full))).includes(path.basename(full)) ? '' : undefined);
      if (there === undefined || (fragment !== undefined && !there.includes(`id="${fragment}"`))) dead.push(`${file}: ${target}`);
    }
  }
  t.same(dead, []);
});

await t.test('the site in a browser', { skip: Lab.problem('curl', 'chromium') ?? false }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-browser-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const lab = new Lab();
  t.teardown(() => lab.close());
  const client = lab.machine('client');
  const lan = lab.tap();
  const appliance = await startAppliance(lab, 'project-site', { lan });
  client.plug(lan, '192.0.2.100/24');
  const browse = async (...words: string[]) => {
    const options = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', `--user-data-dir=${folder}/profile`, '--window-size=1280,900'];
    const program = await client.serve(/begin/, 'sh', '-c', 'echo begin; exec "$@"', 'sh', 'chromium', ...options, ...words);
    return (await program.ended).stdout;
  };

  await t.test('has pages with the text of the documents', async (t) => {
    const dom = await browse('--dump-dom', `${URL}/`);
    t.match(dom, /<nav>[\s\S]*href="dns-server\.html"/, dom.slice(0, 500));
    t.match(dom, /<h1 id="[^"]*">Wirelet/);
    t.match(await browse('--dump-dom', `${URL}/decisions/0005-dependencies.html`), /<table>[\s\S]*typescript/);
    t.match(await browse('--dump-dom', `${URL}/nowhere`), /Not found/);
  });
  for (const page of ['', 'tcp.html']) {
    await t.test(`shows /${page} in colour`, async (t) => {
      const file = path.join(folder, `shot-${page}.png`);
      await browse(`--screenshot=${file}`, `${URL}/${page}`);
      const image = readFileSync(file);
      t.equal(image.subarray(1, 4).toString(), 'PNG');
      t.equal(image.readUInt32BE(16), 1280);
      // A page without style or text makes a far smaller image.
      t.ok(image.length > 40_000, `${image.length} bytes`);
    });
  }
  await t.test('is the folder, byte by byte', async (t) => {
    const got = await client.run('curl', '--silent', '--max-time', '10', `${URL}/elements.html`);
    t.equal(got.stdout, readFileSync(path.join(SITE, 'elements.html'), 'utf8'));
  });
  const { elements, memory } = await appliance.stop();
  t.ok(elements.web!.counters.requests! >= 6);
  if (memory.guest_bytes !== null) t.ok(memory.guest_bytes <= MEMORY_MAX, `${(memory.guest_bytes / 2 ** 20).toFixed(2)} MiB of memory`);
});
