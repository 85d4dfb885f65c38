/** The files a graph is read from: the graph itself and what it includes, each read once. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SourceText, type Diagnostics, type Span } from '../diagnostics.js';

/** Largest file that is read as part of a graph: a list of a million rules fits. */
export const SOURCE_BYTES_MAX = 64 * 1024 * 1024;

export class SourceFiles {
  private readonly byPath = new Map<string, SourceText>();

  constructor(private readonly diagnostics: Diagnostics) {}

  /** The files read so far, in order. */
  get list(): readonly SourceText[] {
    return [...this.byPath.values()];
  }

  /** Takes part as a file that was read: text from standard input, say. */
  adopt(source: SourceText): SourceText {
    this.byPath.set(`<${source.file}>`, source);
    return source;
  }

  /** The graph's own file; undefined, with a diagnostic, when it cannot be read. */
  open(file: string): SourceText | undefined {
    return this.read(file, (message, hint) => this.diagnostics.error('WL1000', undefined, message, hint));
  }

  /** A file named in another one, relative to that one. */
  include(name: string, at: Span, click?: string): SourceText | undefined {
    const beside = path.isAbsolute(name) ? name : path.join(path.dirname(at.source.file), name);
    const file = existsSync(beside) ? beside : (inClickPath(name) ?? beside);
    return this.read(file, (message, hint) => this.diagnostics.error('WL1003', at, message, hint, undefined, click === undefined ? undefined : { text: click }));
  }

  private read(file: string, fail: (message: string, hint?: string) => void): SourceText | undefined {
    const key = path.resolve(file);
    const known = this.byPath.get(key);
    if (known !== undefined) return known;
    const source = readTextFile(file, fail, (problem) => {
      const hint = 'Is this really a graph? An image is run with `wirelet run`, looked at with `wirelet inspect`.';
      this.diagnostics.error('WL1002', undefined, `${file} ${problem}`, problem.includes('UTF-8') ? 'Save it as UTF-8.' : hint);
    });
    if (source !== undefined) this.byPath.set(key, source);
    return source;
  }
}

/** The file of that name in a folder that the variable CLICKPATH lists, or in `conf` there, as Click looks for libraries. */
function inClickPath(name: string): string | undefined {
  if (path.isAbsolute(name)) return undefined;
  const folders = (process.env.CLICKPATH ?? '').split(':').filter((folder) => folder !== '');
  return folders.flatMap((folder) => [path.join(folder, 'conf', name), path.join(folder, name)]).find((file) => existsSync(file));
}

type Fail = (message: string, hint?: string) => void;

/** Reads a file of text; undefined, said by one of the two, when it cannot be read or is no text. */
export function readTextFile(file: string, failToRead: Fail, failAsText: (problem: string) => void = (problem) => failToRead(`${file} ${problem}`)): SourceText | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    failToRead(...whyUnread(file, error as NodeJS.ErrnoException));
    return undefined;
  }
  const text = asText(bytes);
  if (typeof text === 'string') return new SourceText(file, text);
  failAsText(text.problem);
  return undefined;
}

function whyUnread(file: string, error: NodeJS.ErrnoException): [string, string?] {
  switch (error.code) {
    case 'ENOENT':
      return [`there is no file ${file}`, `It is looked for at ${path.resolve(file)}.`];
    case 'EISDIR':
      return [`${file} is a folder, not a file`];
    case 'EACCES':
      return [`${file} may not be read`, `Its permissions do not allow it: chmod +r ${file}`];
    default:
      return [`${file} cannot be read: ${error.message}`];
  }
}

function asText(bytes: Buffer): string | { problem: string } {
  if (bytes.length > SOURCE_BYTES_MAX) return { problem: `is too large: ${bytes.length} bytes of at most ${SOURCE_BYTES_MAX}` };
  if (bytes.includes(0)) return { problem: 'is not text: it has zero bytes' };
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { problem: 'is not text in UTF-8' };
  }
}
