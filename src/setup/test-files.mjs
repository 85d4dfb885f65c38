/**
 * Runs test files in processes of their own, some at a time, and gives what they say in TAP. Not by tap's command, which would record for
 * coverage what each Node process loads that a test starts: twice the time of a suite that starts thousands.
 */
import { spawn } from 'node:child_process';
import { Parser } from 'tap-parser';

/** A test file that says nothing for longer than this hangs; and tests of a file that set no time of their own have as much together. */
const SILENT_S = 600;
/** So long it may then take to say where it stood, before it is killed. */
const REPORT_MS = 10_000;

/** Runs `files` (below `cwd`), `jobs` at a time; `begun(file, parser)` follows each, `ended(file, failure, seconds)` tells of its end: a text, when it failed. */
export async function runTestFiles(files, { jobs, cwd, begun, ended }) {
  const waiting = [...files];
  const next = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const began = performance.now();
      const parser = new Parser();
      begun(file, parser);
      const failure = await run(file, cwd, parser);
      ended(file, failure, (performance.now() - began) / 1000);
    }
  };
  await Promise.all(Array.from({ length: jobs }, next));
}

/** Why the file failed, if it did. */
function run(file, cwd, parser) {
  const env = { ...process.env, TAP: '1', TAP_TIMEOUT: String(SILENT_S) };
  const child = spawn(process.execPath, ['--enable-source-maps', file], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.pipe(parser);
  let late = false;
  let killing;
  const silent = setTimeout(() => {
    late = true;
    child.kill('SIGTERM');
    killing = setTimeout(() => child.kill('SIGKILL'), REPORT_MS);
  }, SILENT_S * 1000);
  child.stdout.on('data', () => late || silent.refresh());
  const parsed = new Promise((resolve) => parser.once('complete', resolve));
  return new Promise((resolve) => child.once('close', (code, signal) => {
    clearTimeout(silent);
    clearTimeout(killing);
    parsed.then((results) => {
      if (late) resolve(`it said nothing for ${SILENT_S} s`);
      else if (code !== 0) resolve(`it ended with ${signal ?? `status ${code}`}`);
      else resolve(results.ok ? undefined : 'its TAP is not whole');
    });
  }));
}
