/** Text files that the arguments of elements name, each read once; they belong to the graph as its own files do. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostics, SourceText, Span } from '../diagnostics.js';
import type { FolderFile } from '../kit/build-context.js';
import { readTextFile, SOURCE_BYTES_MAX } from './source-files.js';

export class ElementFiles {
  private readonly byPath = new Map<string, SourceText>();
  /** Hashes of what folders hold. */
  private readonly folders = new Map<string, string>();

  /** `folder` is the graph's. */
  constructor(private readonly folder: string) {}

  /** The texts read so far, in order of their names: what else the graph is made of. */
  get texts(): readonly string[] {
    const folders = [...this.folders].map(([name, hash]) => [name, { text: hash }] as const);
    return [...this.byPath, ...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { text }]) => text);
  }

  /** Reads what an argument names, or, with `at`, what another file names there; reported for `place` if not for that. */
  read(name: string, at: Span | undefined, place: Span, diagnostics: Diagnostics): SourceText | undefined {
    const file = at === undefined ? this.find(name) : path.resolve(path.dirname(at.source.file), name);
    const known = this.byPath.get(file);
    if (known !== undefined) return known;
    const source = readTextFile(shown(file), (message, hint) => diagnostics.error('WL1310', at ?? place, message, hint));
    if (source !== undefined) this.byPath.set(file, source);
    return source;
  }

  /** All files below a folder that an argument names; see BuildFiles. */
  below(name: string, place: Span, diagnostics: Diagnostics): readonly FolderFile[] | undefined {
    const folder = this.find(name);
    try {
      const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)));
      const bytes = names.reduce((sum, file) => sum + statSync(path.join(folder, file)).size, 0);
      if (bytes > SOURCE_BYTES_MAX) {
        diagnostics.error('WL1310', place, `the folder "${shown(folder)}" is too large: ${bytes} bytes of at most ${SOURCE_BYTES_MAX}`, 'What is in it becomes part of the image, and of its memory. Serve large files from elsewhere.');
        return undefined;
      }
      const files = names.sort().map((file) => {
        const full = path.join(folder, file);
        return { path: file.split(path.sep).join('/'), bytes: new Uint8Array(readFileSync(full)) };
      });
      const hash = createHash('sha256').update(process.env['SOURCE_DATE_EPOCH'] ?? '');
      for (const file of files) hash.update(JSON.stringify([file.path, file.bytes.length])).update(file.bytes);
      this.folders.set(folder, hash.digest('hex'));
      return files;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      diagnostics.error('WL1310', place, `the folder "${shown(folder)}" cannot be read: ${code === 'ENOENT' ? 'there is none' : code === 'ENOTDIR' ? 'it is a file' : (error as Error).message}`);
      return undefined;
    }
  }

  private find(name: string): string {
    const beside = path.resolve(this.folder, name);
    return existsSync(beside) ? beside : path.resolve(name);
  }
}

/** The file as people name it: from where they are, if that is not far away. */
function shown(file: string): string {
  const relative = path.relative('.', file);
  return relative.startsWith('..') ? file : relative;
}
