/** The cases for `wirelet click`: how they are read, run, and compared with what is expected. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Test } from 'tap';
import { parse } from 'yaml';
import { packageRoot } from '#src/package-root.js';

export interface Case {
  /** What is shown, as a sentence. */
  readonly shows: string;
  /** Command of `wirelet`; `click` unless said. */
  readonly command?: string;
  /** The configuration, in the file `config.click`; absent: the command line names one. */
  readonly config?: string;
  /** The command line after the configuration. */
  readonly args?: readonly (string | number)[];
  readonly stdin?: string;
  /** Files beside the configuration; captures, `*.pcap`, in hexadecimal. */
  readonly files?: Readonly<Record<string, string>>;
  /** Absent: not looked at. */
  readonly stdout?: string;
  /** Absent: nothing. */
  readonly stderr?: string;
  readonly exit?: number;
  /** Files there are afterwards, and what is in them. */
  readonly written?: Readonly<Record<string, string>>;
  /** Parameters that are given free UDP ports of this machine. */
  readonly ports?: readonly string[];
}

export const KEYS = new Set(['shows', 'command', 'config', 'args', 'stdin', 'files', 'stdout', 'stderr', 'exit', 'written', 'ports']);
export const CASE_MS = 40_000;

const folder = path.join(packageRoot, 'test/click');
const wanted = process.env.WIRELET_CASE ?? '';
const names = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name.includes(wanted)).sort();
const wirelet = path.join(packageRoot, 'src/cli/wirelet.mjs');

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number | string;
  readonly written: Readonly<Record<string, string>>;
}

/** A folder with the files of a case; `leave` removes it. */
export function enter(given: Case): { readonly place: string; leave(): void } {
  const place = mkdtempSync(path.join(tmpdir(), 'wirelet-click-'));
  for (const [name, text] of Object.entries(given.files ?? {})) {
    mkdirSync(path.dirname(path.join(place, name)), { recursive: true });
    writeFileSync(path.join(place, name), name.endsWith('.pcap') ? Buffer.from(text.replace(/\s/g, ''), 'hex') : text);
  }
  if (given.config !== undefined) writeFileSync(path.join(place, 'config.click'), given.config);
  return { place, leave: () => rmSync(place, { recursive: true, force: true }) };
}

/** What follows the command's name. */
export function lineOf(given: Case): string[] {
  return [...(given.config === undefined ? [] : ['config.click']), ...(given.args ?? []).map(String)];
}

async function run(given: Case, more: readonly string[]): Promise<Outcome> {
  const { place, leave } = enter(given);
  try {
    const args = [wirelet, given.command ?? 'click', ...lineOf(given), ...(await freePorts(given.ports ?? [])), ...more];
    const { stdout, stderr, exit } = await spawned(args, place, given.stdin ?? '');
    const written = Object.fromEntries(Object.keys(given.written ?? {}).map((name) => [name, readText(path.join(place, name))]));
    return { stdout, stderr, exit, written };
  } finally {
    leave();
  }
}

/** `NAME=PORT` for each name: ports that nobody has now, each another one. */
async function freePorts(names: readonly string[]): Promise<string[]> {
  const sockets = names.map(() => createSocket('udp4'));
  for (const socket of sockets) await once(socket.bind(0, '127.0.0.1'), 'listening');
  const given = sockets.map((socket, index) => `${names[index]}=${socket.address().port}`);
  for (const socket of sockets) await once(socket.close(), 'close');
  return given;
}

function spawned(args: readonly string[], cwd: string, stdin: string): Promise<Omit<Outcome, 'written'>> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd, timeout: CASE_MS, killSignal: 'SIGKILL' });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
    child.on('close', (code, signal) => resolve({ stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), exit: code ?? `ended by ${signal}` }));
    // It may not read what it is given.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '(there is no such file)';
  }
}

/** `%RE{...}` within an expectation stands for what the expression matches. */
function matches(actual: string, expected: string): boolean {
  if (!expected.includes('%RE{')) return actual === expected;
  const pattern = expected.split(/%RE\{(.*?)\}%/).map((piece, index) => (index % 2 === 1 ? `(?:${piece})` : piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${pattern.join('')}$`).test(actual);
}

export interface NamedCase {
  readonly name: string;
  readonly given: Case;
}

export const cases: readonly NamedCase[] = names.map((name) => ({ name, given: parse(readFileSync(path.join(folder, name), 'utf8')) as Case }));

/** Whether a case runs elements, so that it can run them compiled. */
export function runs({ command = 'click', args = [], exit = 0, config }: Case): boolean {
  return command === 'click' && exit === 0 && !args.includes('-q') && (config !== undefined || args.includes('-e'));
}

/** Runs a case, `more` behind its command line, and holds it to what is expected. */
export async function hold(t: Test, { name, given }: NamedCase, file: string, more: readonly string[] = []): Promise<void> {
  const replay = `WIRELET_CASE=${name} npm test -- click/${file}`;
  const outcome = await run(given, more);
  if (given.stdout !== undefined) t.ok(matches(outcome.stdout, given.stdout), `standard output (${replay})`, { expected: given.stdout, actual: outcome.stdout });
  t.ok(matches(outcome.stderr, given.stderr ?? ''), `standard error (${replay})`, { expected: given.stderr ?? '', actual: outcome.stderr });
  t.equal(outcome.exit, given.exit ?? 0, `exit status (${replay})`);
  t.same(outcome.written, given.written ?? {}, `files (${replay})`);
}
