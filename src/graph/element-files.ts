/** Text files that the arguments of elements name, each read once; they belong to the graph as its own files do. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostics, SourceText, Span } from '../diagnostics.js';
import { readTextFile } from './source-files.js';

export class ElementFiles {
  private readonly byPath = new Map<string, SourceText>();

  /** `folder` is the graph's. */
  constructor(private readonly folder: string) {}

  /** The texts read so far, in order of their names: what else the graph is made of. */
  get texts(): readonly string[] {
    return [...this.byPath].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { text }]) => text);
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
