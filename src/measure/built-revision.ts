/** Another revision of Wirelet, built in a folder of its own that is kept for the next time. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../cache-folder.js';
import { failure } from '../diagnostics.js';
import { packageRoot } from '../package-root.js';

export interface Revision {
  /** As the user calls it, and its commit. */
  readonly name: string;
  readonly commit: string;
}

/** Built revisions that are kept, those that were used last. */
const KEPT = 6;
/** Unfinished ones of a process that was killed are removed after that long. */
const LEFT_BEHIND_MS = 3_600_000;
const BUILD_TIMEOUT_MS = 600_000;
const DONE = '.built';
const NEW = '.new-';
/** What npm install depends on. */
const PACKAGES = ['package.json', 'package-lock.json'];

/** The commit of a revision of this repository. Fails with WL4134. */
export function revisionOf(name: string): Revision {
  const { status, stdout, stderr, error } = spawnSync('git', ['-C', packageRoot, 'rev-parse', '--verify', '--end-of-options', `${name}^{commit}`], { encoding: 'utf8' });
  if (status === 0) return { name, commit: stdout.trim() };
  const reason = error === undefined ? (stderr ?? '').trim().split('\n').at(-1)!.replace(/^fatal: /, '') : error.message;
  throw failure('WL4134', `${name} is no revision of this repository, and no record: ${reason}`, 'Give two revisions of a clone of Wirelet, or two files that --json wrote.');
}

/** The folder where it lies, built now or before. Fails with WL4134; an interruption leaves nothing behind. */
export async function builtRevision({ name, commit }: Revision, signal: AbortSignal, onProgress: (text: string) => void): Promise<string> {
  const folder = cacheFolder('revisions');
  const tree = path.join(folder, `${commit}-${process.version}`);
  if (existsSync(path.join(tree, DONE))) {
    onProgress(`${name} (${commit.slice(0, 12)}) was built before`);
    utimesSync(tree, new Date(), new Date());
    return tree;
  }
  const began = performance.now();
  onProgress(`building ${name} (${commit.slice(0, 12)}), which takes about a minute and is kept for the next time ...`);
  const fresh = mkdtempSync(path.join(folder, NEW));
  try {
    const archive = `${fresh}/.tar`;
    await program('git', ['-C', packageRoot, 'archive', '--format=tar', `--output=${archive}`, commit], { cwd: fresh, signal });
    await program('tar', ['-xf', archive], { cwd: fresh, signal });
    rmSync(archive);
    await lend(fresh, signal);
    await program('npm', ['run', 'build'], { cwd: fresh, timeout: BUILD_TIMEOUT_MS, signal });
    writeFileSync(path.join(fresh, DONE), commit);
    if (!existsSync(tree)) renameSync(fresh, tree);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  onProgress(`${name} is built, in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  prune(folder);
  return tree;
}

/** What we have here and the revision may need as it is: packages and native programs. Its own build looks whether it does. */
async function lend(tree: string, signal: AbortSignal): Promise<void> {
  const same = (file: string) => existsSync(path.join(tree, file)) && readFileSync(path.join(tree, file), 'utf8') === readFileSync(path.join(packageRoot, file), 'utf8');
  if (!PACKAGES.every(same)) return;
  const ours = (file: string) => path.join(packageRoot, file);
  // Links cost nothing; another file system has to copy.
  const copy = (options: string) => program('cp', [options, ours('node_modules'), 'node_modules'], { cwd: tree, signal });
  if (existsSync(ours('node_modules'))) await copy('-al').catch(() => {
    signal.throwIfAborted();
    rmSync(path.join(tree, 'node_modules'), { recursive: true, force: true });
    return copy('-a');
  });
  mkdirSync(path.join(tree, 'build'), { recursive: true });
  for (const file of ['build/.packages.stamp', 'build/.native.stamp', 'build/Release']) if (existsSync(ours(file))) cpSync(ours(file), path.join(tree, file), { recursive: true });
}

/** Removes what was not used for long. */
function prune(folder: string): void {
  const entries = readdirSync(folder).map((name) => ({ file: path.join(folder, name), fresh: name.startsWith(NEW), used: statSync(path.join(folder, name)).mtimeMs })).sort((a, b) => b.used - a.used);
  const old = [...entries.filter(({ fresh }) => !fresh).slice(KEPT), ...entries.filter(({ fresh, used }) => fresh && Date.now() - used > LEFT_BEHIND_MS)];
  for (const { file } of old) rmSync(file, { recursive: true, force: true });
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly timeout?: number;
  readonly signal: AbortSignal;
}

/** Runs a program to its end; what it started ends with it. What it printed, or WL4134. */
export async function program(command: string, words: readonly string[], { cwd, timeout = 120_000, signal }: ProgramOptions): Promise<string> {
  signal.throwIfAborted();
  const child = spawn(command, words, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It has ended.
    }
  };
  let out = '', errors = '', late = false;
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (errors = (errors + piece.toString()).slice(-20_000)));
  const timer = setTimeout(() => {
    late = true;
    end();
  }, timeout);
  signal.addEventListener('abort', end, { once: true });
  try {
    const status = await new Promise<number | string | null>((resolve, reject) => child.once('error', reject).once('close', (code, by) => resolve(code ?? by)));
    signal.throwIfAborted();
    if (status === 0) return out;
    const said = `${errors}\n${out}`.trim().split('\n').findLast((line) => line.trim() !== '' && !/^npm (error|warn)/i.test(line)) ?? '';
    throw failure('WL4134', `${path.basename(command)} ${words.slice(0, 2).join(' ')} ${late ? `took more than ${timeout / 1000} s` : `failed (${status})`} in ${cwd}: ${said}`, 'Build that revision by hand to see why: git worktree add FOLDER REVISION, then npm start there.');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw failure('WL4134', `${command} is not installed`, 'Two revisions need git, tar and npm; two records need nothing.');
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}
