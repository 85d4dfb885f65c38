/** A figure that is promised in docs/specification.md besides the scenarios' rates, and how it is measured. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';

export interface Goal {
  /** Unlike any other goal's: the history knows it by its name. */
  readonly name: string;
  readonly unit: string;
  /** What is to be reached; without it the figure is only reported. */
  readonly reach?: { readonly most: number } | { readonly least: number };
}

/** What was measured for a goal. */
export interface Measurement {
  /** Name of the goal. */
  readonly name: string;
  /** In the goal's unit: a median where there are several samples. */
  readonly value: number;
  readonly samples?: readonly number[];
  /** What the figure depends on and the conditions of the machine do not say, such as loss beside a rate. */
  readonly note?: string;
}

/** Goals that one measurement shows together. */
export interface GoalGroup {
  /** One word: `npm run bench -- --only NAME` measures the group. */
  readonly name: string;
  /** The heading above the table. */
  readonly title: string;
  /** What is measured and how, in a sentence or two. */
  readonly text?: string;
  readonly goals: readonly Goal[];
  /** Measured also when nothing is asked for by name: it takes seconds. */
  readonly usual?: true;
  /** One measurement for each goal that could be measured; without it the group is not yet measured. An error's message is the reason why there is none. */
  measure?(say: (text: string) => void, samples: number): Promise<readonly Measurement[]>;
}

/** Whether a goal is reached; null where it is only reported. */
export function reached({ reach }: Goal, value: number): boolean | null {
  if (reach === undefined) return null;
  return 'most' in reach ? value <= reach.most : value >= reach.least;
}

export function reachText({ reach, unit }: Goal): string {
  if (reach === undefined) return 'reported';
  return 'most' in reach ? `<= ${amount(reach.most)} ${unit}`.trim() : `>= ${amount(reach.least)} ${unit}`.trim();
}

const amount = (value: number) => (value >= 1000 ? value.toLocaleString('en-US') : String(value));

const COMMAND = path.join(packageRoot, 'src/cli/wirelet.cjs');
const TIMEOUT_MS = 1_800_000;

/** What `wirelet WORDS --json` prints. Fails with what it says when it ends with another status than 0. */
export async function wireletJson<T = Record<string, unknown>>(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<T> {
  return JSON.parse(await program(process.execPath, [COMMAND, ...words, '--json'], env)) as T;
}

/** What a program prints. Fails with what it says when it ends with another status than 0. */
export async function program(command: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const child = spawn(command, words, { cwd: packageRoot, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
  let out = '', errors = '';
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (errors += piece.toString()));
  const status = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (status !== 0) throw new Error(`${[path.basename(command), ...words].join(' ')} ended with ${status ?? 'a signal'}: ${errors.trim().split('\n').at(-1) ?? ''}`);
  return out;
}
