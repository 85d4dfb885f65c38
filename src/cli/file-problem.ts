/** What the operating system says of files that commands read or write, for people. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { failure, type DiagnosticError } from '../diagnostics.js';

export interface FileProblem {
  readonly message: string;
  readonly hint: string;
}

type Words = (file: string) => FileProblem;

const NO_ROOM: Words = (file) => ({ message: `the disk is full: ${file}`, hint: 'Make room (df -h), or choose another folder.' });
const NOT_ALLOWED: Words = (file) => ({ message: `${file} may not be read or written`, hint: 'Look at its permissions: ls -l' });

/** By code, errno(3). */
const WORDS: Readonly<Record<string, Words>> = {
  ENOENT: missing,
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: (file) => ({ message: `${file} is on a file system that can only be read`, hint: 'Choose another folder.' }),
  ENOSPC: NO_ROOM,
  EDQUOT: NO_ROOM,
  EISDIR: (file) => ({ message: `${file} is a folder`, hint: 'Give a file.' }),
  ENOTDIR: (file) => ({ message: `a part of ${file} is not a folder`, hint: 'Check the name.' }),
  EEXIST: (file) => ({ message: `${file} is there already`, hint: 'Choose another name.' }),
  ELOOP: (file) => ({ message: `${file} is a link that leads back to itself`, hint: 'Look where it leads: ls -l' }),
  ENAMETOOLONG: (file) => ({ message: `the name ${file} is too long`, hint: 'A part of a path has at most 255 bytes, all of it 4,095.' }),
  EMFILE: () => ({ message: 'too many files are open', hint: 'Allow more: ulimit -n' }),
};

function missing(file: string): FileProblem {
  const folder = path.dirname(file);
  if (existsSync(folder)) return { message: `there is no file ${file}`, hint: 'Check the name and the folder.' };
  return { message: `there is no folder ${folder}`, hint: `Make it (mkdir -p), or choose another one for ${path.basename(file)}.` };
}

/** Undefined where it is something else. A copy that could not be written names its source first: what is meant is the other file. */
export function fileProblem({ code = '', path: file, dest }: NodeJS.ErrnoException & { readonly dest?: string }): FileProblem | undefined {
  return WORDS[code]?.(dest ?? file ?? 'the file');
}

/**
 * Makes a folder and those that it is in, where they are not there. Unlike with `recursive` the error is that of the folder that could not be
 * made, as on a file system that can only be read.
 */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const parent = path.dirname(folder);
  if (parent !== folder) makeFolder(parent);
  try {
    mkdirSync(folder);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!existsSync(folder)) throw error;
  }
}

/** What is thrown when an image, or a folder with one, could not be written. */
export function notWritten(error: unknown, where: string): DiagnosticError {
  const { code } = error as NodeJS.ErrnoException;
  return failure('WL3102', `${where} cannot be written (${code})`, fileProblem({ ...(error as NodeJS.ErrnoException), path: where })?.hint ?? 'Choose a folder where you may write.');
}
