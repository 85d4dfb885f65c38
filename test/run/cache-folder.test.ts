/** Where results are kept for the next time, and what is done where that cannot be. */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { cacheFolder, lastingFolder } from '#src/cache-folder.js';

const own = mkdtempSync(path.join(tmpdir(), 'wirelet-cache-'));
const before = process.env['WIRELET_CACHE'];
t.teardown(() => {
  rmSync(own, { recursive: true, force: true });
  if (before === undefined) delete process.env['WIRELET_CACHE'];
  else process.env['WIRELET_CACHE'] = before;
});

t.test('the folder is made, with those around it, for its owner alone', (t) => {
  process.env['WIRELET_CACHE'] = path.join(own, 'a/b');
  t.equal(cacheFolder('kind'), path.join(own, 'a/b/kind'));
  t.equal(statSync(path.join(own, 'a')).mode & 0o777, 0o700);
  t.end();
});

t.test('where it cannot be made, another serves this process', (t) => {
  for (const base of ['/proc/wirelet/cache', '/dev/null/cache']) {
    process.env['WIRELET_CACHE'] = base;
    t.equal(lastingFolder('kind'), undefined, base);
    const folder = cacheFolder('kind');
    t.notMatch(folder, base);
    t.ok(existsSync(folder));
    rmSync(folder, { recursive: true });
  }
  t.end();
});
