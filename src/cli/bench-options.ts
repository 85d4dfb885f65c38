/** Options of `bench`, read and checked. */
import { accessSync, constants, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GENERATED_BYTES } from '../run/port-spec.js';
import { STANDARD_SIZES, type FrameSize } from '../measure/frame-size.js';
import { VMMS } from '../run/choose-vmm.js';
import type { Vmm } from '../run/outcome.js';
import { UsageError, type Call } from './command.js';

export function vmmOf(call: Call): Vmm | undefined {
  const vmm = call.text('vmm') as Vmm | undefined;
  if (vmm !== undefined && !VMMS.includes(vmm)) throw new UsageError('WL1391', `--vmm ${vmm}: there is no such way to run`, `There are ${VMMS.join(', ')}.`);
  return vmm;
}

export function number(call: Call, name: string, unless: number, least: number, most: number): number {
  const text = call.text(name);
  const value = text === undefined ? unless : Number(text);
  const whole = name === 'runs' ? Number.isInteger(value) : Number.isFinite(value);
  if (!whole || value < least || value > most) throw new UsageError('WL1391', `--${name} ${text} is not a number from ${least} to ${most}`);
  return value;
}

export function sizesOf(text: string): FrameSize[] {
  if (text === 'all') return [...STANDARD_SIZES, 'imix'];
  const sizes = text.split(',').map((size) => (size === 'imix' ? size : Number(size)));
  const { min, max } = GENERATED_BYTES;
  if (sizes.some((size) => size !== 'imix' && !(Number.isInteger(size) && size >= min && size <= max))) throw new UsageError('WL1391', `--sizes ${text} are not sizes from ${min} to ${max}, imix, or all`);
  return sizes;
}

/** Ctrl-C and SIGTERM end what is measured, not the program: it still reports what it has. */
export async function whileNotStopped(measuring: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const stopper = new AbortController();
  const stop = () => stopper.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    return await measuring(stopper.signal);
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
  }
}

const FILES = ['html', 'csv', 'history'] as const;

/** Before a measurement, which may take long: what it comes to can be written where it is asked for. */
export function checkFiles(call: Call): void {
  for (const name of FILES) {
    const file = call.text(name);
    if (file === undefined) continue;
    try {
      accessSync(path.dirname(file), constants.W_OK);
    } catch (error) {
      throw new UsageError('WL1391', `--${name} ${file} cannot be written (${(error as NodeJS.ErrnoException).code})`, 'Name a file in a folder that is there, and that you may write to.');
    }
  }
}

/** The files of --html, --csv and --history, where they are asked for. */
export function writeWhereAsked(call: Call, made: { readonly html: () => string; readonly csv: () => string; readonly history: (file: string) => void }): void {
  const html = call.text('html'), csv = call.text('csv'), history = call.text('history');
  if (html !== undefined) writeFileSync(html, made.html());
  if (csv !== undefined) writeFileSync(csv, made.csv());
  if (history !== undefined) made.history(history);
}
