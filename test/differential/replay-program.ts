/**
 * Programs made of graphs as C: several in one file take the compiler two fifths of the time of a file each, for it starts, reads the headers of
 * the system and links once. A run is still a process of its own, of one graph.
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { packageRoot } from '#src/package-root.js';

export interface Compiler {
  readonly name: string;
  readonly command: string;
  readonly flags: readonly string[];
  /** What it is told besides, so that a program that did not end well says why and where. To have that in every program takes a fifth of a compiler's time. */
  readonly telling?: readonly string[];
}

export const COMPILERS: readonly Compiler[] = [
  // What always_inline puts in place is a function here: checked once, it takes the compiler two thirds of the time.
  {
    name: 'gcc -O0, sanitizers', command: 'gcc',
    flags: ['-O0', '-Dalways_inline=unused', '-fsanitize=undefined,address', '-fno-sanitize-recover=all', '-fno-sanitize=alignment', '-fsanitize-undefined-trap-on-error'],
    // Lines are enough to read what a sanitizer says.
    telling: ['-g1', '-fno-sanitize-undefined-trap-on-error'],
  },
  { name: 'gcc -O3', command: 'gcc', flags: ['-O3'] },
  { name: 'clang -O3', command: 'clang', flags: ['-O3'] },
].filter(({ command }) => spawnSync(command, ['--version']).status === 0);

/** With a quick linker, where there is one. */
const FLAGS = ['-std=gnu17', '-w', '-fno-strict-aliasing', ...(spawnSync('ld.gold', ['--version']).status === 0 ? ['-fuse-ld=gold'] : [])];

/** Programs allocate nothing, so nothing can leak; to look for leaks takes a program three times as long as its work. */
const ENVIRONMENT = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' };

/** Folders of the headers that a unit includes; each finds those of the others beside it. */
const HEADERS = ['native/runtime', 'native/abi', 'test/differential'];
const OUTPUT_BYTES_MAX = 1 << 30;

/** What a unit and its headers call things that are known in the whole file. */
const KNOWN = /\b(?=(?:wl|WL|wirelet|WIRELET)_|e\d+_|k\d+\b)/g;

