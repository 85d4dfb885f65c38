/** The C compiler on this machine: clang where present (its code for the packet path is faster), else gcc. */
import { execFile, execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { failure } from '../diagnostics.js';
import { cached, contentHash } from './cache.js';

const run = promisify(execFile);

export interface Toolchain {
  readonly command: string;
  readonly kind: 'clang' | 'gcc';
  /** First line of `--version`: part of every cache key. */
  readonly version: string;
}

/** Compilation that takes longer than this has gone wrong. */
const COMPILE_TIMEOUT_MS = 300_000;
/** And so long for each MiB of C: clang takes 3 s of a core for one (a chain of mixed elements), which may be shared by many. */
const COMPILE_MS_A_MEBIBYTE = 60_000;
const OUTPUT_BYTES_MAX = 1 << 26;

let found: Promise<Toolchain> | undefined;

/** The compiler to use; WIRELET_CC names one. Fails with what to install when there is none. */
export function toolchain(): Promise<Toolchain> {
  found ??= find();
  return found;
}

async function find(): Promise<Toolchain> {
  const chosen = process.env['WIRELET_CC'];
  for (const command of chosen === undefined ? ['clang', 'gcc', 'cc'] : [chosen]) {
    try {
      const version = await versionOf(command);
      return { command, kind: /clang/i.test(version) ? 'clang' : 'gcc', version };
    } catch {
      // Not there: the next one.
    }
  }
  throw failure(
    'WL5001',
    chosen === undefined ? 'no C compiler was found (clang, gcc)' : `the C compiler WIRELET_CC=${chosen} does not run`,
    'Install one: apt-get install gcc',
  );
}

/** First line of `--version`. clang takes a sixth of a second to say it: it is asked once as long as its file is the same. */
async function versionOf(command: string): Promise<string> {
  const known = programState(command);
  if (known === undefined) return askVersion(command);
  const { file } = await cached(contentHash('compiler version', known), '.txt', async (draft) => writeFileSync(draft, await askVersion(command)));
  return readFileSync(file, 'utf8');
}

async function askVersion(command: string): Promise<string> {
  const { stdout } = await run(command, ['--version']);
  return stdout.split('\n')[0]!.trim();
}

/** What changes with a program; undefined for a script, which may call any other, and for what is not there or may not be looked at. */
function programState(command: string): string | undefined {
  const folders = command.includes('/') ? [''] : (process.env['PATH'] ?? '').split(path.delimiter);
  const file = folders.map((folder) => path.join(folder, command)).find(isFile);
  if (file === undefined) return undefined;
  try {
    const program = realpathSync(file);
    const { ino, size, mtimeMs, ctimeMs } = statSync(program);
    return isElf(program) ? [program, ino, size, mtimeMs, ctimeMs].join(' ') : undefined;
  } catch {
    return undefined;
  }
}

/** Also where a folder of PATH is closed to us. */
function isFile(place: string): boolean {
  try {
    return statSync(place).isFile();
  } catch {
    return false;
  }
}

function isElf(file: string): boolean {
  const start = Buffer.alloc(4);
  const handle = openSync(file, 'r');
  try {
    return readSync(handle, start) === 4 && start.toString('latin1') === '\x7fELF';
  } finally {
    closeSync(handle);
  }
}

/** The compiler for what somebody waits for: gcc where present, which takes half of clang's time. WIRELET_CC names another. */
export async function quickToolchain(): Promise<Toolchain> {
  if (process.env['WIRELET_CC'] === undefined) {
    try {
      return await gcc();
    } catch {
      // Not there: the usual one.
    }
  }
  return toolchain();
}

/** The compiler for builds by a profile: gcc, whose profiles need nothing but what it brings. */
export async function profilingToolchain(): Promise<Toolchain> {
  const usual = await toolchain();
  if (usual.kind === 'gcc') return usual;
  try {
    return await gcc();
  } catch {
    throw failure('WL5001', 'builds by a profile are made with gcc, and there is none', 'Install it: apt-get install gcc; or build without --profile.');
  }
}

async function gcc(): Promise<Toolchain> {
  return { command: 'gcc', kind: 'gcc', version: await versionOf('gcc') };
}

/** Runs the compiler (or linker through it). Its complaints become one diagnostic. `sourceBytes`: how long what it compiles is. */
export async function compile(tool: Toolchain, options: readonly string[], what: string, sourceBytes = 0): Promise<void> {
  try {
    await run(tool.command, [...options], { timeout: COMPILE_TIMEOUT_MS + Math.round((sourceBytes / 2 ** 20) * COMPILE_MS_A_MEBIBYTE), maxBuffer: OUTPUT_BYTES_MAX });
  } catch (error) {
    throw complaint(tool, what, error);
  }
}

/** The same for who cannot wait: a router that has to go on with what is compiled. */
export function compileNow(tool: Toolchain, options: readonly string[], what: string): void {
  try {
    execFileSync(tool.command, options, { timeout: COMPILE_TIMEOUT_MS, maxBuffer: OUTPUT_BYTES_MAX, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw complaint(tool, what, error);
  }
}

function complaint(tool: Toolchain, what: string, error: unknown): Error {
  const { stderr = '', message } = error as { stderr?: string | Buffer; message: string };
  const lines = (String(stderr) || message).split('\n').slice(0, 30).join('\n');
  return failure('WL3002', `${tool.command} could not compile ${what}:\n${lines}`, 'This is a defect of Wirelet if your elements passed the check: please report it with the graph.');
}
