/**
 * curl reads the site of the running web server, in all the ways that HTTP has; requests by hand show what becomes of malformed ones.
 * WIRELET_VMM chooses how the appliance runs.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { startAppliance } from './lab/appliance.js';
import { Lab } from './lab/lab.js';

const SITE = path.join(packageRoot, 'configs/sites/example');
const URL = 'http://192.0.2.80';

await t.test('a web server on two processors', { skip: Lab.problem('curl') ?? false }, async (t) => {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const client = lab.machine('client');
  const lan = lab.tap();
  const appliance = await startAppliance(lab, 'web-server', { lan }, process.env.WIRELET_VMM, {}, 2);
  client.plug(lan, '192.0.2.100/24', '2001:db8::100/64');
  const css = readFileSync(path.join(SITE, 'style.css'), 'utf8');
  const fetch = (url: string) => client.run('curl', '--silent', '--show-error', '--no-keepalive', '--max-time', '10', url);
  const urls = Array.from({ length: 24 }, (_, index) => (index % 4 === 0 ? 'http://[2001:db8::80]/style.css' : `${URL}/style.css`));
  for (const { stdout, stderr } of await Promise.all(urls.map(fetch))) t.equal(stdout, css, stderr);
  const { elements } = await appliance.stop();
  t.equal(elements.web?.counters['requests'], urls.length, 'requests of both are counted');
});

await t.test('a web server on a tap', { skip: Lab.problem('ping', 'curl', 'nc') ?? false }, async (t) => {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const client = lab.machine('client');
  const lan = lab.tap();
  // The date of all files; without it none is told.
  process.env['SOURCE_DATE_EPOCH'] = '1764547200';
  const appliance = await startAppliance(lab, 'web-server', { lan });
  client.plug(lan, '192.0.2.100/24', '2001:db8::100/64');
  const curl = async (...words: string[]) => (await client.run('curl', '--silent', '--show-error', '--max-time', '10', ...words)).stdout;
  /** What comes back for bytes as they stand, until the server closes or two seconds are over. */
  const raw = async (request: string) => (await client.run('sh', '-c', `printf '${request}' | timeout 5 nc -q 2 192.0.2.80 80`)).stdout;

  await t.test('serves files, the index of a folder, and what is not there', async (t) => {
    t.equal(await curl(`${URL}/style.css`), readFileSync(path.join(SITE, 'style.css'), 'utf8'));
    t.equal(await curl(`${URL}/`), readFileSync(path.join(SITE, 'index.html'), 'utf8'));
    t.equal(await curl(`${URL}/about/`), readFileSync(path.join(SITE, 'about/index.html'), 'utf8'));
    t.match(await curl('-I', `${URL}/about`), /^HTTP\/1\.1 301 [\s\S]*\r\nLocation: \/about\/\r\n/);
    const missing = await curl('-i', `${URL}/missing`);
    t.match(missing, /^HTTP\/1\.1 404 Not Found\r\n/);
    t.match(missing, /<title>Not found<\/title>/, 'with the page of the site');
    t.equal(await curl(`${URL}/%73tyle.css?version=2`), readFileSync(path.join(SITE, 'style.css'), 'utf8'), 'an encoded path, with a query');
  });

  await t.test('serves the same over IPv6', async (t) => {
    t.equal(await curl('-6', 'http://[2001:db8::80]/style.css'), readFileSync(path.join(SITE, 'style.css'), 'utf8'));
    t.match((await client.run('ping', '-6', '-c', '3', '-i', '0.2', '-W', '2', '2001:db8::80')).stdout, /3 received/);
    t.equal(await curl('-6', ...Array.from({ length: 20 }, () => 'http://[2001:db8::80]/style.css')), readFileSync(path.join(SITE, 'style.css'), 'utf8').repeat(20), 'on one connection');
    t.equal((await client.run('curl', '-6', '--silent', '--max-time', '5', 'http://[2001:db8::80]:81/')).status, 7, 'another port is refused, not silent');
  });

  await t.test('answers HEAD, conditions and ranges', async (t) => {
    const head = await curl('-I', `${URL}/style.css`);
    t.match(head, /^HTTP\/1\.1 200 OK\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n[\s\S]*Content-Type: text\/css; charset=utf-8\r\n/);
    const tag = /^ETag: (.*?)\r$/m.exec(head)?.[1] ?? '';
    const changed = /^Last-Modified: (.*?)\r$/m.exec(head)?.[1] ?? '';
    t.match(await curl('-i', '-H', `If-None-Match: "x", ${tag}`, `${URL}/style.css`), /^HTTP\/1\.1 304 /);
    t.match(await curl('-i', '-H', 'If-None-Match: "x"', `${URL}/style.css`), /^HTTP\/1\.1 200 /);
    t.equal(changed, 'Mon, 01 Dec 2025 00:00:00 GMT');
    t.match(await curl('-i', '-H', `If-Modified-Since: ${changed}`, `${URL}/style.css`), /^HTTP\/1\.1 304 /);
    t.match(await curl('-i', '-H', 'If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT', `${URL}/style.css`), /^HTTP\/1\.1 200 /);
    t.match(await curl('-i', '-H', 'If-Modified-Since: Monday, 01-Dec-25 00:00:00 GMT', `${URL}/style.css`), /^HTTP\/1\.1 304 /);
    const css = readFileSync(path.join(SITE, 'style.css'), 'utf8');
    t.equal(await curl('-r', '5-9', `${URL}/style.css`), css.slice(5, 10));
    t.equal(await curl('-r', '-7', `${URL}/style.css`), css.slice(-7));
    t.match(await curl('-i', '-r', '5-9', `${URL}/style.css`), new RegExp(`^HTTP/1\\.1 206 [\\s\\S]*\\r\\nContent-Range: bytes 5-9/${css.length}\\r\\nContent-Length: 5\\r\\n`));
    t.match(await curl('-i', '-r', '99999-', `${URL}/style.css`), new RegExp(`^HTTP/1\\.1 416 [\\s\\S]*\\r\\nContent-Range: bytes \\*/${css.length}\\r\\n`));
    t.equal(await curl('-r', '5-9', '-H', 'If-Range: "other"', `${URL}/style.css`), css, 'of another version: the whole');
  });

  await t.test('sends what was compressed beforehand to who takes it', async (t) => {
    const css = readFileSync(path.join(SITE, 'style.css'), 'utf8');
    t.equal(await curl('--compressed', `${URL}/style.css`), css);
    t.match(await curl('-I', '-H', 'Accept-Encoding: gzip, br', `${URL}/style.css`), /Content-Encoding: br\r\n/);
    t.match(await curl('-I', '-H', 'Accept-Encoding: gzip;q=0.5, br;q=0', `${URL}/style.css`), /Content-Encoding: gzip\r\n/);
    t.notMatch(await curl('-I', '-H', 'Accept-Encoding: gzip;q=0', `${URL}/style.css`), /Content-Encoding/);
  });

  await t.test('keeps connections, and answers requests that come together in their order', async (t) => {
    t.equal(await curl(`${URL}/robots.txt`, `${URL}/style.css`, '-o', '/dev/null', '-o', '/dev/null', '-w', '%{num_connects} '), '1 0 ');
    const both = await raw('GET /robots.txt HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nHEAD / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n');
    t.match(both, /^HTTP\/1\.1 200 OK\r\n[\s\S]*User-agent: \*\nAllow: \/\nHTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close\r\n/);
    const many = await raw(`${'GET /robots.txt HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'.repeat(60)}`);
    t.equal(many.split('HTTP/1.1 200 OK').length - 1, 60, 'more than are answered at once');
  });

  await t.test('refuses what is malformed, too long or not served', async (t) => {
    const status = async (request: string) => /^HTTP\/1\.1 (\d+)/.exec(await raw(request))?.[1];
    t.equal(await status('GET / HTTP/1.1\\r\\n\\r\\n'), '400', 'no Host');
    t.equal(await status('GET  / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'), '400', 'two blanks');
    t.equal(await status('GET / HTTP/1.1\\r\\nHost: a\\r\\n b\\r\\n\\r\\n'), '400', 'a folded line');
    t.equal(await status('GET / HTTP/1.1\\r\\nHost : a\\r\\n\\r\\n'), '400', 'a blank before a colon');
    t.equal(await status('GET / HTTP/2.0\\r\\nHost: a\\r\\n\\r\\n'), '505');
    t.equal(await status('BREW / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'), '501');
    t.equal(await status('POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 3\\r\\n\\r\\nabc'), '405');
    t.equal(await status(`GET /${'a'.repeat(5000)} HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n`), '414');
    t.equal(await status(`GET / HTTP/1.1\\r\\nHost: a\\r\\n${`X: ${'b'.repeat(90)}\\r\\n`.repeat(100)}\\r\\n`), '431');
  });

  const { elements } = await appliance.stop();
  const requests = elements.web?.counters['requests'] ?? 0;
  t.ok(requests > 80, `${requests} requests were counted`);
});
