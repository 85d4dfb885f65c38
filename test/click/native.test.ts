/**
 * The cases that run something, once more with --engine native: the C made of the elements, beside those of the control side, prints the same lines and
 * answers handlers with the same values.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { quickToolchain } from '#src/image/toolchain.js';
import { CASE_MS, cases, runs } from './cases.js';
import { hold } from './hold-case.js';

const compiler = await quickToolchain().catch(() => undefined);
const running = cases.filter(({ given }) => runs(given));
/** Processes that work at once, as cases do. */
const JOBS = 2;

/**
 * Where many cases run in one process, what they compile is not optimised: nothing that they hold to depends on it, and it takes three quarters of the
 * time. Those that run alone are compiled as for people.
 */
const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-quick-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const wrapper = path.join(folder, 'gcc');
writeFileSync(wrapper, '#!/bin/sh\n# The version keeps its results apart.\ncase "$1" in --version) echo "gcc that does not optimise, $(gcc --version | head -n 1)"; exit;; esac\nexec gcc "$@" -O0\n', { mode: 0o755 });
const QUICK = process.env['WIRELET_CC'] === undefined && compiler?.kind === 'gcc' ? { WIRELET_CC: wrapper } : {};

t.jobs = JOBS;
t.setTimeout(CASE_MS * 60);
if (compiler === undefined) t.pass('skipped', { skip: 'there is no C compiler' });
else {
  const program = fileURLToPath(new URL('compile-ahead.js', import.meta.url));
  const many = Array.from({ length: JOBS }, (_, first) => ({ args: ['many', first, JOBS], env: QUICK }));
  const made = await Promise.all([...many, { args: ['alone', 0, 1], env: {} }].map(({ args, env }) => promisify(execFile)(process.execPath, [program, ...args.map(String)], { env: { ...process.env, ...env } })));
  t.comment(`compiled before: ${made.map(({ stdout }) => stdout.trim()).join(', ')}`);
  for (const each of running) {
    t.test(`${each.name.replace(/\.yaml$/, '')} in C: ${each.given.shows}`, { timeout: CASE_MS * 2, buffered: true }, (t) => hold(t, each, 'native', ['--engine', 'native'], QUICK));
  }
}
