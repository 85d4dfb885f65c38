/** Opens files to be read, those that gzip, compress or bzip2 made, too: as Click does, by the programs that undo it. */
import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What compressed files begin with, in hexadecimal: RFC 1952 2.3.1, compress, and bzip2's mark of a block behind the digit of its size. */
const PROGRAMS: readonly (readonly [beginning: RegExp, program: string])[] = [
  [/^1f(8b|9d)/, 'zcat'],
  [/^425a683[1-9]314159265359/, 'bzcat'],
];
const BEGINNING_BYTES = 10;

/** The program whose output is what is in the file; undefined: the file is not compressed. */
export function uncompressingProgram(descriptor: number): string | undefined {
  const beginning = Buffer.alloc(BEGINNING_BYTES);
  let size: number;
  try {
    size = readSync(descriptor, beginning, 0, BEGINNING_BYTES, 0);
  } catch (error) {
    // What has no places, such as a pipe, is read as it comes.
    if ((error as NodeJS.ErrnoException).code === 'ESPIPE') return undefined;
    throw error;
  }
  const shown = beginning.subarray(0, size).toString('hex');
  return PROGRAMS.find(([mark]) => mark.test(shown))?.[1];
}

/** Bytes of a file that is read as it is; undefined: it is compressed, no plain file, or not there. `-` is standard input. */
export function plainSize(file: string): number | undefined {
  if (file === '-') return sizeOf(0);
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return undefined;
  }
  try {
    return uncompressingProgram(descriptor) === undefined ? sizeOf(descriptor) : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

function sizeOf(descriptor: number): number | undefined {
  const found = fstatSync(descriptor);
  return found.isFile() ? found.size : undefined;
}

/** A descriptor from which the file's content is read front to back. Throws what the operating system says, or the program. */
export function openUncompressed(file: string): number {
  const descriptor = openSync(file, 'r');
  try {
    const program = uncompressingProgram(descriptor);
    if (program === undefined) return descriptor;
    const content = contentBy(program, file);
    closeSync(descriptor);
    return content;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** What the program prints about the file, on a file without a name: contents of any size take little memory. */
function contentBy(program: string, file: string): number {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-'));
  try {
    const name = path.join(folder, 'content');
    const written = openSync(name, 'w');
    const content = openSync(name, 'r');
    const { error, status, stderr } = spawnSync(program, ['--', path.resolve(file)], { stdio: ['ignore', written, 'pipe'], encoding: 'utf8' });
    closeSync(written);
    if (error === undefined && status === 0) return content;
    closeSync(content);
    throw new Error(error === undefined ? stderr.trim() : `compressed, and ${program} cannot be run: ${(error as NodeJS.ErrnoException).code}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
