/**
 * The cases that run something, once more with --engine native: the C made of the elements, beside those of the control side, prints the same lines and
 * answers handlers with the same values.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { toolchain } from '#src/image/toolchain.js';
import { CASE_MS, cases, hold, runs } from './cases.js';

const compiler = await toolchain().catch(() => undefined);
const running = cases.filter(({ given }) => runs(given));
/** Processes that work at once, as cases do. */
const JOBS = 2;

t.jobs = JOBS;
t.setTimeout(CASE_MS * 60);
if (compiler === undefined) t.pass('skipped', { skip: 'there is no C compiler' });
else {
  const program = fileURLToPath(new URL('compile-ahead.js', import.meta.url));
  const made = await Promise.all(Array.from({ length: JOBS }, (_, first) => promisify(execFile)(process.execPath, [program, String(first), String(JOBS)])));
  t.comment(`compiled before: ${made.map(({ stdout }) => stdout.trim()).join(', ')}`);
  for (const each of running) {
    t.test(`${each.name.replace(/\.yaml$/, '')} in C: ${each.given.shows}`, { timeout: CASE_MS * 2, buffered: true }, (t) => hold(t, each, 'native', ['--engine', 'native']));
  }
}
