/** Code that is kept from one process to the next is only ever that of the file as it is. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-code-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const file = path.join(folder, 'module.cjs');

/** Puts a file there as npm does: with one time of the last change for all. */
function install(text: string): void {
  writeFileSync(`${file}.new`, text);
  utimesSync(`${file}.new`, 499_162_500, 499_162_500);
  renameSync(`${file}.new`, file);
}

/** What a process of its own gets from the file. */
function load(): string {
  const program = `import { requireKept } from ${JSON.stringify(path.join(packageRoot, 'dist/src/code-cache.js'))}; process.stdout.write(requireKept(${JSON.stringify(file)})());`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', env: { ...process.env, WIRELET_CACHE: path.join(folder, 'cache') } });
}

t.test('a file in the place of another, as long and as old, is what runs', (t) => {
  install("module.exports = () => 'one';");
  t.equal(load(), 'one');
  t.equal(readdirSync(path.join(folder, 'cache/code')).length, 1, 'its code is kept');
  t.equal(load(), 'one', 'from what is kept');
  install("module.exports = () => 'two';");
  t.equal(load(), 'two');
  t.end();
});
