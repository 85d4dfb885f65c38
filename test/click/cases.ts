/** The cases for `wirelet click`: how they are read, and what of the machine they need. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
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

export interface NamedCase {
  readonly name: string;
  readonly given: Case;
}

export const cases: readonly NamedCase[] = names.map((name) => ({ name, given: parse(readFileSync(path.join(folder, name), 'utf8')) as Case }));

/** Whether a case runs elements, so that it can run them compiled. */
export function runs({ command = 'click', args = [], exit = 0, config }: Case): boolean {
  return command === 'click' && exit === 0 && !args.includes('-q') && (config !== undefined || args.includes('-e'));
}

/**
 * Whether a case runs as the command that people call: some of all, always the same, and other commands, what is read from standard input, and what
 * changes the process. The others run in few processes, in a fraction of the time; see many-cases.ts.
 */
export function isAlone({ name, given: { command, stdin, ports, config = '' } }: NamedCase): boolean {
  const chosen = createHash('sha256').update(name).digest()[0]! % 8 === 0;
  return chosen || command !== undefined || stdin !== undefined || ports !== undefined || config.includes('ChangeUID');
}