/** Text of C with the names of unit `number` in place of those that all units have. Names of headers remain. */
function renamed(text: string, number: number): string {
  return text.split('\n').map((line) => (/^\s*#\s*include\b/.test(line) ? line : line.replaceAll(KNOWN, `u${number}_`))).join('\n');
}

let headers: string | undefined;
const written = new Set<number>();

/** The folder with the headers as unit `number` includes them: each unit has settings of its own. */
function headersOf(number: number): string {
  if (headers === undefined) {
    const made = (headers = mkdtempSync(path.join(tmpdir(), 'wirelet-headers-')));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  }
  const folder = path.join(headers, String(number));
  if (written.has(number)) return folder;
  for (const from of HEADERS) {
    const to = path.join(folder, path.basename(from));
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(path.join(packageRoot, from)).filter((name) => name.endsWith('.h'))) {
      writeFileSync(path.join(to, name), renamed(readFileSync(path.join(packageRoot, from, name), 'utf8'), number));
    }
  }
  written.add(number);
  return folder;
}

/** A unit as part of a file with others. */
function part(unit: string, number: number): string {
  const folder = headersOf(number);
  const fileOf = (name: string) => HEADERS.map((from) => path.join(folder, path.basename(from), name)).find((file) => readdirSync(path.dirname(file)).includes(name));
  return renamed(unit, number).replaceAll(/^#include "([^"]+)"/gm, (line, name: string) => (fileOf(name) === undefined ? line : `#include "${fileOf(name)}"`));
}

/** What unit `number` is given. */
export interface ReplayRun {
  readonly number: number;
  readonly seed: number;
  readonly start: bigint;
  /** As wl_replay.h reads it. */
  readonly input: Uint8Array;
}

/** Units, each with wl_replay.h, as one program in a folder of its own, which `dispose` removes. */
export class ReplayProgram {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'wirelet-replay-'));
  private readonly compiled = new Map<Compiler, Promise<unknown> | undefined>();

  constructor(units: readonly string[]) {
    const entries = units.map((_, number) => `X(${number}, u${number}_wl_replay)`).join(' ');
    const main = `#define REPLAY_UNITS ${entries}\n#include "${path.join(packageRoot, 'test/differential/replay_main.h')}"\n`;
    writeFileSync(path.join(this.folder, 'units.c'), `${[...units.map(part), main].join('\n')}`);
  }

  /** Compiles, once, beside what else there is to do. */
  async compile(compiler: Compiler): Promise<void> {
    if (!this.compiled.has(compiler)) this.compiled.set(compiler, promisify(execFile)(compiler.command, this.line(compiler)));
    await this.compiled.get(compiler);
  }

  /** Does a run, compiled by now or before. Throws what it says when it does not end well. */
  run(compiler: Compiler, run: ReplayRun): Buffer {
    if (!this.compiled.has(compiler)) {
      execFileSync(compiler.command, this.line(compiler));
      this.compiled.set(compiler, undefined);
    }
    const result = spawned(compiler, this.file(compiler), run);
    return bytesOf(compiler, result, result.status === 0 ? undefined : this.told(compiler, run));
  }

  /** Does several beside what else there is to do; for each what gives its output, or throws what it says. */
  async runAll(compiler: Compiler, runs: readonly ReplayRun[]): Promise<(() => Buffer)[]> {
    await this.compile(compiler);
    const done = promisify(execFile)(this.file(compiler), { env: ENVIRONMENT, maxBuffer: OUTPUT_BYTES_MAX, encoding: 'buffer' });
    // Where it ends early, `done` says so.
    done.child.stdin!.on('error', () => undefined).end(encoded(runs));
    const results = decoded((await done).stdout).map((result, index) => ({ result, told: result.status === 0 ? undefined : this.told(compiler, runs[index]!) }));
    return results.map(({ result, told }) => () => bytesOf(compiler, result, told));
  }

  /** What a program that tells more says of a run that did not end well. */
  private told(compiler: Compiler, run: ReplayRun): string | undefined {
    if (compiler.telling === undefined) return undefined;
    const file = `${this.file(compiler)}-telling`;
    execFileSync(compiler.command, [...FLAGS, ...compiler.flags, ...compiler.telling, '-o', file, path.join(this.folder, 'units.c')]);
    return spawned(compiler, file, run).errors;
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private line(compiler: Compiler): string[] {
    return [...FLAGS, ...compiler.flags, '-o', this.file(compiler), path.join(this.folder, 'units.c')];
  }

  private file({ name }: Compiler): string {
    return path.join(this.folder, `replay ${name}`.replaceAll(/\W+/g, '-'));
  }
}

/** As replay_main.h reads it. */
function encoded(runs: readonly ReplayRun[]): Buffer {
  return Buffer.concat(
    runs.flatMap(({ number, seed, start, input }) => {
      const head = Buffer.alloc(20);
      head.writeUInt32LE(number, 0);
      head.writeUInt32LE(seed, 4);
      head.writeBigUInt64LE(start, 8);
      head.writeUInt32LE(input.length, 16);
      return [head, input];
    }),
  );
}

/** What became of a run. */
interface Result {
  readonly status: number;
  readonly bytes: Buffer;
  readonly errors: string;
}

/** Does one run. Throws what is said when the program itself does not end well. */
function spawned(compiler: Compiler, file: string, run: ReplayRun): Result {
  const { stdout, stderr, status, signal } = spawnSync(file, { env: ENVIRONMENT, input: encoded([run]), maxBuffer: OUTPUT_BYTES_MAX });
  if (status !== 0) throw new Error(ended(compiler, status ?? signal, stderr.toString()));
  return decoded(stdout)[0]!;
}

/** As replay_main.h writes it. */
function decoded(output: Buffer): Result[] {
  const found: Result[] = [];
  for (let at = 0; at < output.length; ) {
    const [status, length, errors] = [0, 4, 8].map((offset) => output.readUInt32LE(at + offset)) as [number, number, number];
    found.push({ status, bytes: output.subarray(at + 12, at + 12 + length), errors: output.toString('utf8', at + 12 + length, at + 12 + length + errors) });
    at += 12 + length + errors;
  }
  return found;
}

function bytesOf(compiler: Compiler, { status, bytes, errors }: Result, told = errors): Buffer {
  if (status !== 0) throw new Error(ended(compiler, status, told));
  return bytes;
}

function ended({ name }: Compiler, status: number | string | null, text: string): string {
  return `the compiled graph (${name}) ended with ${status}:\n${text.slice(0, 4000)}`;
}
