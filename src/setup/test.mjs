/**
 * `npm test [-- PART...]`: installs, builds, runs every test file (or those whose name contains a PART) with
 * tap, shows what failed and what was skipped and why, and ends with `N passed, N failed, N skipped`.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { prepare, root } from './prepare.mjs';

/** A test file that takes longer than this hangs. */
const FILE_TIMEOUT_S = 600;

await prepare({ tests: true, native: !process.env.WIRELET_NO_NATIVE });
const { Parser } = await import('tap-parser');
const parts = process.argv.slice(2);
const files = readdirSync(path.join(root, 'dist/test'), { recursive: true })
  .filter((file) => file.endsWith('.test.js') && (parts.length === 0 || parts.some((part) => file.includes(part))))
  .map((file) => path.join('dist/test', file))
  .sort();
if (files.length === 0) {
  console.error(`no test file's name contains ${parts.join(' or ')}`);
  process.exit(2);
}

/**
 * Tests that look at the clock, or change what all of the machine share (large pages): one file at a time, nothing beside
 * it. Those of `measure`, `native`, `run` and `system` mostly wait for others; two at a time, but not beside compilers.
 */
const ALONE = /^dist\/test\/(measure\/(devices|peers|requests|smoke)\.|native\/native\.|run\/stream\.|system\/(bench-sites|open-vswitch-ports|peer-ports|switch-ports|start-time|watchdog|web-load)\.)/;
const WAITING = /^dist\/test\/(measure|native|run|system)\//;
const counts = { passed: 0, failed: 0, skipped: 0 };
const skips = [];
const kindOf = (file) => (ALONE.test(file) ? 'alone' : WAITING.test(file) ? 'waiting' : 'computing');
const groups = [['computing', 2], ['waiting', 2], ['alone', 1]].map(([kind, jobs]) => ({ jobs, files: files.filter((file) => kindOf(file) === kind) }));
let status = 0;
const began = performance.now();
for (const group of groups) if (group.files.length > 0) status = (await runTap(group)) || status;
for (const skip of skips) console.log(`skipped: ${skip}`);
if (status !== 0 && counts.failed === 0) {
  // A file that ended before its plan was done counts as one failure.
  counts.failed += 1;
  console.log(`tap ended with status ${status}`);
}
if (files.length > 1) console.log(`${files.length} files in ${((performance.now() - began) / 1000).toFixed(0)} s`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 ? 0 : 1);

function runTap({ jobs, files }) {
  const options = ['run', '--disable-coverage', '--allow-empty-coverage', '--reporter=tap', `--jobs=${jobs}`, `--timeout=${FILE_TIMEOUT_S}`, '--no-color', ...files];
  const child = spawn(process.execPath, [path.join(root, 'node_modules/tap/dist/esm/run.mjs'), ...options], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const parser = new Parser();
  follow(parser, []);
  child.stdout.pipe(parser);
  return new Promise((resolve) => {
    let exit;
    let parsed = false;
    const end = () => exit !== undefined && parsed && resolve(exit);
    child.once('close', (code) => {
      exit = code ?? 1;
      end();
    });
    parser.once('complete', () => {
      parsed = true;
      end();
    });
  });
}

/** Counts the assertions below a parser; a sub-test itself is not one. */
function follow(parser, names) {
  const nested = new Set();
  parser.on('child', (child) => {
    nested.add(child);
    follow(child, [...names, child.name]);
  });
  parser.on('assert', (result) => {
    const title = [...names, result.name].filter(Boolean).join(' > ');
    if (names.length === 0) {
      console.log(`${result.ok ? 'ok    ' : 'FAILED'} ${result.name.replace(/^dist\//, '').replace(/\.js$/, '')} (${((result.time ?? 0) / 1000).toFixed(1)} s)`);
    }
    const isGroup = [...nested].some((child) => child.name === result.name);
    if (result.skip || result.todo) {
      counts.skipped += 1;
      skips.push(`${title}: ${result.skip || result.todo}`);
    } else if (!result.ok && !(isGroup && counts.failed > 0)) {
      counts.failed += 1;
      console.log(`\nFAILED: ${title}`);
      if (result.diag) console.log(indent(JSON.stringify(result.diag, null, 2)));
    } else if (result.ok && !isGroup) {
      counts.passed += 1;
    }
  });
}

function indent(text) {
  return text.replaceAll('\\n', '\n').split('\n').map((line) => `    ${line}`).join('\n');
}
