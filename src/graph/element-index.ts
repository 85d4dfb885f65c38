/** Which element classes there are, by the names of files: none of them is loaded to find out. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostics, Span } from '../diagnostics.js';
import { packageRoot } from '../package-root.js';
import { shownPath } from './error-place.js';

export interface ElementFile {
  readonly name: string;
  /** The TypeScript file, absolute. */
  readonly file: string;
  /** As people name it. */
  readonly shownAs: string;
  /** Folder within `elements/`, such as `ip`; of a user's element, within the user's folder. */
  readonly group: string;
  readonly builtIn: boolean;
}

/** A folder of the user's, and where it was named. */
export interface ElementFolder {
  readonly folder: string;
  readonly span?: Span;
}

/** Folders within one another that are searched, at most. */
const DEPTH_MAX = 8;

let builtIn: readonly ElementFile[] | undefined;

/** The elements of this package: files under `elements/` that are named as classes are. They are looked for once. */
export function builtInElements(): readonly ElementFile[] {
  const folder = path.join(packageRoot, 'elements');
  return (builtIn ??= typescriptFiles(folder, DEPTH_MAX, true).filter(({ name }) => /^[A-Z]/.test(name)));
}

/** The elements of the user's folders; a file whose name begins with a small letter is only a candidate. */
export function userElements(folders: readonly ElementFolder[], diagnostics: Diagnostics): ElementFile[] {
  return folders.flatMap(({ folder, span }) => {
    const problem = folderProblem(folder);
    if (problem !== undefined) {
      const hint = `It is looked for at ${path.resolve(folder)}.`;
      diagnostics.error('WL1221', span, `the folder of elements ${folder} ${problem}`, hint);
      return [];
    }
    return typescriptFiles(path.resolve(folder), DEPTH_MAX, false);
  });
}

function folderProblem(folder: string): string | undefined {
  try {
    return statSync(folder).isDirectory() ? undefined : 'is not a folder';
  } catch {
    return 'does not exist';
  }
}

function typescriptFiles(folder: string, depth: number, builtIn: boolean, group = ''): ElementFile[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const file = `${folder}${path.sep}${entry.name}`;
    if (entry.isDirectory()) {
      if (depth === 0 || entry.name === 'node_modules' || entry.name.startsWith('.')) return [];
      return typescriptFiles(file, depth - 1, builtIn, path.posix.join(group, entry.name));
    }
    return /^[A-Za-z]\w*\.ts$/.test(entry.name) ? [new TypescriptFile(entry.name.slice(0, -3), file, group, builtIn)] : [];
  });
}

/** Hundreds are found, and few are spoken of. */
class TypescriptFile implements ElementFile {
  constructor(
    readonly name: string,
    readonly file: string,
    readonly group: string,
    readonly builtIn: boolean,
  ) {}

  get shownAs(): string {
    return shownPath(this.file);
  }
}

/** The name that an element gives itself, read from its text; for telling why a class is not found. */
export function declaredName({ file }: ElementFile): string | undefined {
  const match = /defineElement\s*\(\s*\{[\s\S]{0,400}?\bname\s*:\s*['"](\w+)['"]/.exec(readFileSync(file, 'utf8'));
  return match?.[1];
}
