/**
 * `npm test [-- PART...]`: installs, builds, runs every test file (or those whose name contains a PART), shows what
 * failed and what was skipped and why, and ends with `N passed, N failed, N skipped`.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { prepare, root } from './prepare.mjs';

await prepare({ tests: true, native: !process.env.WIRELET_NO_NATIVE });
const { runTestFiles } = await import('./test-files.mjs');
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
 * it. Those of `measure`, `native`, `run` and `system` mostly wait for others; three at a time, but not beside compilers: two of `native` do nothing but compile.
 */
const ALONE = /^dist\/test\/(measure\/(devices|peers|requests|smoke)\.|run\/stream\.|system\/(bench-sites|open-vswitch-ports|peer-ports|switch-ports|start-time|watchdog|web-load)\.)/;
const WAITING = /^dist\/test\/(measure|native(?!\/(gyp|native)\.)|run|system)\//;
/** What takes longest comes first, so that at the end of a kind nothing long runs by itself; the others follow by name. */
const LONGEST = ['elements/examples', 'click/native', 'native/native', 'fuzz/random-graphs', 'native/gyp', 'click/driver', 'docs/docs', 'configs/image-sizes', 'click/configurations', 'fuzz/random-elements',
  'tcp/scripts', 'measure/bench', 'system/cli', 'measure/scenarios', 'run/processors', 'system/attach', 'system/openflow-switch', 'system/machines',
  'measure/adversity', 'system/tuned-build', 'system/init'];
const ranks = new Map(LONGEST.map((name, rank) => [`dist/test/${name}.test.js`, rank]));
const rankOf = (file) => ranks.get(file) ?? LONGEST.length;
const counts = { passed: 0, failed: 0, skipped: 0 };
const skips = [];
/** Files of which an assertion failed. */
const failed = new Set();
const kindOf = (file) => (ALONE.test(file) ? 'alone' : WAITING.test(file) ? 'waiting' : 'computing');
const groups = [['computing', 2], ['waiting', 3], ['alone', 1]].map(([kind, jobs]) => ({ jobs, files: files.filter((file) => kindOf(file) === kind).sort((a, b) => rankOf(a) - rankOf(b)) }));
const began = performance.now();
for (const { jobs, files } of groups) await runTestFiles(files, { jobs, cwd: root, begun: (file, parser) => follow(parser, [file]), ended });
for (const skip of skips) console.log(`skipped: ${skip}`);
if (files.length > 1) console.log(`${files.length} files in ${((performance.now() - began) / 1000).toFixed(0)} s`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 ? 0 : 1);

/** What a file came to: one that failed counts as a failure of its own unless one of its assertions did. */
function ended(file, failure, seconds) {
  console.log(`${failure === undefined ? 'ok    ' : 'FAILED'} ${file.replace(/^dist\//, '').replace(/\.js$/, '')} (${seconds.toFixed(1)} s)`);
  if (failure === undefined) return;
  if (!failed.has(file)) counts.failed += 1;
  console.log(`FAILED: ${file}: ${failure}\n`);
}

/** Counts the assertions below a parser, of names[0] and then its tests; a sub-test itself is no assertion. */
function follow(parser, names) {
  const nested = new Set();
  parser.on('plan', (plan) => {
    if (names.length > 1 || plan.end > 0) return;
    counts.skipped += 1;
    skips.push(`${names[0]}: ${plan.comment || 'it has no tests'}`);
  });
  parser.on('child', (child) => {
    nested.add(child);
    follow(child, [...names, child.name]);
  });
  parser.on('assert', (result) => {
    const title = [...names, result.name].filter(Boolean).join(' > ');
    const isGroup = [...nested].some((child) => child.name === result.name);
    if (result.skip || result.todo) {
      counts.skipped += 1;
      skips.push(`${title}: ${result.skip || result.todo}`);
    } else if (!result.ok && !(isGroup && failed.has(names[0]))) {
      counts.failed += 1;
      failed.add(names[0]);
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
